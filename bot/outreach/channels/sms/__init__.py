"""Short messages: the dearest way, for service notices whose template the shop has set up (row E5).

A provider is chosen in `ZHANGGUI_SMS_…`; without keys there is none and the router knows no such channel.
"""

from __future__ import annotations

from bot.outreach.channels.sms.channel import ShortMessages
from bot.outreach.channels.sms.provider import SmsError, SmsProvider

__all__ = ["ShortMessages", "SmsError", "SmsProvider"]
