"""The settings, all from the environment (prefix `ZHANGGUI_`), checked once at start."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

EXAMPLE_SHOP = Path(__file__).resolve().parent.parent / "shop" / "examples" / "beauty.yml"
AES_KEY_LENGTH = 43
SMS_FIELDS = ("sms_key_id", "sms_secret", "sms_sign_name")
WECHAT_FIELDS = ("wechat_app_id", "wechat_app_secret", "wechat_token")


class SettingsError(Exception):
    """Settings that are missing or wrong, all of them in one message."""


class Settings(BaseSettings):
    """design: "Settings". Every value has a default that works on a laptop, except the WeChat account."""

    model_config = SettingsConfigDict(env_prefix="ZHANGGUI_", frozen=True, extra="ignore")

    database_url: str | None = Field(
        default=None, description="PostgreSQL; default: a private server in the data folder"
    )
    redis_url: str | None = Field(
        default=None, description="Redis; default: a private server in the data folder"
    )
    nlu_url: str | None = Field(
        default=None, description="address of `zhanggui nlu serve`; without it keywords answer"
    )
    nlu_token: SecretStr | None = Field(default=None, description="token of the language server")
    shop: Path = Field(default=EXAMPLE_SHOP, description="path of shop.yml")
    data_dir: Path = Field(default=Path("var"), description="folder of private servers, models and logs")
    wechat_app_id: str | None = Field(default=None, description="the account's AppID")
    wechat_app_secret: SecretStr | None = Field(default=None, description="the account's AppSecret")
    wechat_token: SecretStr | None = Field(default=None, description="Token entered on the platform's page")
    wechat_aes_key: SecretStr | None = Field(
        default=None, description="EncodingAESKey, 43 letters and digits"
    )
    wechat_aes_key_previous: SecretStr | None = Field(
        default=None, description="the key before, while it is changed"
    )
    wechat_mode: Literal["plain", "compatible", "safe"] = Field(
        default="safe", description="message encryption mode"
    )
    wechat_api_origin: str | None = Field(default=None, description="where WeChat's API is, if not at WeChat")
    public_origin: str | None = Field(
        default=None, description="address at which members reach this server, for links to their own page"
    )
    sms_key_id: str | None = Field(
        default=None, description="AccessKey ID of Alibaba Cloud, for short messages"
    )
    sms_secret: SecretStr | None = Field(default=None, description="its secret")
    sms_sign_name: str | None = Field(default=None, description="the approved signature of short messages")
    sms_code_template: str | None = Field(
        default=None, description="the approved template of the code that proves a phone, its part is `code`"
    )
    sms_origin: str | None = Field(
        default=None, description="where the provider's API is, if not at the provider"
    )
    clock_file: Path | None = Field(default=None, description="file with the demo clock's offset in seconds")
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="least level logged"
    )

    @field_validator("database_url")
    @classmethod
    def _use_psycopg3(cls, value: str | None) -> str | None:
        if value is None:
            return None
        scheme, separator, rest = value.partition("://")
        if not separator or scheme not in {"postgres", "postgresql", "postgresql+psycopg"}:
            raise ValueError("must be a PostgreSQL address such as postgresql://user@host/zhanggui")
        return f"postgresql+psycopg://{rest}"

    @field_validator("redis_url")
    @classmethod
    def _redis_scheme(cls, value: str | None) -> str | None:
        if value is not None and not value.startswith(("redis://", "rediss://", "unix://")):
            raise ValueError("must be a Redis address such as redis://host:6379/0")
        return value

    @field_validator("nlu_url", "wechat_api_origin", "public_origin", "sms_origin")
    @classmethod
    def _http_scheme(cls, value: str | None) -> str | None:
        if value is not None and not value.startswith(("http://", "https://")):
            raise ValueError("must start with http:// or https://")
        return value.rstrip("/") if value else value

    @field_validator("wechat_aes_key", "wechat_aes_key_previous")
    @classmethod
    def _aes_key_form(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None:
            text = value.get_secret_value()
            if len(text) != AES_KEY_LENGTH or not text.isascii() or not text.isalnum():
                raise ValueError(f"must be {AES_KEY_LENGTH} letters and digits")
        return value

    @field_validator("shop")
    @classmethod
    def _shop_exists(cls, value: Path) -> Path:
        if not value.is_file():
            raise ValueError(f"no such file: {value}")
        return value

    @model_validator(mode="after")
    def _wechat_whole_or_absent(self) -> Settings:
        given = [name for name in WECHAT_FIELDS if getattr(self, name)]
        missing = [name for name in WECHAT_FIELDS if not getattr(self, name)]
        problems = [f"ZHANGGUI_{name.upper()} is missing" for name in missing] if given else []
        if given and self.wechat_mode != "plain" and self.wechat_aes_key is None:
            problems.append(f"ZHANGGUI_WECHAT_AES_KEY is missing (mode is {self.wechat_mode})")
        missing_sms = [name for name in SMS_FIELDS if not getattr(self, name)]
        if 0 < len(missing_sms) < len(SMS_FIELDS):
            problems += [f"ZHANGGUI_{name.upper()} is missing" for name in missing_sms]
        if problems:
            raise ValueError("; ".join(problems))
        return self

    @property
    def has_wechat(self) -> bool:
        return self.wechat_app_id is not None


def load_settings() -> Settings:
    """Read the environment.

    Raises:
        SettingsError: names every missing or wrong variable at once.
    """
    try:
        return Settings()
    except ValidationError as error:
        lines = []
        for problem in error.errors():
            message = str(problem["msg"]).removeprefix("Value error, ")
            name = "_".join(str(part) for part in problem["loc"]).upper()
            lines.append(f"  ZHANGGUI_{name}: {message}" if name else f"  {message}")
        raise SettingsError("These settings are missing or wrong:\n" + "\n".join(lines)) from None


def require_wechat(settings: Settings) -> None:
    """What `serve` and `worker` need of an account.

    Raises:
        SettingsError: the account's variables are not set.
    """
    if not settings.has_wechat:
        names = ", ".join(f"ZHANGGUI_{name.upper()}" for name in (*WECHAT_FIELDS, "wechat_aes_key"))
        raise SettingsError(f"No WeChat account is set. Set {names}; or try `make demo`, which needs none.")
