"""A provider of short messages, played here: Alibaba Cloud's SendSms as its clients call it.

It checks what the provider checks first: the action, the fields, the signature's method and the phone.
What it "sends" stands on /standin/sms, newest first, so that a newcomer can read a code without a phone.
"""

from __future__ import annotations

import json
import re
from collections import deque
from collections.abc import Callable
from datetime import datetime

from flask import Blueprint, Response, jsonify, render_template, request

MOST_KEPT = 50
_PHONE = re.compile(r"1[3-9]\d{9}")
_NEEDED = (
    "AccessKeyId",
    "PhoneNumbers",
    "SignName",
    "TemplateCode",
    "TemplateParam",
    "Signature",
    "Timestamp",
)


def sms_pages(now: Callable[[], datetime]) -> Blueprint:
    """POST /standin/sms/ as the provider has it; the list as a page and as JSON."""
    blueprint = Blueprint("sms", __name__)
    kept: deque[dict[str, str]] = deque(maxlen=MOST_KEPT)

    @blueprint.post("/standin/sms/")
    def send() -> Response:
        refusal = _refusal()
        if refusal:
            answer = jsonify({"Code": refusal, "Message": refusal, "RequestId": "standin"})
            answer.status_code = 400
            return answer
        values = json.loads(request.form["TemplateParam"])
        kept.appendleft(
            {
                "phone": request.form["PhoneNumbers"],
                "sign": request.form["SignName"],
                "template": request.form["TemplateCode"],
                "words": "，".join(str(value) for value in values.values()),
                "at": now().strftime("%H:%M:%S"),
            }
        )
        return jsonify({"Code": "OK", "Message": "OK", "BizId": str(len(kept)), "RequestId": "standin"})

    @blueprint.get("/standin/api/sms")
    def listed() -> Response:
        return jsonify(list(kept))

    @blueprint.get("/standin/sms")
    def page() -> str:
        return render_template("sms.html", messages=list(kept))

    return blueprint


def _refusal() -> str:
    form = request.form
    if form.get("Action") != "SendSms":
        return "InvalidAction.NotFound"
    if any(not form.get(name) for name in _NEEDED):
        return "MissingParameter"
    if form.get("SignatureMethod") != "HMAC-SHA1":
        return "SignatureDoesNotMatch"
    if not _PHONE.fullmatch(form["PhoneNumbers"]):
        return "isv.MOBILE_NUMBER_ILLEGAL"
    try:
        values = json.loads(form["TemplateParam"])
    except ValueError:
        return "isv.INVALID_JSON_PARAM"
    return "" if isinstance(values, dict) else "isv.INVALID_JSON_PARAM"
