"""Settings that are missing or wrong are named in one clear message."""

from __future__ import annotations

import pytest

from bot.settings import SettingsError, load_settings, require_wechat

ACCOUNT = {
    "ZHANGGUI_WECHAT_APP_ID": "wx0123456789abcdef",
    "ZHANGGUI_WECHAT_APP_SECRET": "secret",
    "ZHANGGUI_WECHAT_TOKEN": "token",
    "ZHANGGUI_WECHAT_AES_KEY": "a" * 43,
}


@pytest.fixture(autouse=True)
def _no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    import os

    for name in list(os.environ):
        if name.startswith("ZHANGGUI_"):
            monkeypatch.delenv(name)


def test_nothing_set_works_but_has_no_account() -> None:
    settings = load_settings()
    assert settings.database_url is None
    with pytest.raises(SettingsError, match=r"ZHANGGUI_WECHAT_APP_ID.*make demo"):
        require_wechat(settings)


def test_everything_wrong_is_named_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZHANGGUI_DATABASE_URL", "mysql://somewhere")
    monkeypatch.setenv("ZHANGGUI_REDIS_URL", "somewhere")
    monkeypatch.setenv("ZHANGGUI_WECHAT_AES_KEY", "short")
    monkeypatch.setenv("ZHANGGUI_SHOP", "/no/such/shop.yml")
    with pytest.raises(SettingsError) as caught:
        load_settings()
    message = str(caught.value)
    for name in ("DATABASE_URL", "REDIS_URL", "WECHAT_AES_KEY", "SHOP"):
        assert f"ZHANGGUI_{name}" in message
    assert "43" in message


@pytest.mark.parametrize("missing", sorted(ACCOUNT))
def test_half_an_account_is_refused_and_the_missing_half_named(
    missing: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in ACCOUNT.items():
        if name != missing:
            monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError, match=missing):
        load_settings()


def test_plain_mode_needs_no_aes_key(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in ACCOUNT.items():
        if name != "ZHANGGUI_WECHAT_AES_KEY":
            monkeypatch.setenv(name, value)
    monkeypatch.setenv("ZHANGGUI_WECHAT_MODE", "plain")
    require_wechat(load_settings())


def test_secrets_do_not_show_in_a_printed_settings_object(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in ACCOUNT.items():
        monkeypatch.setenv(name, value)
    shown = repr(load_settings())
    assert "'secret'" not in shown
    assert "a" * 43 not in shown


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_every_usual_spelling_of_a_postgresql_address_is_taken(
    scheme: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ZHANGGUI_DATABASE_URL", f"{scheme}://owner@db/zhanggui")
    assert load_settings().database_url == "postgresql+psycopg://owner@db/zhanggui"
