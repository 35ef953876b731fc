"""The platform's side of signature and encryption (wechat-protocol §1.2 and §1.6), written on its own
so that it checks the product's library instead of repeating it."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets
import struct

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

_BLOCK = 32
_RANDOM_BYTES = 16


class CryptoError(ValueError):
    """A text that cannot be decrypted, or that was not meant for this account."""


def signature(*parts: str) -> str:
    """SHA-1 over the sorted, joined parts: (token, timestamp, nonce) or the same plus the encrypted text."""
    return hashlib.sha1("".join(sorted(parts)).encode(), usedforsecurity=False).hexdigest()


def same_signature(left: str, right: str) -> bool:
    """Compare without telling by time where the two differ."""
    return hmac.compare_digest(left.encode(), right.encode())


class MessageCipher:
    """AES-256-CBC with the account's key; its first 16 bytes start the chain, blocks are padded to 32."""

    def __init__(self, aes_key: str, app_id: str) -> None:
        self._key = base64.b64decode(aes_key + "=")
        self._app_id = app_id.encode()

    def encrypt(self, text: str, random_bytes: bytes | None = None) -> str:
        """Base64 of 16 random bytes, the length, the text and the account's id."""
        body = text.encode()
        prefix = secrets.token_bytes(_RANDOM_BYTES) if random_bytes is None else random_bytes
        plain = prefix + struct.pack(">I", len(body)) + body + self._app_id
        padding = _BLOCK - len(plain) % _BLOCK
        encryptor = self._cipher().encryptor()
        sealed = encryptor.update(plain + bytes([padding]) * padding) + encryptor.finalize()
        return base64.b64encode(sealed).decode()

    def decrypt(self, encrypted: str) -> str:
        """The text inside; CryptoError when it is damaged or carries another account's id."""
        plain = self._open(encrypted)
        start = _RANDOM_BYTES + 4
        if len(plain) < start:
            raise CryptoError("too short")
        (length,) = struct.unpack(">I", plain[_RANDOM_BYTES:start])
        body, app_id = plain[start : start + length], plain[start + length :]
        if len(body) != length:
            raise CryptoError("the length inside does not fit")
        if app_id != self._app_id:
            raise CryptoError("the app id inside is another one")
        try:
            return body.decode()
        except UnicodeDecodeError as error:
            raise CryptoError("not UTF-8") from error

    def _open(self, encrypted: str) -> bytes:
        try:
            sealed = base64.b64decode(encrypted, validate=True)
        except (binascii.Error, ValueError) as error:
            raise CryptoError("not base64") from error
        if not sealed or len(sealed) % 16:
            raise CryptoError("not whole blocks")
        decryptor = self._cipher().decryptor()
        plain = decryptor.update(sealed) + decryptor.finalize()
        padding = plain[-1]
        if not 1 <= padding <= _BLOCK or plain[-padding:] != bytes([padding]) * padding:
            raise CryptoError("the padding is wrong")
        return plain[:-padding]

    def _cipher(self) -> Cipher[modes.CBC]:
        return Cipher(algorithms.AES(self._key), modes.CBC(self._key[:16]))
