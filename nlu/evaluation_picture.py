"""The reliability curve as an SVG picture, drawn by hand: forty lines need no plotting library."""

from __future__ import annotations

from collections.abc import Sequence

from nlu.evaluation import Bin

SIDE = 360
MARGIN = 48


def _x(share: float) -> float:
    return MARGIN + share * SIDE


def _y(share: float) -> float:
    return MARGIN + (1 - share) * SIDE


def _axes() -> list[str]:
    parts = [
        f'<rect x="{_x(0)}" y="{_y(1)}" width="{SIDE}" height="{SIDE}" fill="#fafafa" stroke="#999"/>',
        f'<line x1="{_x(0)}" y1="{_y(0)}" x2="{_x(1)}" y2="{_y(1)}" stroke="#bbb" stroke-dasharray="5 4"/>',
    ]
    for tenth in range(0, 11, 2):
        share = tenth / 10
        parts.append(f'<text x="{_x(share)}" y="{_y(0) + 18}" text-anchor="middle">{share:.1f}</text>')
        parts.append(f'<text x="{_x(0) - 8}" y="{_y(share) + 4}" text-anchor="end">{share:.1f}</text>')
    parts.append(f'<text x="{_x(0.5)}" y="{_y(0) + 38}" text-anchor="middle">confidence</text>')
    parts.append(f'<text x="{_x(0)}" y="{_y(1) - 12}">share that was right</text>')
    return parts


def reliability_svg(bins: Sequence[Bin], title: str) -> str:
    """Points above the dashed line: the model is right more often than it says. Areas grow with counts."""
    largest = max((one.count for one in bins), default=1)
    points = " ".join(f"{_x(one.mean_confidence):.1f},{_y(one.accuracy):.1f}" for one in bins)
    parts = [*_axes(), f'<polyline points="{points}" fill="none" stroke="#0a7d55" stroke-width="2"/>']
    for one in bins:
        radius = 3 + 9 * (one.count / largest) ** 0.5
        parts.append(
            f'<circle cx="{_x(one.mean_confidence):.1f}" cy="{_y(one.accuracy):.1f}" r="{radius:.1f}" '
            f'fill="#0a7d55" fill-opacity="0.5"><title>{one.count} sentences</title></circle>'
        )
    size = SIDE + 2 * MARGIN
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size} {size + 10}" '
        'font-family="sans-serif" font-size="12">'
        f'<text x="{_x(0.5)}" y="18" text-anchor="middle" font-weight="bold">{title}</text>'
        f"{''.join(parts)}</svg>\n"
    )
