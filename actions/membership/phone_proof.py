"""How a phone is proved: a short code, kept as a hash, with few tries (design §5)."""

from __future__ import annotations

import hashlib

CODE_LENGTH = 6
LIFETIME_MINUTES = 10


def at_counter(phone: str) -> str:
    """Whom a code read out by staff belongs to: whoever the phone's owner is, hence no WeChat account yet."""
    return f"counter:{phone}"


def code_hash(phone: str, code: str) -> str:
    return hashlib.sha256(f"{phone}:{code}".encode()).hexdigest()
