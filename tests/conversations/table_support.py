"""Conversations as plain tables: one line said, and after each bar a piece of what must be answered.

    == the title of a scene; every scene begins with a fresh house
    我要预约 | 想约哪一项 | -余额        said by 小林; a piece after “-” must not be shown
    王芳: 充值 13800138000 800 微信       said by somebody else (PEOPLE)
    (tap 换个时间)                        a choice of the last answer, by its label; (old tap …) of one before
    (picture) (voice) (voice 我的余额) (location 39.9 116.4) (menu BALANCE)
    (31 minutes later) (2 hours later)

Whatever is answered anywhere is held against the rules of `manners`: length, one question, full-width
punctuation, no English, and choices that are understood when typed, without the language model.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

from manners import complaints
from stage import CASHIER, LIN, MANAGER, NEWCOMER, OTHER_CASHIER, Stage

from bot.messages import Incoming, Reply

TABLES = Path(__file__).parent / "tables"
PEOPLE = {
    "小林": LIN,
    "新客": NEWCOMER,
    "家人": "oFAMILY_000000000000000000006",
    "王芳": CASHIER,
    "李静": MANAGER,
    "赵敏": OTHER_CASHIER,
}
STAFF = {CASHIER, MANAGER, OTHER_CASHIER}
_LATER = re.compile(r"\((\d+) (minutes|hours|days) later\)")
_DONE = re.compile(
    r"\((?P<what>old tap|tap|picture|voice|video|link|sticker|location|menu|long)(?: (?P<with>[^)]*))?\)"
)
_WHO = re.compile(rf"^({'|'.join(PEOPLE)}): ?")


@dataclass(frozen=True)
class Row:
    """One line of a table: who says what, and the pieces of the answer; `place` is file and line."""

    place: str
    who: str
    said: str
    pieces: tuple[str, ...]


@dataclass
class Scene:
    """Rows that belong together."""

    title: str
    rows: list[Row] = field(default_factory=list)


def read(name: str) -> list[Scene]:
    """The scenes of tables/`name`.txt."""
    scenes: list[Scene] = []
    for number, line in enumerate((TABLES / f"{name}.txt").read_text("utf-8").splitlines(), start=1):
        text = line.strip()
        if not text or text.startswith("#"):
            continue
        if text.startswith("=="):
            scenes.append(Scene(text.strip("= ")))
            continue
        said, *pieces = (part.strip() for part in text.split("|"))
        who = _WHO.match(said)
        person = PEOPLE[who.group(1)] if who else LIN
        said = said[who.end() :] if who else said
        scenes[-1].rows.append(Row(f"{name}.txt:{number}", person, said, tuple(pieces)))
    return scenes


class Teller:
    """Plays scenes and keeps what was said, for a failure that can be read like a chat."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.heard: list[str] = []
        self.answers: dict[str, list[Reply]] = {}

    def play(self, scene: Scene) -> None:
        for row in scene.rows:
            later = _LATER.fullmatch(row.said)
            if later:
                self.stage.later(**{later.group(2): float(later.group(1))})
                self.heard.append(row.said)
                continue
            reply = self._hear(row)
            shown = shown_as(reply)
            self.heard.append(f"> {row.said}\n{shown}")
            self.answers.setdefault(row.who, []).append(reply)
            for piece in row.pieces:
                unwanted = piece.startswith("-") and len(piece) > 1
                found = piece.removeprefix("-") in shown if unwanted else piece in shown
                assert found != unwanted, self._failed(row, f"expected {piece!r}")
            if row.who not in STAFF:
                wrong = complaints(self.stage, row.who, reply)
                assert not wrong, self._failed(row, "; ".join(wrong))

    def _failed(self, row: Row, why: str) -> str:
        return f"{row.place}: {why}\n\n" + "\n\n".join(self.heard[-12:])

    def _hear(self, row: Row) -> Reply:
        done = _DONE.fullmatch(row.said)
        if done is None:
            return self.stage.say(row.who, row.said)
        what, value = done["what"], done["with"] or ""
        if what.endswith("tap"):
            return self.stage.say(row.who, self._choice(row, value, old=what.startswith("old")))
        if what == "menu":
            return self.stage.event(row.who, "CLICK", value)
        if what == "long":
            return self.stage.say(row.who, "我想约" * int(value))
        kind = {"picture": "image", "sticker": "unknown"}.get(what, what)
        places = [float(number) for number in value.split()] if what == "location" else [None, None]
        return self.stage.hear(
            Incoming(
                key=f"wx:{row.place}",
                openid=row.who,
                sent_at=self.stage.now,
                kind=kind,  # type: ignore[arg-type]
                text=value if what == "voice" else "",
                latitude=places[0],
                longitude=places[1],
            )
        )

    def _choice(self, row: Row, label: str, *, old: bool) -> str:
        answers = self.answers.get(row.who, [])
        for reply in reversed(answers if old else answers[-1:]):
            for choice in reply.choices:
                if label in choice.label:
                    return choice.says
        raise AssertionError(self._failed(row, f"no choice {label!r} was offered"))


def shown_as(reply: Reply) -> str:
    """An answer with its choices in square brackets."""
    return "\n".join([reply.text, *(f"[{choice.label}]" for choice in reply.choices)])
