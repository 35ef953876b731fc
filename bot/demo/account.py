"""The demo's WeChat account: made once per data folder, so that a second start finds the same one."""

from __future__ import annotations

import json
import secrets
import string
from dataclasses import asdict, dataclass
from pathlib import Path

AES_KEY_LENGTH = 43
LETTERS = string.ascii_letters + string.digits


@dataclass(frozen=True)
class Account:
    """Values that an owner would read off the platform's page; random, and worth nothing outside the demo."""

    app_id: str
    app_secret: str
    token: str
    aes_key: str
    nlu_token: str

    def environment(self) -> dict[str, str]:
        """The settings of the product for this account."""
        return {
            "ZHANGGUI_WECHAT_APP_ID": self.app_id,
            "ZHANGGUI_WECHAT_APP_SECRET": self.app_secret,
            "ZHANGGUI_WECHAT_TOKEN": self.token,
            "ZHANGGUI_WECHAT_AES_KEY": self.aes_key,
            "ZHANGGUI_WECHAT_MODE": "safe",
            "ZHANGGUI_NLU_TOKEN": self.nlu_token,
        }


def load_or_make(file: Path) -> Account:
    """The account kept in `file`, made on the first call."""
    if file.exists():
        return Account(**json.loads(file.read_text()))
    account = Account(
        app_id="wxstandin" + secrets.token_hex(5),
        app_secret=secrets.token_hex(16),
        token=_letters(24),
        aes_key=_letters(AES_KEY_LENGTH - 1) + "A",  # the last character of real keys leaves no stray bits
        nlu_token=secrets.token_hex(16),
    )
    file.touch(mode=0o600)
    file.write_text(json.dumps(asdict(account), indent=1))
    return account


def _letters(count: int) -> str:
    return "".join(secrets.choice(LETTERS) for _ in range(count))
