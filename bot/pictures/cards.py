"""Small pictures with one QR code: a voucher, a pay code, a member's number."""

from __future__ import annotations

from PIL import Image, ImageDraw

from bot.pictures import ink
from shop.model import Shop

WIDTH, HEIGHT = 640, 800
HEADER = 112
QR_SIDE = 420


def code_card(shop: Shop, *, title: str, content: str, code: str, note: str) -> bytes:
    """A PNG: the shop's name on its colour, a title, the QR code of `content`, `code` in letters, a note."""
    brand = ink.rgb(shop.brand_colour)
    picture = Image.new("RGB", (WIDTH, HEIGHT), ink.WHITE)
    draw = ImageDraw.Draw(picture)
    draw.rectangle((0, 0, WIDTH, HEADER), fill=brand)
    ink.centred(
        draw,
        ink.fitting(shop.name, WIDTH - 80, 36, "Bold"),
        (WIDTH // 2, HEADER // 2),
        ink.font(36, "Bold"),
        ink.readable_on(brand),
    )
    title_size = 34
    ink.centred(
        draw,
        ink.fitting(title, WIDTH - 80, title_size, "Bold"),
        (WIDTH // 2, 168),
        ink.font(title_size, "Bold"),
        ink.INK,
    )
    picture.paste(ink.qr(content, QR_SIDE), ((WIDTH - QR_SIDE) // 2, 206))
    size = 46 if len(code) <= 12 else 40
    ink.centred(
        draw, ink.fitting(code, WIDTH - 60, size, "Bold"), (WIDTH // 2, 664), ink.font(size, "Bold"), ink.INK
    )
    ink.centred(draw, ink.fitting(note, WIDTH - 60, 26), (WIDTH // 2, 734), ink.font(26), ink.GREY)
    return ink.png(picture)
