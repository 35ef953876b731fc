"""What the staff's commands are made of: the member meant, amounts, payment methods, stores, counts.

Forgiving in what does not matter: order of the words, full-width digits, 元 and 块, glued words, the method's
nicknames. Strict in what does: one member, one amount with at most two decimals, one payment method.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import date

from bot.staff.command import Complaint
from nlu.values.days import find_days
from nlu.values.money import find_amount
from nlu.values.text import fold
from shop.model import PaymentMethod, Shop, Store, normal_word

MAX_COMMAND_LENGTH = 200
MAX_NAME_LENGTH = 20

PHONE = re.compile(r"(?<![\d.])1[3-9]\d{9}(?![\d.])")
_MEMBER_NUMBER = re.compile(r"会员(?:号|编号)?\s*[:#]?\s*(?P<number>\d{1,9})(?!\d)")
_CODE = re.compile(r"\d{16,20}")
_CODE_IN_FOURS = re.compile(r"(?<!\d)\d{4}(?: ?\d{4}){3}(?!\d)")
# Eight to fifteen digits are neither a member's number nor a code: a phone with a digit too many or too few.
_MISTYPED_PHONE = re.compile(r"\d{8,15}")
_BEGINS_LIKE_A_NUMBER = re.compile(r"[-+]?[¥￥]?[\d.,]")
_WRITTEN_AMOUNT = re.compile(
    r"[¥￥]?(?P<yuan>\d{1,8}|\d{1,3}(?:,\d{3}){1,2})(?:\.(?P<fen>\d{1,2}))?(?:元|块钱|块)?", re.ASCII
)
_CHINESE_DIGITS = {
    "一": 1,
    "两": 2,
    "二": 2,
    "三": 3,
    "四": 4,
    "五": 5,
    "六": 6,
    "七": 7,
    "八": 8,
    "九": 9,
    "十": 10,
}
_ENTRY = re.compile(r"(?:单号)?\s*[Tt](?P<number>\d{1,12})|单号\s*(?P<bare>\d{1,12})")


def narrow(text: str) -> str:
    """Half-width forms, without outer blanks."""
    return unicodedata.normalize("NFKC", text).strip()


def take_member(rest: str) -> tuple[str, str]:
    """Who is meant, as written (phone, 会员12, code, name), and the words without it; ("", rest): nobody.

    A phone or 会员12 may stand anywhere; else the first word is meant.
    """
    for pattern in (_CODE_IN_FOURS, PHONE, _MEMBER_NUMBER):
        found = pattern.search(rest)
        if found is not None:
            return _glued_code(found.group()), f"{rest[: found.start()]} {rest[found.end() :]}".strip()
    first, _, others = rest.replace("，", " ").partition(" ")
    return first.strip(","), others.strip()


def _glued_code(who: str) -> str:
    return who.replace(" ", "") if _CODE_IN_FOURS.fullmatch(who) else who


def bad_member(who: str) -> Complaint | None:
    """Why the word cannot name a member, if so."""
    if not who:
        return Complaint("staff_need_phone")
    if PHONE.fullmatch(who) or _MEMBER_NUMBER.fullmatch(who) or _CODE.fullmatch(who):
        return None
    if _MISTYPED_PHONE.fullmatch(who) or (re.search(r"\d", who) and not who.isdigit()):
        return Complaint("staff_need_phone")
    if len(who) > MAX_NAME_LENGTH:
        return Complaint("staff_need_phone")
    return None


def is_phone(word: str) -> bool:
    return PHONE.fullmatch(word) is not None


def is_code(word: str) -> bool:
    """Whether the word is a code of the member's WeChat: sixteen to twenty digits."""
    return _CODE.fullmatch(word) is not None


def member_number(word: str) -> int | None:
    """12 of 会员12, 会员号12 and 12; None for anything else."""
    found = _MEMBER_NUMBER.fullmatch(word)
    if found is not None:
        return int(found["number"])
    return int(word) if re.fullmatch(r"\d{1,7}", word) else None


def words(shop: Shop, text: str) -> list[str]:
    """Blank-separated words; a number glued to a method (“500微信”) becomes two."""
    found: list[str] = []
    for chunk in re.sub(r"(?<!\d)[,、]|[,、](?!\d{3}(?!\d))", " ", text).split():
        glued = re.fullmatch(r"([-+]?[\d.,]+(?:元|块钱|块)?)(\D{2,})", chunk)
        if glued and shop.payment_method_by_word(glued.group(2)) is not None:
            found += [glued.group(1), glued.group(2)]
        else:
            found.append(chunk)
    return found


def store_by_word(shop: Shop, word: str) -> Store | None:
    wanted = normal_word(word)
    for store in shop.stores:
        if wanted in {normal_word(said) for said in (store.id, store.name, *store.aliases)}:
            return store
    return None


def looks_like_amount(word: str) -> bool:
    said = find_amount(word)
    return (
        _BEGINS_LIKE_A_NUMBER.match(word) is not None or said.amount_fen is not None or bool(said.candidates)
    )


def amount_fen(word: str) -> int | None:
    """The exact amount of one word: digits with at most two decimals, or Chinese numerals."""
    written = _WRITTEN_AMOUNT.fullmatch(word)
    if written is not None:
        yuan, fen = written["yuan"].replace(",", ""), (written["fen"] or "").ljust(2, "0")
        return int(yuan) * 100 + int(fen)
    return None if re.search(r"[0-9]", word) else find_amount(word).amount_fen


def count(word: str) -> int | None:
    """A count of things: 2, 两, 十; None for anything else."""
    if re.fullmatch(r"[0-9]{1,4}", word):
        return int(word)
    return _CHINESE_DIGITS.get(word)


def day(word: str, *, today: date) -> date | None:
    """The one day said: 昨天, 11月20日, 11-20, 2026-11-20; a bare date is the last such."""
    narrowed = fold(word)
    dashed = re.fullmatch(r"(?:(?P<year>\d{4})[-./])?(?P<month>\d{1,2})[-./](?P<day>\d{1,2})", narrowed)
    if dashed is not None:
        return _dashed(dashed, today)
    said = find_days(narrowed, today, past=True)
    return said[0].first if len(said) == 1 and said[0].first == said[0].last else None


def _dashed(found: re.Match[str], today: date) -> date | None:
    year = int(found["year"] or today.year)
    try:
        made = date(year, int(found["month"]), int(found["day"]))
        return made.replace(year=year - 1) if made > today and not found["year"] else made
    except ValueError:
        return None


def glued_method(shop: Shop, word: str) -> tuple[str, PaymentMethod] | None:
    """洗脸微信 as 洗脸 and WeChat: a way of paying glued to the end of a word."""
    for end in range(1, len(word)):
        method = shop.payment_method_by_word(word[end:])
        if method is not None and len(word) - end >= 2:
            return word[:end], method
    return None


def entry_number(text: str) -> int | None:
    """123 of T000123 and 单号 T000123: the number of a transfer on a receipt."""
    found = _ENTRY.fullmatch(text.strip())
    return None if found is None else int(found["number"] or found["bare"])


def method_names(shop: Shop) -> str:
    return "、".join(method.name for method in shop.payment_methods)
