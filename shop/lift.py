"""What a campaign brought, against those who were held out of it (row E6): Welch's interval, in plain words.

The figure of a member is what he bought after he was chosen, whether or not the message reached him: chosen
and held out are then alike in everything but the campaign. A difference of means with an interval for unequal
variances (Welch 1947, degrees of freedom by Satterthwaite), times the number of members treated.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Literal

from shop import texts
from shop.model import Shop
from shop.money import short_fen

LEAST_MEMBERS = 30  # in each group: below, an interval from a normal law says too much
CONFIDENCE = 0.95

Verdict = Literal["more", "less", "unclear", "few", "none_held_out"]


@dataclass(frozen=True)
class Sample:
    """One group: how many members, the mean of their figures and its unbiased variance. Fen, fen squared."""

    count: int
    mean: float = 0.0
    variance: float = 0.0


def sample(figures: Sequence[float]) -> Sample:
    """The group of those figures, one a member; zeros count."""
    count = len(figures)
    if not count:
        return Sample(0)
    mean = math.fsum(figures) / count
    squares = math.fsum((figure - mean) ** 2 for figure in figures)
    return Sample(count, mean, squares / (count - 1) if count > 1 else 0.0)


@dataclass(frozen=True)
class Lift:
    """What the treated bought more in all, in fen, and the bounds of the 95 % interval; 0s where unknown."""

    verdict: Verdict
    treated: int
    held_out: int
    fen: int = 0
    low_fen: int = 0
    high_fen: int = 0


def lift(treated: Sample, held_out: Sample, *, confidence: float = CONFIDENCE) -> Lift:
    """The lift of a campaign; a verdict without figures where there are too few to say."""
    if not held_out.count and treated.count:
        return Lift("none_held_out", treated.count, 0)
    if min(treated.count, held_out.count) < LEAST_MEMBERS:
        return Lift("few", treated.count, held_out.count)
    low, high = interval(treated, held_out, confidence=confidence)
    scale = treated.count
    difference = treated.mean - held_out.mean
    verdict: Verdict = "more" if low > 0 else "less" if high < 0 else "unclear"
    bounds = (round(difference * scale), round(low * scale), round(high * scale))
    return Lift(verdict, treated.count, held_out.count, *bounds)


def interval(one: Sample, other: Sample, *, confidence: float = CONFIDENCE) -> tuple[float, float]:
    """Welch's interval of the difference of two means, each group of two members or more."""
    parts = (one.variance / one.count, other.variance / other.count)
    difference, error = one.mean - other.mean, math.sqrt(sum(parts))
    if error == 0.0:
        return difference, difference
    freedom = sum(parts) ** 2 / sum(
        part**2 / (group.count - 1) for part, group in zip(parts, (one, other), strict=True)
    )
    reach = student_quantile((1 + confidence) / 2, freedom) * error
    return difference - reach, difference + reach


def student_quantile(probability: float, freedom: float) -> float:
    """The quantile of Student's t by its expansion around the normal one; to 0.001 from 5 degrees on.

    The coefficients are those of Abramowitz and Stegun, 26.7.5.
    """
    z = NormalDist().inv_cdf(probability)
    terms = (
        (z**3 + z) / 4,
        (5 * z**5 + 16 * z**3 + 3 * z) / 96,
        (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384,
        (79 * z**9 + 776 * z**7 + 1482 * z**5 - 1920 * z**3 - 945 * z) / 92160,
    )
    return z + sum(term / freedom**power for power, term in enumerate(terms, start=1))


def in_words(shop: Shop, found: Lift) -> str:
    """“多带来约 ¥3,200，可能在 ¥1,100–5,400 之间”, “看不出差别…”, or that there are too few to say."""
    if found.verdict == "few":
        return texts.say(
            shop, "lift_few", treated=found.treated, held_out=found.held_out, least=LEAST_MEMBERS
        )
    if found.verdict == "none_held_out":
        return texts.say(shop, "lift_none_held_out")
    low, high = found.low_fen, found.high_fen
    if found.verdict == "unclear":
        return texts.say(shop, "lift_unclear", low=_signed(low), high=_signed(high))
    if found.verdict == "less":
        low, high = -high, -low
    return texts.say(
        shop,
        f"lift_{found.verdict}",
        most_likely=_about(abs(found.fen)),
        low=_about(low),
        high=_about(high).removeprefix("¥"),
    )


def _about(amount_fen: int) -> str:
    """The first two figures: nobody knows it more exactly."""
    yuan = amount_fen / 100
    if yuan < 1:
        return "¥1"
    digits = max(math.floor(math.log10(yuan)) - 1, 0)
    return f"¥{round(yuan, -digits):,.0f}"


def _signed(amount_fen: int) -> str:
    if amount_fen == 0:
        return short_fen(0)
    return ("少 " if amount_fen < 0 else "多 ") + _about(abs(amount_fen))
