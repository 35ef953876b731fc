"""The staff's commands: a grammar, not statistics (design §4). Text in, a command or a clear complaint out.

Forgiving in what does not matter: order of the words, full-width digits, 元 and 块, glued words, the method's
nicknames. Strict in what does: one phone, one amount with at most two decimals, one payment method.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from nlu.values.money import find_amount
from shop.model import Shop, Store, normal_word

MAX_COMMAND_LENGTH = 200


@dataclass(frozen=True)
class TopUp:
    phone: str
    amount_fen: int
    payment_method_id: str
    store_id: str | None


@dataclass(frozen=True)
class LookUp:
    phone: str


@dataclass(frozen=True)
class Register:
    phone: str
    name: str


@dataclass(frozen=True)
class PhoneCode:
    phone: str


@dataclass(frozen=True)
class Help:
    pass


@dataclass(frozen=True)
class Complaint:
    """What is wrong with the command: the name of a text and its values."""

    code: str
    values: Mapping[str, object] = field(default_factory=dict)


Command = TopUp | LookUp | Register | PhoneCode | Help

_PHONE = re.compile(r"(?<![\d.])1[3-9]\d{9}(?![\d.])")
_BEGINS_LIKE_A_NUMBER = re.compile(r"[-+]?[¥￥]?[\d.,]")
_WRITTEN_AMOUNT = re.compile(
    r"[¥￥]?(?P<yuan>\d{1,8}|\d{1,3}(?:,\d{3}){1,2})(?:\.(?P<fen>\d{1,2}))?(?:元|块钱|块)?", re.ASCII
)
_HEADS: tuple[tuple[str, str], ...] = (
    ("充值", "top_up"),
    ("储值", "top_up"),
    ("查询", "look_up"),
    ("查会员", "look_up"),
    ("查", "look_up"),
    ("开卡", "register"),
    ("验证", "phone_code"),
    ("帮助", "help"),
    ("指令", "help"),
)


def parse(shop: Shop, text: str) -> Command | Complaint | None:
    """One command, a complaint about it, or None when the text does not begin like a command."""
    narrow = unicodedata.normalize("NFKC", text).strip()
    if not narrow or len(narrow) > MAX_COMMAND_LENGTH:
        return None
    for head, name in _HEADS:
        if narrow.startswith(head):
            rest = narrow[len(head) :].strip()
            # 查 and 充值 also begin ordinary questions (“充值有什么优惠”); a command names a number.
            if name not in {"help", "register", "phone_code"} and not re.search(r"\d", rest):
                if rest:
                    return None
                return Complaint(f"staff_usage_{name}", {"methods": _method_names(shop)})
            return _PARSERS[name](shop, rest)
    return None


def _parse_top_up(shop: Shop, rest: str) -> Command | Complaint:
    usage = {"methods": _method_names(shop)}
    phone = _PHONE.search(rest)
    if phone is None:
        return Complaint("staff_need_phone") if rest else Complaint("staff_usage_top_up", usage)
    words = _words(shop, rest[: phone.start()] + " " + rest[phone.end() :])
    amounts: list[str] = []
    methods: list[str] = []
    stores: list[str] = []
    unknown: list[str] = []
    for word in words:
        store = _store_by_word(shop, word)
        method = shop.payment_method_by_word(word)
        if method is not None:
            methods.append(method.id)
        elif store is not None:
            stores.append(store.id)
        elif _looks_like_amount(word):
            amounts.append(word)
        else:
            unknown.append(word)
    return _top_up_from(shop, phone.group(), amounts, methods, stores, unknown)


def _top_up_from(
    shop: Shop, phone: str, amounts: list[str], methods: list[str], stores: list[str], unknown: list[str]
) -> Command | Complaint:
    all_methods = _method_names(shop)
    if len(amounts) > 1:
        return Complaint("staff_two_amounts", {"amounts": "、".join(amounts)})
    if not amounts:
        if unknown:
            return Complaint("staff_bad_amount", {"word": unknown[0]})
        return Complaint("staff_need_amount")
    amount_fen = _amount_fen(amounts[0])
    if amount_fen is None:
        return Complaint("staff_bad_amount", {"word": amounts[0]})
    if amount_fen == 0:
        return Complaint("staff_amount_zero")
    if unknown:
        code = "staff_extra_words" if methods else "staff_bad_method"
        usage = f"写法：充值 手机号 金额 付款方式（{all_methods}）"
        values = {"word": unknown[0], "words": " ".join(unknown), "methods": all_methods, "usage": usage}
        return Complaint(code, values)
    if len(set(methods)) != 1 or len(set(stores)) > 1:
        return Complaint("staff_need_method", {"methods": all_methods})
    return TopUp(phone, amount_fen, methods[0], stores[0] if stores else None)


def _parse_look_up(_shop: Shop, rest: str) -> Command | Complaint:
    return _with_phone(rest, LookUp)


def _parse_phone_code(_shop: Shop, rest: str) -> Command | Complaint:
    return _with_phone(rest, PhoneCode) if rest else Complaint("staff_usage_phone_code")


def _with_phone(rest: str, make: Callable[[str], Command]) -> Command | Complaint:
    phone = _PHONE.fullmatch(re.sub(r"[\s-]", "", rest))
    if phone is None:
        return Complaint("staff_bad_phone", {"word": rest[:20]})
    return make(phone.group())


def _parse_register(_shop: Shop, rest: str) -> Command | Complaint:
    phone = _PHONE.search(rest)
    if phone is None:
        return Complaint("staff_usage_register")
    name = " ".join((rest[: phone.start()] + " " + rest[phone.end() :]).split())
    if not name or len(name) > 20 or re.search(r"\d", name):
        return Complaint("staff_usage_register")
    return Register(phone.group(), name)


def _parse_help(_shop: Shop, _rest: str) -> Command | Complaint:
    return Help()


_PARSERS: dict[str, Callable[[Shop, str], Command | Complaint]] = {
    "top_up": _parse_top_up,
    "look_up": _parse_look_up,
    "register": _parse_register,
    "phone_code": _parse_phone_code,
    "help": _parse_help,
}


def _words(shop: Shop, text: str) -> list[str]:
    """Blank-separated words; a number glued to a method (“500微信”) becomes two."""
    words: list[str] = []
    for chunk in re.sub(r"(?<!\d)[,、]|[,、](?!\d{3}(?!\d))", " ", text).split():
        glued = re.fullmatch(r"([-+]?[\d.,]+(?:元|块钱|块)?)(\D{2,})", chunk)
        if glued and shop.payment_method_by_word(glued.group(2)) is not None:
            words += [glued.group(1), glued.group(2)]
        else:
            words.append(chunk)
    return words


def _store_by_word(shop: Shop, word: str) -> Store | None:
    wanted = normal_word(word)
    for store in shop.stores:
        if wanted in {normal_word(said) for said in (store.id, store.name, *store.aliases)}:
            return store
    return None


def _looks_like_amount(word: str) -> bool:
    said = find_amount(word)
    return (
        _BEGINS_LIKE_A_NUMBER.match(word) is not None or said.amount_fen is not None or bool(said.candidates)
    )


def _amount_fen(word: str) -> int | None:
    """The exact amount of one word: digits with at most two decimals, or Chinese numerals."""
    written = _WRITTEN_AMOUNT.fullmatch(word)
    if written is not None:
        yuan, fen = written["yuan"].replace(",", ""), (written["fen"] or "").ljust(2, "0")
        return int(yuan) * 100 + int(fen)
    return None if re.search(r"[0-9]", word) else find_amount(word).amount_fen


def _method_names(shop: Shop) -> str:
    return "、".join(method.name for method in shop.payment_methods)
