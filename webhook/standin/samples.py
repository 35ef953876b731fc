"""Media that a demo phone sends: a picture drawn on the spot, and silence as a voice message."""

from __future__ import annotations

import io

from PIL import Image, ImageDraw

_FRAMES_PER_SECOND = 50
_NO_DATA_FRAME = b"\x7c"
_SKY, _SUN, _HILL, _MEADOW = (196, 226, 244), (255, 208, 96), (122, 170, 128), (88, 142, 104)


def sample_picture(name: str) -> bytes:
    """A small landscape as PNG; the sun's place depends on the sender's name."""
    width, height = 480, 360
    picture = Image.new("RGB", (width, height), _SKY)
    draw = ImageDraw.Draw(picture)
    sun = 60 + sum(name.encode()) % (width - 160)
    draw.ellipse((sun, 50, sun + 80, 130), fill=_SUN)
    draw.polygon([(0, 260), (130, 150), (300, 280), (0, 320)], fill=_HILL)
    draw.polygon([(160, 300), (340, 170), (width, 290), (width, 320)], fill=_HILL)
    draw.rectangle((0, 270, width, height), fill=_MEADOW)
    file = io.BytesIO()
    picture.save(file, "PNG")
    return file.getvalue()


def silent_voice(seconds: int) -> bytes:
    """An AMR file of `seconds` without sound."""
    return b"#!AMR\n" + _NO_DATA_FRAME * (_FRAMES_PER_SECOND * seconds)
