"""What every entry of the shop has: an id in the ledger and a name that people say."""

from __future__ import annotations

import unicodedata

from shop.fields import Frozen, Id, Name


class UnknownIdError(KeyError):
    """The shop has nothing by that id; an id from an older shop.yml may be meant."""


class Entry(Frozen):
    """Anything of the shop that has an id in the ledger and a name that people say."""

    id: Id
    name: Name
    aliases: tuple[Name, ...] = ()


def normal_word(word: str) -> str:
    """The form in which names and aliases are compared: full width, case and spaces do not count."""
    return "".join(unicodedata.normalize("NFKC", word).casefold().split())
