"""A numbered choice: every option is a whole command, so a tap needs no memory and a typed number little."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from bot.conversation.memory import Pending
from bot.conversation.turn import Turn
from bot.flows.confirm import Confirmed
from bot.messages import Choice, Reply
from bot.staff import reading

KIND = "choose"
MAX_OPTIONS = 9


def ask(turn: Turn, head: str, options: Sequence[tuple[str, str]]) -> Reply:
    """Show (label, command) options with numbers; a number or a tap sends the command."""
    shown = [(label, " ".join(command.split())) for label, command in options[:MAX_OPTIONS]]
    lifetime = timedelta(minutes=turn.house.shop.quote_lifetime_minutes)
    lines = "\n".join(f"{number} {label}" for number, (label, _) in enumerate(shown, start=1))
    text = f"{head}\n{lines}"
    if turn.remembers:
        turn.memory.pending = Pending(
            key=f"choose:{turn.incoming.key}",
            kind=KIND,
            data={"options": [command for _, command in shown]},
            echo=text,
            command=turn.text.strip(),
            expires_at=turn.now + lifetime,
        )
    choices = tuple(Choice(f"{n} {label}", command) for n, (label, command) in enumerate(shown, start=1))
    return Reply(f"{head}\n{turn.say('choose_hint')}", choices)


def chosen(turn: Turn) -> str | None:
    """The command behind the number just said, if a choice is open; the choice is then closed."""
    pending = turn.memory.pending
    if pending is None or pending.kind != KIND or pending.expires_at <= turn.now:
        return None
    number = reading.count(reading.narrow(turn.text))
    options = pending.data["options"]
    if number is None and len(options) == 1 and reading.narrow(turn.text) in {"是", "对", "是的", "对的"}:
        number = 1
    if number is None or not 1 <= number <= len(options):
        return None
    turn.memory.pending = None
    return str(options[number - 1])


def _say_again(turn: Turn, pending: Pending) -> Reply:
    return turn.reply("choose_again", echo=pending.echo)


CONFIRMED: dict[str, Confirmed] = {KIND: _say_again}
