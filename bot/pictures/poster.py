"""The poster with which a member brings a friend: 750 × 1334, the shop's colour, WeChat's own code."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from PIL import Image, ImageDraw

from bot.pictures import ink

VERSION = "1"  # of the drawing: another one is drawn and uploaded anew
WIDTH, HEIGHT = 750, 1334
MIDDLE = WIDTH // 2
CARD = (55, 392, 695, 1226)  # left, top, right, bottom
QR_SIDE = 412
QR_TOP = 748


@dataclass(frozen=True)
class Plan:
    """What stands on a poster; the gifts are one line each, empty for a side that gets nothing."""

    shop: str
    colour: str
    invitation: str
    inviter: str
    newcomer_label: str
    newcomer_gets: tuple[str, ...]
    inviter_label: str
    inviter_gets: tuple[str, ...]
    scan: str
    small_print: str
    url: str


def draw(plan: Plan) -> bytes:
    """The poster as a JPEG of some 100 kB."""
    brand = ink.rgb(plan.colour)
    picture = _sheet(brand).copy()
    pen = ImageDraw.Draw(picture)
    _head(pen, plan, brand)
    _gifts(pen, plan, brand)
    picture.paste(ink.qr(plan.url, QR_SIDE), ((WIDTH - QR_SIDE) // 2, QR_TOP))
    ink.centred(pen, ink.fitting(plan.scan, 560, 28), (MIDDLE, 1176), ink.font(28), ink.INK)
    light = ink.mixed(ink.readable_on(brand), brand, 0.25)
    ink.centred(pen, ink.fitting(plan.small_print, 640, 22), (MIDDLE, 1282), ink.font(22), light)
    return ink.jpeg(picture)


@lru_cache(maxsize=4)
def _sheet(brand: ink.Colour) -> Image.Image:
    """All that the posters of one shop have in common; it is drawn once."""
    picture = _background(brand)
    _card(picture, brand)
    return picture


def _background(brand: ink.Colour) -> Image.Image:
    """The shop's colour, a little lighter at the top, with two soft circles."""
    top, bottom = ink.mixed(brand, ink.WHITE, 0.16), ink.mixed(brand, (0, 0, 0), 0.10)
    strip = Image.new("RGB", (1, HEIGHT))
    strip.putdata([ink.mixed(top, bottom, row / HEIGHT) for row in range(HEIGHT)])
    picture = strip.resize((WIDTH, HEIGHT))
    veil = Image.new("RGBA", (WIDTH * 2, 900), (0, 0, 0, 0))
    pen = ImageDraw.Draw(veil)
    pen.ellipse((1040, -360, 1760, 360), fill=(255, 255, 255, 22))
    pen.ellipse((-300, 300, 260, 860), fill=(255, 255, 255, 16))
    soft = veil.resize((WIDTH, 450), Image.Resampling.LANCZOS)
    picture.paste(soft, (0, 0), soft)
    return picture


def _head(pen: ImageDraw.ImageDraw, plan: Plan, brand: ink.Colour) -> None:
    light = ink.readable_on(brand)
    ink.centred(pen, ink.fitting(plan.shop, 640, 68, "Bold"), (MIDDLE, 138), ink.font(68, "Bold"), light)
    pen.line((MIDDLE - 28, 206, MIDDLE + 28, 206), fill=light, width=3)
    ink.centred(pen, ink.fitting(plan.invitation, 640, 34), (MIDDLE, 262), ink.font(34), light)
    if plan.inviter:
        soft = ink.mixed(light, brand, 0.15)
        ink.centred(pen, ink.fitting(plan.inviter, 640, 28), (MIDDLE, 324), ink.font(28), soft)


def _card(picture: Image.Image, brand: ink.Colour) -> None:
    """A white sheet with round corners, drawn at twice the size so that they are smooth."""
    left, top, right, bottom = CARD
    mask = Image.new("L", ((right - left) * 2, (bottom - top) * 2), 0)
    ImageDraw.Draw(mask).rounded_rectangle((0, 0, mask.width - 1, mask.height - 1), radius=64, fill=255)
    small = mask.resize((right - left, bottom - top), Image.Resampling.LANCZOS)
    shadow = Image.new("RGB", small.size, ink.mixed(brand, (0, 0, 0), 0.28))
    picture.paste(shadow, (left, top + 10), small.point(lambda value: value * 45 // 100))
    picture.paste(Image.new("RGB", small.size, ink.WHITE), (left, top), small)


def _gifts(pen: ImageDraw.ImageDraw, plan: Plan, brand: ink.Colour) -> None:
    """What the friend gets, large; what the inviter gets, beside it where both get something."""
    sides = [(plan.newcomer_label, plan.newcomer_gets), (plan.inviter_label, plan.inviter_gets)]
    shown = [(label, gets) for label, gets in sides if gets]
    width = (CARD[2] - CARD[0]) // len(shown)
    for place, (label, gets) in enumerate(shown):
        middle = CARD[0] + width * place + width // 2
        _side(pen, label, gets, middle, width - 60, brand)
    if len(shown) == 2:
        pen.line((MIDDLE, 466, MIDDLE, 674), fill=ink.mixed(ink.WHITE, ink.GREY, 0.35), width=2)
    dots = range(CARD[0] + 44, CARD[2] - 40, 16)
    for x in dots:
        pen.ellipse((x, 732, x + 5, 737), fill=ink.mixed(ink.WHITE, brand, 0.35))


def _side(
    pen: ImageDraw.ImageDraw, label: str, gets: tuple[str, ...], middle: int, width: int, brand: ink.Colour
) -> None:
    ink.centred(pen, ink.fitting(label, width, 28), (middle, 468), ink.font(28), ink.GREY)
    size = {1: 50, 2: 44}.get(len(gets), 36)
    lines = gets[:3]
    pitch = size + (26 if len(lines) < 3 else 20)
    first = (588 if len(lines) < 3 else 602) - pitch * (len(lines) - 1) // 2
    for place, line in enumerate(lines):
        ink.centred(
            pen,
            ink.fitting(line, width, _fit(line, width, size), "Bold"),
            (middle, first + pitch * place),
            ink.font(_fit(line, width, size), "Bold"),
            _deep(brand),
        )


def _fit(line: str, width: int, size: int) -> int:
    """The largest size, not under 26, at which the line is not cut."""
    while size > 26 and ink.font(size, "Bold").getlength(ink.plain(line)) > width:
        size -= 2
    return size


def _deep(brand: ink.Colour) -> ink.Colour:
    """The shop's colour, dark enough to be read on white."""
    return brand if ink.readable_on(brand) == ink.WHITE else ink.mixed(brand, (0, 0, 0), 0.5)
