"""shop.yml's appointments: contradictions are named with their place."""

from __future__ import annotations

from pathlib import Path

import pytest

from shop.checks.check_booking import check
from shop.files import load
from shop.model import Shop
from shop.model.booking import Resource
from shop.model.items import Roster, Service, Technician

SHOP = load(Path(__file__).parents[2] / "shop" / "examples" / "beauty.yml")


def with_service(**changes: object) -> Shop:
    services = (SHOP.services[0].model_copy(update=changes), *SHOP.services[1:])
    return SHOP.model_copy(update={"services": services})


def with_rosters(*rosters: Roster) -> Shop:
    changed: Technician = SHOP.technicians[0].model_copy(update={"rosters": rosters})
    return SHOP.model_copy(update={"technicians": (changed, *SHOP.technicians[1:])})


def with_capacity(capacity: dict[str, int]) -> Shop:
    beds: Resource = SHOP.booking.resources[0].model_copy(update={"capacity": capacity})
    rules = SHOP.booking.model_copy(update={"resources": (beds, *SHOP.booking.resources[1:])})
    return SHOP.model_copy(update={"booking": rules})


def test_the_example_is_in_order() -> None:
    assert list(check(SHOP)) == []


@pytest.mark.parametrize(
    ("shop", "path", "message"),
    [
        (with_service(resources=("sauna",)), ("services", 0, "resources", 0), "no resource “sauna”"),
        (with_service(staffed=False, resources=()), ("services", 0, "staffed"), "without end"),
        (
            with_service(technicians=("lin_xiao",), resources=("none",)),
            ("services", 0, "resources", 0),
            "none",
        ),
        (with_service(pack_only=True, id="rare"), ("services", 0, "pack_only"), "no pack is good for it"),
        (with_capacity({"mars": 2}), ("booking", "resources", 0, "capacity"), "no store “mars”"),
        (with_rosters(Roster(store="wudaokou")), ("technicians", 0, "rosters", 0, "store"), "does not work"),
        (
            with_rosters(SHOP.technicians[0].rosters[0].model_copy(update={"store": None})),
            ("technicians", 0, "rosters"),
            "at once on mon",
        ),
    ],
)
def test_contradictions_are_found_where_they_are(
    shop: Shop, path: tuple[str | int, ...], message: str
) -> None:
    found = [each for each in check(shop) if each.path == path]
    assert found
    assert message in found[0].message


def test_a_service_that_no_store_can_do_is_doubted() -> None:
    service: Service = SHOP.services[0]
    found = [each for each in check(with_capacity({"guomao": 0})) if each.path == ("services", 0)]
    assert [each.severity for each in found] == ["warning"]
    assert service.name in found[0].message
