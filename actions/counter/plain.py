"""Values that wait in a conversation or for a second person, as plain JSON and back."""

from __future__ import annotations

from typing import Any, TypeVar

from pydantic import TypeAdapter

T = TypeVar("T")


_ADAPTERS: dict[type[object], TypeAdapter[Any]] = {}


def _adapter(kind: type[object]) -> TypeAdapter[Any]:
    """Made once for each class: that costs more than the work itself."""
    if kind not in _ADAPTERS:
        _ADAPTERS[kind] = TypeAdapter(kind)
    return _ADAPTERS[kind]


def pack(value: object) -> dict[str, Any]:
    """A dataclass of plain values as JSON values."""
    packed: dict[str, Any] = _adapter(type(value)).dump_python(value, mode="json")
    return packed


def unpack(kind: type[T], packed: dict[str, Any]) -> T:
    """The dataclass that was packed.

    Raises:
        pydantic.ValidationError: it was packed by another version of the program.
    """
    found: T = _adapter(kind).validate_python(packed)
    return found
