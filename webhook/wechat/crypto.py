"""Signatures and the AES envelope of WeChat's pushes (wechat-protocol §1.2, §1.3, §1.6).

The cipher is wechatpy's; what it leaves out is here: comparisons in constant time, the previous key, a
prefix from a cryptographic source, and one error type for everything that can go wrong inside it
(wechat-protocol §10, rows 9 and 10).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
import secrets
import struct
from dataclasses import dataclass

from wechatpy.crypto import PrpCrypto
from wechatpy.exceptions import InvalidAppIdException

from webhook.wechat.replies import cdata

_AES_KEY = re.compile(r"[A-Za-z0-9]{43}")
_UNREADABLE = (ValueError, TypeError, IndexError, struct.error, InvalidAppIdException)


class BadSignatureError(Exception):
    """The request was not signed with our token."""


class UndecipherableError(Exception):
    """Signed rightly, yet no key of ours opens it, or it was sealed for another account."""


def sign(*parts: str) -> str:
    """WeChat's signature: SHA-1 over the sorted parts, in hex."""
    joined = b"".join(sorted(part.encode(errors="replace") for part in parts))
    return hashlib.sha1(joined, usedforsecurity=False).hexdigest()


def check_signature(given: str, *parts: str) -> None:
    """Compare in constant time.

    Raises:
        BadSignatureError: `given` is not the signature of `parts`.
    """
    if not hmac.compare_digest(given.encode(errors="replace"), sign(*parts).encode()):
        raise BadSignatureError


class _Cipher(PrpCrypto):  # type: ignore[misc]  # wechatpy has no types
    def get_random_string(self) -> str:
        # The IV is fixed by the protocol, so these 16 bytes are all the randomness there is.
        return secrets.token_urlsafe(12)


@dataclass(frozen=True)
class Key:
    """One EncodingAESKey, ready for use."""

    cipher: _Cipher

    @classmethod
    def from_encoding(cls, encoding_aes_key: str) -> Key:
        """Read the 43 characters shown on the platform's page.

        Raises:
            ValueError: it is not 43 letters and digits that hold 32 bytes.
        """
        if not _AES_KEY.fullmatch(encoding_aes_key):
            raise ValueError("EncodingAESKey must be 43 letters and digits")
        try:
            return cls(_Cipher(base64.b64decode(encoding_aes_key + "=")))
        except (binascii.Error, ValueError) as error:
            raise ValueError("EncodingAESKey does not decode to 32 bytes") from error


@dataclass(frozen=True)
class Opened:
    """A push after decryption, and the key that opened it: the answer is sealed with the same one."""

    xml: str
    key: Key


class Envelope:
    """Opens pushes and seals replies for one account."""

    def __init__(self, app_id: str, token: str, aes_key: str, previous_aes_key: str = "") -> None:
        self.app_id = app_id
        self.token = token
        self.keys = [Key.from_encoding(text) for text in (aes_key, previous_aes_key) if text]

    def open(self, encrypted: str, *, timestamp: str, nonce: str, msg_signature: str) -> Opened:
        """Decrypt with the current key, else with the previous one (platform rule for key changes, §1.6).

        Raises:
            BadSignatureError: `msg_signature` does not fit.
            UndecipherableError: no key opens it, or the app id inside is not ours.
        """
        check_signature(msg_signature, self.token, timestamp, nonce, encrypted)
        for key in self.keys:
            try:
                xml: str = key.cipher.decrypt(encrypted, self.app_id)
            except _UNREADABLE:
                continue
            return Opened(xml, key)
        raise UndecipherableError

    def seal(self, xml: str, *, created_at: int, nonce: str, key: Key) -> str:
        """The encrypted reply: its XML with Encrypt, MsgSignature, TimeStamp (seconds), Nonce."""
        encrypted = key.cipher.encrypt(xml, self.app_id).decode()
        signature = sign(self.token, str(created_at), nonce, encrypted)
        return (
            f"<xml><Encrypt><![CDATA[{encrypted}]]></Encrypt>"
            f"<MsgSignature><![CDATA[{signature}]]></MsgSignature>"
            f"<TimeStamp>{created_at}</TimeStamp><Nonce>{cdata(nonce)}</Nonce></xml>"
        )
