"""Words that need tact: insults, and questions about somebody else's card."""

from __future__ import annotations

import re

from bot.conversation.turn import Turn
from bot.messages import Choice, Reply
from nlu.understanding import Understanding

_INSULT = re.compile(
    r"傻[逼比叉缺子瓜]|煞笔|[沙傻]雕|脑残|智障|白痴|弱智|废物|蠢货|[他你特]妈的|妈的|tmd|[操草艹日]你|尼玛|你妹"
    r"|王八蛋|混蛋|畜生|人渣|垃圾|滚(?:蛋|开|吧|远)?$|^滚|去死|有病(?:吧|啊)|sb$|^sb|贱人|不要脸|骗子|神经病"
)
_SOMEBODY = re.compile(
    r"(?:老公|老婆|爱人|对象|(?<![他她你特])妈妈?|爸爸?|姐姐?|妹妹?|哥哥?|弟弟?|朋友|闺蜜|同事|女儿|儿子|孩子|婆婆|公公|奶奶|爷爷)"
    r"(?:的|卡|那|还|有|手机|账)|(?:他|她|别人|人家)(?:的|卡|还有|账)|\S(?:女士|先生|小姐|太太)(?:的|卡|还|有)"
)
_PHONE = re.compile(r"(?<!\d)1[3-9]\d{9}(?!\d)")


def is_insult(understood: Understanding) -> bool:
    """Whether a sentence that says nothing else insults somebody."""
    return understood.intent == "fallback" and _INSULT.search(understood.text.lower()) is not None


def calm(turn: Turn) -> Reply:
    """A calm word and a person to talk to; the insult is neither judged nor answered."""
    return Reply(turn.say("calm"), (Choice("人工", "人工"),))


def about_somebody_else(turn: Turn) -> bool:
    """“我老公的卡还有多少”, “查下13900139000的余额”: a name or a number that is not the writer's."""
    member = turn.person.member
    own = member.phone if member is not None else None
    asked = _PHONE.findall("".join(turn.text.split()))
    return any(phone != own for phone in asked) or _SOMEBODY.search(turn.text) is not None
