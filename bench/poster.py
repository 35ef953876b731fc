"""How long a referral poster and a voucher's picture take to draw (features A6, A7).

`python bench/poster.py [--times N]`: one process, one thread; the first one pays for loading the fonts.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

from rich.console import Console
from rich.table import Table

sys.path[0] = str(Path(__file__).resolve().parents[1])

from bot.pictures import cards, poster  # noqa: E402
from bot.settings import EXAMPLE_SHOP  # noqa: E402
from shop.files import load  # noqa: E402

SHOP = load(EXAMPLE_SHOP)
PLAN = poster.Plan(
    shop=SHOP.name,
    colour=SHOP.brand_colour,
    invitation="送你一份见面礼",
    inviter="林小雨 邀请你",
    newcomer_label="新朋友得",
    newcomer_gets=("¥30.00", "200 积分"),
    inviter_label="邀请人得",
    inviter_gets=("300 积分",),
    scan="长按识别二维码，来店里坐坐",
    small_print="新朋友首次到店充值或消费后到账，以门店规则为准",
    url="http://weixin.qq.com/q/02Qx5vVd9aFhD10000g07k",
)


def _milliseconds(draw: Callable[[], bytes], times: int) -> tuple[list[float], list[float], int]:
    """Each drawing's time on the clock and on the processor, and the last one's bytes."""
    taken, worked, size = [], [], 0
    for _ in range(times):
        begun, at_work = time.perf_counter(), time.process_time()
        size = len(draw())
        taken.append((time.perf_counter() - begun) * 1000)
        worked.append((time.process_time() - at_work) * 1000)
    return taken, worked, size


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=200)
    times = parser.parse_args().times
    table = Table("picture", "first", "p50", "p99", "p50 CPU", "p99 CPU", "size")
    cases: dict[str, Callable[[], bytes]] = {
        "poster, 750 × 1334, JPEG": lambda: poster.draw(PLAN),
        "voucher, 640 × 800, PNG": lambda: cards.code_card(
            SHOP, title="护手霜一支", content="K7P29QRT", code="K7P2-9QRT", note="周一(12月21日) 前到店出示"
        ),
    }
    for name, draw in cases.items():
        taken, worked, size = _milliseconds(draw, times)
        clock, cpu = (statistics.quantiles(values[1:], n=100) for values in (taken, worked))
        figures = [taken[0], clock[49], clock[98], cpu[49], cpu[98]]
        table.add_row(name, *(f"{value:.0f} ms" for value in figures), f"{size / 1024:.0f} kB")
    Console().print(table)


if __name__ == "__main__":
    main()
