"""Reads the tables of this folder: one `text => expected` a line, between comments and directives."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class Row:
    """One line of a table; `section` and `directives` are what stood above it last."""

    text: str
    expected: str
    section: str
    directives: dict[str, str]


def rows(name: str) -> list[Row]:
    """The rows of a table. A text may be empty, but not begin with a blank."""
    return list(_rows(name))


def _rows(name: str) -> Iterator[Row]:
    section = ""
    directives: dict[str, str] = {}
    for line in (FOLDER / name).read_text(encoding="utf-8").split("\n"):
        if line.startswith("["):
            section = line.strip("[]")
        elif line.startswith("@"):
            key, _, value = line[1:].partition(" ")
            directives = {**directives, key: value}
        elif line and not line.startswith("#"):
            text, arrow, expected = line.rpartition("=> ")
            assert arrow, line
            yield Row(text.rstrip(" "), expected, section, directives)


def sentences(name: str) -> list[str]:
    """The lines of a plain list."""
    lines = (FOLDER / name).read_text(encoding="utf-8").split("\n")
    return [line for line in lines if line and not line.startswith("#")]


def several(values: tuple[object, ...]) -> str:
    """How the tables write candidates, and “-” for none."""
    return "? " + ", ".join(str(value) for value in values) if values else "-"
