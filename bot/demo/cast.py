"""The people of the demo: who the visitor can be on the chat page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from shop.model import Shop, Store

if TYPE_CHECKING:
    from ledger.records.staff import Role

Part = Literal["member", "newcomer", "staff"]


@dataclass(frozen=True)
class Person:
    """One WeChat account of the demo.

    Attributes:
        label: shown under the name on the page.
        phone: of the card that belongs to the account, for members.
        role, store_number: for staff; the store's place in shop.yml, so that any shop can be shown.
    """

    openid: str
    name: str
    label: str
    part: Part
    phone: str | None = None
    role: Role = "cashier"
    store_number: int = 0


def _openid(number: int) -> str:
    return f"oDEMO_zhanggui_{number:013d}"


CAST: tuple[Person, ...] = (
    Person(_openid(1), "小林", "会员", "member", phone="13800138000"),
    Person(_openid(2), "周晓燕", "会员", "member", phone="13900139000"),
    Person(_openid(3), "陈思远", "会员", "member", phone="13700137000"),
    Person(_openid(4), "小何", "新客", "newcomer"),
    Person(_openid(5), "王芳", "收银员", "staff", role="cashier", store_number=0),
    Person(_openid(6), "李静", "店长", "staff", role="manager", store_number=0),
    Person(_openid(7), "赵敏", "收银员", "staff", role="cashier", store_number=1),
)


def store_of(person: Person, shop: Shop) -> Store:
    """Where a staff member of the demo works; the only store, when the shop has one."""
    return shop.stores[min(person.store_number, len(shop.stores) - 1)]


MEMBERS = tuple(person for person in CAST if person.part == "member")
STAFF = tuple(person for person in CAST if person.part == "staff")
