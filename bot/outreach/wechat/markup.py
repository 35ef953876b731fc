"""How a `Reply` becomes one WeChat text: plain words, then one tappable link a line (features row A11).

WeChat reads `<a href>` inside any text it shows, so words that came from people (names, memos) must never
carry a tag of their own: a member called `<a href="weixin://bizmsgmenu?msgmenucontent=1…">` would otherwise
make a cashier's tap confirm something. Links therefore come from `Reply.choices` only.
"""

from __future__ import annotations

import re
from urllib.parse import quote

from bot.messages import Choice, Link, Reply

TEXT_LIMIT_BYTES = 2048  # wechat-protocol §1.5 and §4.1: passive reply and customer-service message alike
TEXT_FLOOR_BYTES = 600  # words keep at least this much room, however many choices there are
ELLIPSIS = "…"

# What XML 1.0 cannot carry, lone surrogates (not encodable) and the C1 controls.
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_TAG_START = re.compile(r"<(?=[A-Za-z/!?])")


def plain(text: str) -> str:
    """Words that WeChat shows as they are: no control characters, no markup, Unix line ends."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return _TAG_START.sub("＜", _FORBIDDEN.sub("", text))


def link(choice: Choice, number: int) -> str:
    """One tappable line; a tap arrives as a text message saying `choice.says`, with `number` as its id."""
    label = plain(choice.label).replace("<", "＜").replace(">", "＞").replace("\n", " ")
    says = quote(plain(choice.says), safe="")
    return f'<a href="weixin://bizmsgmenu?msgmenucontent={says}&msgmenuid={number}">{label}</a>'


def page_link(page: Link) -> str:
    """One tappable line that opens a page of ours; the address is made by us and holds no quotes."""
    return f'<a href="{quote(page.url, safe=":/?&=%#-_.~")}">{plain(page.label)}</a>'


def render_text(reply: Reply, limit_bytes: int = TEXT_LIMIT_BYTES) -> str:
    """The whole reply as one text of at most `limit_bytes` bytes of UTF-8.

    Too many words are cut at the end of a line with 「…」. Links are never cut: the ones that do not fit
    are left out, last first, and can still be typed.
    """
    words = plain(reply.text).strip("\n")
    lines = [page_link(each) for each in reply.links]
    links_room = limit_bytes - min(_size(words), TEXT_FLOOR_BYTES)
    for number, choice in enumerate(reply.choices, start=1):
        line = link(choice, number)
        if sum(_size(kept) + 1 for kept in lines) + _size(line) + 1 > links_room:
            break
        lines.append(line)
    words = cut(words, limit_bytes - sum(_size(line) + 1 for line in lines))
    return "\n".join([words, *lines] if words else lines)


def cut(text: str, limit_bytes: int) -> str:
    """`text` in `limit_bytes` bytes: whole lines where that keeps at least half, else whole characters."""
    if _size(text) <= limit_bytes:
        return text
    room = limit_bytes - _size("\n" + ELLIPSIS)
    if room < 0:
        return ""
    head = text.encode()[:room].decode(errors="ignore")
    lines, newline, _ = head.rpartition("\n")
    if text[len(head)] == "\n":
        lines, newline = head, "\n"
    if newline and _size(lines) * 2 >= room:
        return f"{lines.rstrip()}\n{ELLIPSIS}"
    return head.rstrip("\u200d\ufe0f \n") + ELLIPSIS


def _size(text: str) -> int:
    return len(text.encode())
