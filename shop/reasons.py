"""Why a rule decided as it did: kept beside the transfer, so that it can be explained later."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Why:
    """`code` names the rule, `values` what it saw: ids of the shop, fen, points, counts."""

    code: str
    values: Mapping[str, str | int | bool | Sequence[str] | None] = field(default_factory=dict)
