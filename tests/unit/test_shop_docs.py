"""docs/shop.md and the model say the same."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from pydantic import BaseModel

from shop.fields import Span
from shop.files import model_in, written_fields
from shop.model import Shop

DOC = (Path(__file__).parents[2] / "docs" / "shop.md").read_text(encoding="utf-8")


def sections() -> dict[str, dict[str, str]]:
    """Place in the file → field → what holds without it, as documented."""
    found: dict[str, dict[str, str]] = {}
    for part in re.split(r"^##+ ", DOC, flags=re.MULTILINE)[1:]:
        heading, _, body = part.partition("\n")
        rows = re.findall(r"^\| `(\w+)` \|.*\| (.+) \|$", body, flags=re.MULTILINE)
        for place in re.findall(r"`([^`]+)`", heading):
            found[place] = dict(rows)
            assert len(rows) == len(found[place]), f"a field stands twice in {place}"
    return found


def models(model: type[BaseModel] = Shop, place: str = "shop.yml") -> dict[str, type[BaseModel]]:
    found = {place: model}
    for written, name in written_fields(model).items():
        annotation = model.model_fields[name].annotation
        inner = model_in(annotation)
        if inner is None or inner is Span:
            continue  # a stretch of hours is written as text
        above = "" if place == "shop.yml" else f"{place}."
        many = "[]" if "tuple[" in str(annotation) else ""
        found.update(models(inner, f"{above}{written}{many}"))
    return found


def test_every_part_of_the_file_has_its_section_and_no_other() -> None:
    assert set(sections()) == set(models())


@pytest.mark.parametrize("place", sorted(models()))
def test_every_field_is_documented_and_every_documented_field_exists(place: str) -> None:
    assert list(sections()[place]) == list(written_fields(models()[place]))


@pytest.mark.parametrize("place", sorted(models()))
def test_required_is_said_of_the_required_fields_only(place: str) -> None:
    model = models()[place]
    said = {field for field, without in sections()[place].items() if without == "required"}
    needed = {w for w, name in written_fields(model).items() if model.model_fields[name].is_required()}
    assert said == needed


def test_documented_defaults_are_the_real_ones() -> None:
    for place, model in models().items():
        for written, name in written_fields(model).items():
            default, without = model.model_fields[name].default, sections()[place][written]
            if re.fullmatch(r"\d+|`\w+`", without) and not isinstance(default, type(None)):
                shown = default // 100 if name.endswith("_fen") else default
                shown = str(shown).lower() if isinstance(default, bool) else str(shown)
                assert shown == without.strip("`"), (place, written)


def test_every_weekday_follows_every_day() -> None:
    assert sections()["stores[].hours"]["mon"] == "as `every_day`"
