"""Whether points rise with time, and how fast, without trusting any single one.

Mann (1945) and Kendall's test, its variance after Hamed and Rao (1998, Journal of
Hydrology 204, 182-196) because neighbouring points resemble each other, and the
slope of Theil and Sen with Sen's interval (1968, JASA 63, 1379-1389).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from leakgui.analysis.trend import Rate
from leakgui.model.recording import Floats

_SIGNIFICANT = 1.96
"""Normal quantile of a two-sided 95 % interval."""
_LEAST_VARIANCE_FACTOR = 0.2
_MOST_CORRELATION = 0.8


@dataclass(frozen=True, slots=True)
class RankTest:
    """How surely points rise (standard score) and how steadily (-1 to 1)."""

    score: float
    tau: float


@lru_cache(maxsize=64)
def _pairs(number: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    early, late = np.triu_indices(number, 1)
    return early, late


def rank_rise(time: Floats, value: Floats) -> RankTest:
    """Test for a rise; fewer than three points, or equal ones, show none."""
    number = len(value)
    if number < 3:
        return RankTest(0.0, 0.0)
    early, late = _pairs(number)
    rise = float(np.sign(value[late] - value[early]).sum())
    variance = _variance(value) * _variance_factor(time, value)
    if rise == 0 or variance <= 0:
        return RankTest(0.0, 0.0)
    score = (rise - math.copysign(1.0, rise)) / math.sqrt(variance)
    return RankTest(score, rise / len(early))


def _variance(value: Floats) -> float:
    """Variance of Kendall's sum for independent points, ties allowed for."""
    number = len(value)
    _, ties = np.unique(value, return_counts=True)
    tied = float((ties * (ties - 1) * (2 * ties + 5)).sum())
    return (number * (number - 1) * (2 * number + 5) - tied) / 18


def _variance_factor(time: Floats, value: Floats) -> float:
    """Hamed and Rao's correction from the ranks of the detrended points."""
    number = len(value)
    left = value - theil_sen(time, value) * (time - time[0])
    ranks = _ranks(left)
    centred = ranks - ranks.mean()
    power = float(centred @ centred)
    if power == 0:
        return 1.0
    total = 0.0
    for lag in range(1, number // 3 + 1):
        likeness = float(centred[:-lag] @ centred[lag:]) / power
        if abs(likeness) > _SIGNIFICANT / math.sqrt(number):
            rest = number - lag
            total += rest * (rest - 1) * (rest - 2) * likeness
    factor = 1 + 2 * total / (number * (number - 1) * (number - 2))
    return max(factor, _LEAST_VARIANCE_FACTOR)


def _ranks(value: Floats) -> Floats:
    """Return ranks from 1; equal values share their mean rank."""
    _, place, ties = np.unique(value, return_inverse=True, return_counts=True)
    last = np.cumsum(ties)
    ranks: Floats = (last - (ties - 1) / 2)[place]
    return ranks


def theil_sen(time: Floats, value: Floats) -> float:
    """Return the median slope over all pairs; 0 for fewer than two points."""
    slopes = _slopes(time, value)
    return float(np.median(slopes)) if len(slopes) else 0.0


def _slopes(time: Floats, value: Floats) -> Floats:
    early, late = _pairs(len(value))
    slopes: Floats = (value[late] - value[early]) / (time[late] - time[early])
    return slopes


def fit_rate(time: Floats, value: Floats) -> Rate | None:
    """Fit the recent rate with its interval; None for fewer than two points.

    All points below 8, the recent two thirds below 16, else the recent half. The
    interval is widened where what the line leaves over is correlated.
    """
    first = _recent_from(len(value))
    time, value = time[first:], value[first:]
    slopes = np.sort(_slopes(time, value))
    if len(slopes) == 0:
        return None
    middle = float(np.median(slopes))
    left = value - middle * (time - time[0])
    correlation = min(_lag_one(left), _MOST_CORRELATION)
    widening = math.sqrt((1 + correlation) / (1 - correlation))
    reach = (
        _SIGNIFICANT
        * math.sqrt(_variance(np.arange(len(value), dtype=np.float64)))
        * widening
    )
    low = math.floor((len(slopes) - reach) / 2)
    high = math.ceil((len(slopes) + reach) / 2)
    return Rate(
        per_s=middle,
        low_per_s=float(slopes[max(low, 0)]),
        high_per_s=float(slopes[min(high, len(slopes) - 1)]),
    )


def _recent_from(number: int) -> int:
    if number < 8:
        return 0
    return number // 3 if number < 16 else number // 2


def _lag_one(value: Floats) -> float:
    """Correlation of neighbours, never below 0."""
    centred = value - value.mean()
    power = float(centred @ centred)
    if power == 0:
        return 0.0
    return max(float(centred[:-1] @ centred[1:]) / power, 0.0)
