"""shop.yml read as a tree of plain values that remembers where each value stands.

A small reading of YAML: mappings, lists, texts, whole numbers, decimals, true/false and empty. What surprises
owners in full YAML is left out or refused: `yes`, `10:00` and `2027-02-17` are texts, 010 stays 010, a field
written twice is an error, and so are anchors, tags and several documents.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal

import yaml

Scalar = str | int | Decimal | bool | None
Value = Scalar | dict[str, "Value"] | tuple["Value", ...]
Path = tuple[str | int, ...]
Position = tuple[int, int]

MAX_BYTES = 512 * 1024
MAX_DEPTH = 12
FULL_WIDTH_COLON = "\uff1a"  # what a Chinese keyboard writes

_INTEGER = re.compile(r"[-+]?(0|[1-9]\d{0,14})", re.ASCII)
_DECIMAL = re.compile(r"[-+]?(0|[1-9]\d{0,14})\.\d{1,15}", re.ASCII)
_EMPTY = frozenset({"", "~", "null", "Null", "NULL"})
_TRUTH = {"true": True, "True": True, "false": False, "False": False}


class TreeError(ValueError):
    """The text cannot be read as one tree; line and column count from 1."""

    def __init__(self, line: int, column: int, message: str, remedy: str) -> None:
        super().__init__(message)
        self.line, self.column, self.message, self.remedy = line, column, message, remedy


@dataclass
class Tree:
    """`root` and, for every path into it, where the value (for a field: its key) stands, counted from 1."""

    root: Value = None
    positions: dict[Path, Position] = field(default_factory=dict)

    def position(self, path: Path) -> Position:
        """Where the path stands, or the nearest thing above it that is written."""
        while path and path not in self.positions:
            path = path[:-1]
        return self.positions.get(path, (1, 1))


def read_tree(content: bytes) -> Tree:
    """Raises TreeError on the first thing that cannot be read."""
    text = _decode(content)
    _refuse_tabs(text)
    try:
        return _Builder(yaml.parse(text, Loader=yaml.SafeLoader)).build()
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        remedy = "Delete the line and type it anew."
        raise TreeError(line, 1, "a control character stands here", remedy) from None
    except yaml.MarkedYAMLError as error:
        raise _syntax_error(error, text) from None


def _decode(content: bytes) -> str:
    if len(content) > MAX_BYTES:
        size = f"{len(content) / 1024:,.0f} KB"
        remedy = f"A shop definition has at most {MAX_BYTES // 1024} KB. Is this the right file?"
        raise TreeError(1, 1, f"the file is too large ({size})", remedy)
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        remedy = "Save it again with the encoding UTF-8 (in Notepad: Save as → Encoding → UTF-8)."
        raise TreeError(line, 1, "the file is not UTF-8 text", remedy) from None


def _refuse_tabs(text: str) -> None:
    for number, line in enumerate(text.splitlines(), start=1):
        indent = line[: len(line) - len(line.lstrip())]
        if "\t" in indent and line.strip():
            remedy = "Indent with spaces only, two for each step."
            raise TreeError(number, indent.index("\t") + 1, "the line is indented with a tab", remedy)


def _syntax_error(error: yaml.MarkedYAMLError, text: str) -> TreeError:
    mark = error.problem_mark or error.context_mark
    line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
    lines = text.splitlines()
    near = "\n".join(lines[max(line - 2, 0) : line])
    remedy = "Check the indentation (two spaces a step) and put texts with : # { } [ ] , & * ! in quotes."
    if FULL_WIDTH_COLON in near:
        remedy = f"A field name is followed by the half-width colon and a space, not by “{FULL_WIDTH_COLON}”."
    return TreeError(line, column, f"this cannot be read: {error.problem or 'broken YAML'}", remedy)


class _Builder:
    """Turns the parser's events into a Tree; nothing is expanded, so nothing can blow up."""

    def __init__(self, events: Iterator[yaml.Event]) -> None:
        self._events = events
        self._tree = Tree()

    def build(self) -> Tree:
        documents = 0
        for event in self._events:
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    raise _error(event, "a second document begins here", "Remove the line with ---.")
            elif isinstance(event, yaml.NodeEvent):
                self._tree.root = self._value(event, ())
        if self._tree.root is None:
            remedy = "Begin with a copy of shop/examples/beauty.yml."
            raise TreeError(1, 1, "the file is empty", remedy)
        return self._tree

    def _value(self, event: yaml.Event, path: Path) -> Value:
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise _error(event, "anchors (&) and aliases (*) are not used here", "Write the value out again.")
        tag = getattr(event, "tag", None)
        if tag is not None:
            raise _error(event, f"the tag {str(tag)[:40]} is not used here", "Delete it, or quote the text.")
        if len(path) > MAX_DEPTH:
            raise _error(event, "this is nested too deeply", "Compare with shop/examples/beauty.yml.")
        self._tree.positions.setdefault(path, _position(event))
        if isinstance(event, yaml.ScalarEvent):
            return _scalar(event)
        if isinstance(event, yaml.SequenceStartEvent):
            return self._sequence(path)
        return self._mapping(path)

    def _sequence(self, path: Path) -> Value:
        values: list[Value] = []
        for event in self._events:
            if isinstance(event, yaml.SequenceEndEvent):
                break
            values.append(self._value(event, (*path, len(values))))
        return tuple(values)

    def _mapping(self, path: Path) -> Value:
        fields: dict[str, Value] = {}
        for event in self._events:
            if isinstance(event, yaml.MappingEndEvent):
                break
            key = self._key(event)
            if key in fields:
                first = self._tree.positions[(*path, key)][0]
                remedy = f"It already stands in line {first}: keep one."
                raise _error(event, f"“{key}” is written twice", remedy)
            self._tree.positions[(*path, key)] = _position(event)
            fields[key] = self._value(next(self._events), (*path, key))
        return fields

    def _key(self, event: yaml.Event) -> str:
        if not isinstance(event, yaml.ScalarEvent) or event.anchor or event.tag:
            raise _error(event, "a field name is needed here", "Write it as name: value.")
        return str(event.value)


def _position(event: yaml.Event) -> Position:
    mark = event.start_mark
    return (mark.line + 1, mark.column + 1) if mark else (1, 1)


def _error(event: yaml.Event, message: str, remedy: str) -> TreeError:
    return TreeError(*_position(event), message, remedy)


def _scalar(event: yaml.ScalarEvent) -> Scalar:
    text = str(event.value)
    if event.style is not None:
        return text
    if text in _EMPTY:
        return None
    if text in _TRUTH:
        return _TRUTH[text]
    if _INTEGER.fullmatch(text):
        return int(text)
    return Decimal(text) if _DECIMAL.fullmatch(text) else text
