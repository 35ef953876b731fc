"""The shop's own words."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from shop.fields import Frozen, Name


class Texts(Frozen):
    """Words the shop may put in its own way; `sentences` replaces texts of `shop.texts` by their names."""

    assistant: Name = "小掌柜"
    sentences: dict[str, Annotated[str, Field(min_length=1, max_length=600)]] = Field(default_factory=dict)
