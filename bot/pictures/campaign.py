"""A picture of what a campaign brought: both groups' bars and the interval, as an SVG (row E6)."""

from __future__ import annotations

from html import escape

from actions.campaign_reports import CampaignReport
from shop.money import short_fen

WIDTH, HEIGHT = 640, 300
_LEFT, _RIGHT = 120, 600
_INK, _PALE = "#33312e", "#c9c4bc"


def draw(report: CampaignReport, *, colour: str) -> str:
    """The SVG's text. A member's mean spending in each group; below, the lift with its 95 % interval."""
    treated, held_out = report.figures.treated, report.figures.held_out
    highest = max(treated.mean_fen, held_out.mean_fen, 1.0)
    parts = [
        _text(20, 32, report.campaign.name, size=20, weight="bold"),
        _bar(60, "发了", treated.mean_fen, highest, f"{treated.members} 位", colour),
        _bar(108, "没发（对照）", held_out.mean_fen, highest, f"{held_out.members} 位", _PALE),
        *_interval(report, colour),
        _text(20, 282, report.in_words, size=15),
    ]
    inside = "".join(parts)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        f'aria-label="{escape(report.in_words)}" font-family="sans-serif" fill="{_INK}">'
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>{inside}</svg>\n'
    )


def _bar(y: int, name: str, mean_fen: float, highest: float, count: str, colour: str) -> str:
    width = (_RIGHT - _LEFT - 160) * mean_fen / highest
    each = f"人均 {short_fen(round(mean_fen))}，{count}"
    return (
        _text(20, y + 22, name)
        + f'<rect x="{_LEFT}" y="{y}" width="{width:.1f}" height="32" rx="3" fill="{colour}"/>'
        + _text(_LEFT + width + 8, y + 22, each)
    )


def _interval(report: CampaignReport, colour: str) -> list[str]:
    """The interval around the most likely lift, on a line with its zero; nothing where it is unknown."""
    found = report.lift
    if found.verdict in ("few", "none_held_out"):
        return []
    low, high = min(found.low_fen, 0), max(found.high_fen, 0)
    span = max(high - low, 1)

    def at(fen: int) -> float:
        return _LEFT + (_RIGHT - _LEFT) * (fen - low) / span

    y = 200
    return [
        _text(20, y + 5, "多带来"),
        f'<line x1="{_LEFT}" y1="{y}" x2="{_RIGHT}" y2="{y}" stroke="{_PALE}"/>',
        f'<line x1="{at(0):.1f}" y1="{y - 20}" x2="{at(0):.1f}" y2="{y + 20}" stroke="{_INK}"/>',
        f'<line x1="{at(found.low_fen):.1f}" y1="{y}" x2="{at(found.high_fen):.1f}" y2="{y}" '
        f'stroke="{colour}" stroke-width="8" stroke-linecap="round"/>',
        f'<circle cx="{at(found.fen):.1f}" cy="{y}" r="8" fill="{_INK}"/>',
        _text(at(0) - 4, y + 38, "0"),
        _text(max(at(found.low_fen) - 30, _LEFT), y - 26, short_fen(found.low_fen)),
        _text(min(at(found.high_fen) - 20, _RIGHT - 60), y - 26, short_fen(found.high_fen)),
    ]


def _text(x: float, y: float, said: str, *, size: int = 14, weight: str = "normal") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" font-weight="{weight}">{escape(said)}</text>'
