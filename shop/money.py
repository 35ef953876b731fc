"""Money is an integer number of fen; this is how people write it and how it is shown."""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal

MAX_YUAN = 10_000_000
_WRITTEN = re.compile(r"¥?(?P<yuan>\d{1,3}(?:,\d{3})+|\d{1,9})(?:\.(?P<fen>\d+))?元?", re.ASCII)


class MoneyError(ValueError):
    """What was written is not an amount of money; the message says why, in English."""


def format_fen(amount_fen: int) -> str:
    """¥1,234.50; a negative amount as -¥1,234.50."""
    sign = "-" if amount_fen < 0 else ""
    yuan, fen = divmod(abs(amount_fen), 100)
    return f"{sign}¥{yuan:,}.{fen:02d}"


def short_fen(amount_fen: int) -> str:
    """As on a price list: ¥300, ¥1,500, ¥68.50. Receipts and balances use `format_fen`."""
    return format_fen(amount_fen).removesuffix(".00")


def parse_yuan(written: int | Decimal | str) -> int:
    """Fen for an amount of yuan as people write it in a settings file: 300, "68.50", "1,500", "¥88", "88元".

    Exact: no float is involved. Raises MoneyError for anything else, for negative amounts, for more than two
    decimals and for amounts above ten million yuan.
    """
    text = unicodedata.normalize("NFKC", str(written)).strip()
    if text.startswith("-"):
        raise MoneyError(f"{text} is negative")
    match = _WRITTEN.fullmatch(text)
    if match is None:
        raise MoneyError(f"“{text[:40]}” is not an amount of yuan")
    decimals = match["fen"] or ""
    if len(decimals) > 2:
        raise MoneyError(f"{text} has more than two decimals")
    yuan = int(match["yuan"].replace(",", ""))
    if yuan > MAX_YUAN:
        raise MoneyError(f"{text} yuan is more than this program keeps ({MAX_YUAN:,})")
    return yuan * 100 + int(decimals.ljust(2, "0"))
