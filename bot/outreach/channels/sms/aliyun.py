"""Alibaba Cloud's short messages: dysmsapi, version 2017-05-25, signed with HMAC-SHA1 (its RPC style)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from urllib.parse import quote

import requests

from bot.outreach.channels.sms.provider import SmsError

ORIGIN = "https://dysmsapi.aliyuncs.com"
TIMEOUT_SECONDS = (3.0, 5.0)  # to connect, to read
# Its own limits per number and minute, and its own trouble: worth another try later.
_PASSING = frozenset(
    {"isv.BUSINESS_LIMIT_CONTROL", "isp.RAM_PERMISSION_DENY", "isp.SYSTEM_ERROR", "Throttling.User"}
)


class Aliyun:
    """One access key and one approved signature (签名).

    Args:
        clock: aware; the provider refuses what is signed more than a quarter of an hour away.
        nonce: never the same twice.
    """

    def __init__(
        self,
        key_id: str,
        secret: str,
        sign_name: str,
        *,
        origin: str = ORIGIN,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        nonce: Callable[[], str] = lambda: secrets.token_hex(16),
    ) -> None:
        self._key_id = key_id
        self._secret = secret
        self._sign_name = sign_name
        self._origin = origin.rstrip("/")
        self._clock = clock
        self._nonce = nonce

    def send(self, phone: str, template: str, values: Mapping[str, str], *, message_id: str) -> None:
        """See `SmsProvider.send`."""
        parameters = {
            "AccessKeyId": self._key_id,
            "Action": "SendSms",
            "Format": "JSON",
            "OutId": message_id,
            "PhoneNumbers": phone,
            "RegionId": "cn-hangzhou",
            "SignName": self._sign_name,
            "SignatureMethod": "HMAC-SHA1",
            "SignatureNonce": self._nonce(),
            "SignatureVersion": "1.0",
            "TemplateCode": template,
            "TemplateParam": json.dumps(dict(values), ensure_ascii=False),
            "Timestamp": self._clock().astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "Version": "2017-05-25",
        }
        parameters["Signature"] = signature("POST", parameters, self._secret)
        response = requests.post(self._origin + "/", data=parameters, timeout=TIMEOUT_SECONDS)
        _judge(response)


def signature(method: str, parameters: Mapping[str, str], secret: str) -> str:
    """HMAC-SHA1 over method, path and sorted parameters, each percent-encoded as RFC 3986 has it."""
    query = "&".join(f"{_encoded(name)}={_encoded(parameters[name])}" for name in sorted(parameters))
    text = f"{method}&{_encoded('/')}&{_encoded(query)}"
    digest = hmac.new(f"{secret}&".encode(), text.encode(), hashlib.sha1).digest()
    return base64.b64encode(digest).decode()


def _encoded(text: str) -> str:
    return quote(text, safe="-_.~")


def _judge(response: requests.Response) -> None:
    try:
        answer = response.json()
    except ValueError as error:
        raise SmsError(f"HTTP {response.status_code}", passing=True) from error
    code = str(answer.get("Code", "")) if isinstance(answer, dict) else ""
    if code != "OK":
        raise SmsError(code or "no code", passing=code in _PASSING or response.status_code >= 500)
