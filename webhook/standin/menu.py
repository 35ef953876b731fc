"""The account's menu: the platform's limits (wechat-protocol §6) and the button a person taps."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from webhook.standin.database import Database
from webhook.standin.errors import PlatformError

_KEYED = (
    "click",
    "scancode_push",
    "scancode_waitmsg",
    "pic_sysphoto",
    "pic_photo_or_album",
    "pic_weixin",
    "location_select",
)
_TYPES = (*_KEYED, "view", "miniprogram", "media_id", "article_id", "article_view_limited")
MENU_TAPS_THAT_OPEN_A_WINDOW = ("click", "scancode_push", "scancode_waitmsg")

Button = Mapping[str, object]


class Menu:
    """Kept as one JSON text; `version` grows with each change so that the page knows when to draw it anew."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @property
    def version(self) -> int:
        return int(self._database.note("menu_version") or 0)

    def buttons(self) -> list[Button]:
        """The top buttons, each with `sub_button` (maybe empty); [] when there is no menu."""
        stored = self._database.note("menu")
        loaded: list[Button] = json.loads(stored) if stored else []
        return loaded

    def create(self, request: Mapping[str, object]) -> None:
        """Replace the menu. PlatformError 40016–40027 and 65317 as the platform gives them."""
        buttons = request.get("button")
        if not isinstance(buttons, list) or not 1 <= len(buttons) <= 3:
            raise PlatformError(40016)
        self._store([_checked_top(button) for button in buttons])

    def delete(self) -> None:
        self._store([])

    def at(self, position: Sequence[int]) -> Button | None:
        """The button at [top] or [top, sub]."""
        level = self.buttons()
        button: Button | None = None
        for index in position:
            if not 0 <= index < len(level):
                return None
            button = level[index]
            level = _subs(button)
        return button

    def by_key(self, key: str) -> Button | None:
        """The button with this key, address or name."""
        for top in self.buttons():
            for button in (top, *_subs(top)):
                if key in (button.get("key"), button.get("url"), button.get("name")):
                    return button
        return None

    def _store(self, buttons: list[Button]) -> None:
        with self._database.transaction():
            self._database.write_note("menu", json.dumps(buttons, ensure_ascii=False) if buttons else "")
            self._database.write_note("menu_version", str(self.version + 1))


def _subs(button: Button) -> list[Button]:
    subs = button.get("sub_button")
    return subs if isinstance(subs, list) else []


def _checked_top(button: object) -> Button:
    if not isinstance(button, dict):
        raise PlatformError(40017)
    _check_length(button.get("name"), 1, 16, 40018)
    subs = button.get("sub_button")
    if not subs:
        return {**_checked_action(button, sub=False), "sub_button": []}
    if not isinstance(subs, list) or len(subs) > 5:
        raise PlatformError(40023)
    return {"name": button["name"], "sub_button": [_checked_sub(sub) for sub in subs]}


def _checked_sub(button: object) -> Button:
    if not isinstance(button, dict):
        raise PlatformError(40024)
    if button.get("sub_button"):
        raise PlatformError(40022)
    _check_length(button.get("name"), 1, 60, 40025)
    return _checked_action(button, sub=True)


def _checked_action(button: Mapping[str, object], *, sub: bool) -> Button:
    kind = button.get("type")
    if not isinstance(kind, str) or kind not in _TYPES:
        raise PlatformError(40024 if sub else 40017)
    if kind in _KEYED:
        _check_length(button.get("key"), 1, 128, 40026 if sub else 40019)
    if kind in ("view", "miniprogram"):
        url = button.get("url")
        _check_length(url, 1, 1024, 40027 if sub else 40020)
        if not str(url).startswith(("http://", "https://")):
            raise PlatformError(65317)
    kept = ("type", "name", "key", "url", "appid", "pagepath", "media_id", "article_id")
    return {name: button[name] for name in kept if name in button}


def _check_length(value: object, least: int, most: int, code: int) -> None:
    """`value` must be a text of `least` to `most` bytes."""
    if not isinstance(value, str) or not least <= len(value.encode()) <= most:
        raise PlatformError(code)
