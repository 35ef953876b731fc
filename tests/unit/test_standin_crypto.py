"""The stand-in's signature and encryption: published values, and both directions with wechatpy."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standin_kit import AES_KEY, APP_ID, TOKEN
from wechatpy.crypto import WeChatCrypto
from wechatpy.utils import check_signature

from webhook.standin.crypto import CryptoError, MessageCipher, same_signature, signature


def test_the_published_signature() -> None:
    """wechat-protocol §1.2."""
    assert signature("AAAAA", "1714036504", "1514711492") == "f464b24fc39322e44b38aa78f5edd27bd1441696"


def test_the_library_accepts_our_signature() -> None:
    check_signature(TOKEN, signature(TOKEN, "1795300000", "42"), "1795300000", "42")


def test_signatures_of_different_texts_differ() -> None:
    assert same_signature(signature("a", "b"), signature("b", "a"))
    assert not same_signature(signature("a", "b"), signature("a", "c"))


def test_the_layout_of_the_plain_text() -> None:
    """§1.6: 16 random bytes, four bytes of length, the text, the app id, padded to 32."""
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

    key = base64.b64decode(AES_KEY + "=")
    sealed = base64.b64decode(
        MessageCipher(AES_KEY, APP_ID).encrypt("查积分", random_bytes=b"0123456789abcdef")
    )
    opener = Cipher(algorithms.AES(key), modes.CBC(key[:16])).decryptor()
    plain = opener.update(sealed) + opener.finalize()
    body = "查积分".encode()
    expected = b"0123456789abcdef" + b"\x00\x00\x00\x09" + body + APP_ID.encode()
    padding = 32 - len(expected) % 32
    assert plain == expected + bytes([padding]) * padding


@given(st.text(max_size=600))
def test_what_goes_in_comes_out(text: str) -> None:
    if "\ud800" <= max(text, default="") <= "\udfff":
        return
    cipher = MessageCipher(AES_KEY, APP_ID)
    assert cipher.decrypt(cipher.encrypt(text)) == text


@pytest.mark.parametrize("size", range(0, 70, 3))
def test_both_sides_read_each_other_at_every_padding(size: int) -> None:
    xml = f"<xml><Content><![CDATA[{'余' * size}]]></Content></xml>"
    theirs, ours = WeChatCrypto(TOKEN, AES_KEY, APP_ID), MessageCipher(AES_KEY, APP_ID)
    encrypted = ours.encrypt(xml)
    outer = f"<xml><Encrypt><![CDATA[{encrypted}]]></Encrypt></xml>"
    opened = theirs.decrypt_message(outer, signature(TOKEN, "1", "2", encrypted), "1", "2")
    assert opened == xml
    sealed = theirs.encrypt_message(xml, "2", "1")
    inner = sealed.split("<Encrypt><![CDATA[")[1].split("]]>")[0]
    assert ours.decrypt(inner) == xml


@pytest.mark.parametrize(
    "damaged", ["", "not base64!", base64.b64encode(b"short").decode(), "A" * 64, "你好"]
)
def test_damaged_texts_are_refused(damaged: str) -> None:
    with pytest.raises(CryptoError):
        MessageCipher(AES_KEY, APP_ID).decrypt(damaged)


def test_another_accounts_text_is_refused() -> None:
    with pytest.raises(CryptoError, match="app id"):
        MessageCipher(AES_KEY, APP_ID).decrypt(MessageCipher(AES_KEY, "wxstandin9").encrypt("你好"))
