"""Letters, colours and QR codes on a picture; everything is drawn from files that lie beside this one."""

from __future__ import annotations

import io
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Literal

import qrcode
from PIL import Image, ImageDraw, ImageFont
from qrcode.constants import ERROR_CORRECT_M

FONTS = Path(__file__).parent / "fonts"
Weight = Literal["Regular", "Bold"]
Colour = tuple[int, int, int]

WHITE: Colour = (255, 255, 255)
INK: Colour = (43, 40, 42)
GREY: Colour = (138, 132, 136)
QUIET_MODULES = 4  # white border of a QR code, by its standard
UNKNOWN = "○"  # for a character that the fonts do not have
ELLIPSIS = "…"


@lru_cache(maxsize=64)
def font(size: int, weight: Weight = "Regular") -> ImageFont.FreeTypeFont:
    """Noto Sans SC in pixels."""
    return ImageFont.truetype(FONTS / f"NotoSansSC-{weight}-GB2312.otf", size)


@lru_cache(maxsize=1)
def _drawable() -> frozenset[int]:
    """Characters of GB2312 and ASCII: what the fonts were cut to."""
    known = set(range(0x20, 0x7F))
    for high in range(0xA1, 0xF8):
        for low in range(0xA1, 0xFF):
            try:
                known.add(ord(bytes([high, low]).decode("gb2312")))
            except UnicodeDecodeError:
                continue
    return frozenset(known | {ord(character) for character in "·—–…“”‘’¥￥×℃✓•"})


def plain(text: str) -> str:
    """The text in characters that can be drawn: a rare one becomes ○, control characters and emoji go."""
    kept = (c if ord(c) in _drawable() else UNKNOWN for c in text if c.isprintable())
    return "".join(kept)


def fitting(text: str, width: int, size: int, weight: Weight = "Regular") -> str:
    """The text in one line of `width` pixels, cut with … where it must be."""
    drawn, face = plain(text), font(size, weight)
    if face.getlength(drawn) <= width:
        return drawn
    while drawn and face.getlength(drawn + ELLIPSIS) > width:
        drawn = drawn[:-1]
    return drawn + ELLIPSIS


def rgb(colour: str) -> Colour:
    """#C8506E as numbers."""
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def mixed(one: Colour, other: Colour, share: float) -> Colour:
    """`share` of `other` in `one`, 0 to 1."""
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(one, other, strict=True))
    return red, green, blue


def readable_on(background: Colour) -> Colour:
    """White or ink, whichever stands out more on it (relative luminance)."""
    red, green, blue = background
    return INK if (0.299 * red + 0.587 * green + 0.114 * blue) > 186 else WHITE


def qr(content: str, side: int) -> Image.Image:
    """A QR code of `side` pixels with its quiet border; modules are whole pixels, so it stays sharp."""
    code = qrcode.QRCode(error_correction=ERROR_CORRECT_M, border=QUIET_MODULES, box_size=1)
    code.add_data(content)
    code.make(fit=True)
    rows: Sequence[Sequence[bool]] = code.get_matrix()
    modules = len(rows)
    small = Image.new("L", (modules, modules), 255)
    small.putdata([0 if dark else 255 for row in rows for dark in row])
    scale = max(1, side // modules)
    sharp = small.resize((modules * scale, modules * scale), Image.Resampling.NEAREST)
    square = Image.new("L", (side, side), 255)
    offset = (side - sharp.width) // 2
    square.paste(sharp, (offset, offset))
    return square.convert("RGB")


def centred(
    draw: ImageDraw.ImageDraw, text: str, middle: tuple[int, int], face: ImageFont.FreeTypeFont, fill: Colour
) -> None:
    """Text with its middle at a point."""
    draw.text(middle, text, font=face, fill=fill, anchor="mm")


def png(picture: Image.Image) -> bytes:
    file = io.BytesIO()
    picture.save(file, "PNG", optimize=False, compress_level=6)
    return file.getvalue()


def jpeg(picture: Image.Image) -> bytes:
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=90, subsampling=0)
    return file.getvalue()
