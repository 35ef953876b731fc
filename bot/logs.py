"""Logs: one JSON object a line (words in colour at a terminal), with phones, openids and secrets masked.

Masking happens on the finished event, so it covers every value, key and traceback, and the records of the
libraries too (urllib3 would print a request's access_token, wechatpy a member's openid).
"""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Mapping
from typing import TextIO

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

# 138 0013 8000 in the ways people write it; full-width digits too.
_PHONE = re.compile(r"(?<!\d)((?:\+?86[ -]?)?)([1１][3-9３-９]\d)([ -]?)(\d{4})[ -]?(\d{4})(?!\d)")
# An openid has 28 characters and starts with "o" (wechat-protocol §1.3); the stand-in's are about as long. A
# capital or a digit in it tells it from a long word.
_OPENID = re.compile(
    r"(?<![A-Za-z0-9-])(?=[a-z_-]*[A-Z0-9])(o[\w-]{3})[\w-]{13,24}([\w-]{4})(?![\w-])", re.ASCII
)
_SECRET = re.compile(
    r"(?i)((?:access_token|refresh_token|app_?secret|secret|msg_signature|aes_key)[\"']?\s*[=:]\s*[\"']?)[^&\s\"',}]+"
)
_OPENID_KEYS = frozenset({"openid", "touser", "fromusername", "from_user_name", "recipient"})
_SECRET_KEYS = frozenset(
    {"access_token", "secret", "app_secret", "token", "aes_key", "password", "authorization"}
)
_DEPTH_LIMIT = 8
_TEXT_LIMIT = 20_000


def mask_text(text: str) -> str:
    """138****8000 for a phone, oABC…wxyz for an openid, *** for a secret in a URL or a JSON text."""
    text = text[:_TEXT_LIMIT].encode(errors="replace").decode()  # a lone surrogate cannot be written
    text = _SECRET.sub(r"\1***", text)
    text = _OPENID.sub(r"\1…\2", text)
    return _PHONE.sub(r"\1\2****\5", text)


def mask_openid(openid: str) -> str:
    """First and last four characters, whatever the form."""
    return f"{openid[:4]}…{openid[-4:]}" if len(openid) > 8 else "…"


def mask(value: object, depth: int = 0) -> object:
    """The same value with everything masked in it; what is not plain data becomes its masked `repr`."""
    if isinstance(value, Mapping) and depth < _DEPTH_LIMIT:
        return {mask_text(str(key)): _mask_entry(key, item, depth) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset) and depth < _DEPTH_LIMIT:
        return [mask(item, depth + 1) for item in value]
    return _mask_scalar(value)


def _mask_scalar(value: object) -> object:
    if value is None or isinstance(value, bool | float):
        return value
    if isinstance(value, int):
        if abs(value) >= 10**20:  # no id or amount of ours; Python refuses to print the largest ones
            return "a huge number"
        masked = mask_text(str(value))
        return value if masked == str(value) else masked
    if isinstance(value, bytes):
        return mask_text(value[:_TEXT_LIMIT].decode(errors="replace"))
    return mask_text(value if isinstance(value, str) else repr(value))


def _mask_entry(key: object, item: object, depth: int) -> object:
    name = str(key).lower()
    if name in _SECRET_KEYS and item:
        return "***"
    if name in _OPENID_KEYS and isinstance(item, str):
        return mask_openid(item)
    return mask(item, depth + 1)


def mask_event(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Masks a whole event; the last step before it is written."""
    return {mask_text(key): _mask_entry(key, value, 0) for key, value in event.items()}


def setup_logging(*, level: str = "INFO", json: bool | None = None, stream: TextIO | None = None) -> None:
    """Send structlog and the libraries' `logging` through one masked pipeline.

    Args:
        json: None means JSON, except at a terminal.
        stream: default stderr.
    """
    out = stream or sys.stderr
    as_json = not out.isatty() if json is None else json
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
        structlog.processors.format_exc_info,
    ]
    renderer: Processor = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if as_json
        else structlog.dev.ConsoleRenderer(colors=out.isatty())
    )
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(out)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, mask_event, renderer],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for noisy in ("urllib3", "werkzeug", "procrastinate"):
        logging.getLogger(noisy).setLevel(max(logging.WARNING, root.level))
