"""The codes of vouchers: eight letters and digits that nobody confuses when reading them aloud."""

from __future__ import annotations

import re
import unicodedata

ALPHABET = "ACDEFGHJKMNPQRTWXYZ2346789"  # without 0 O, 1 I L, 5 S, 8-like B, U V
_LETTERS = 19  # the first character is one of these, so that no code looks like a number
LENGTH = 8
DIGITS_NEEDED = 24  # random digits for one code: 1.7 × 10¹¹ codes, none likelier than another by 10⁻¹²


def make(random_digits: str) -> str:
    """A code from `DIGITS_NEEDED` random decimal digits."""
    rest, first = divmod(int(random_digits), _LETTERS)
    characters = [ALPHABET[first]]
    for _ in range(LENGTH - 1):
        rest, place = divmod(rest, len(ALPHABET))
        characters.append(ALPHABET[place])
    return "".join(characters)


def read(said: str) -> str | None:
    """The code in what was typed or scanned, None when it is none; case, blanks and hyphens do not count."""
    narrow = unicodedata.normalize("NFKC", said).upper()
    plain = re.sub(r"[\s\-_·.]", "", narrow)
    if len(plain) != LENGTH or plain[0] not in ALPHABET[:_LETTERS]:
        return None
    return plain if all(character in ALPHABET for character in plain) else None


def shown(code: str) -> str:
    """As it is read aloud: K7P2-9QRT."""
    return f"{code[:4]}-{code[4:]}"
