"""When a series that rises reaches a limit."""

from __future__ import annotations

import math
from dataclasses import dataclass

from leakgui.analysis.trend import Trend

_FARTHEST = 100.0
"""Nothing is foretold beyond so many times what was observed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """Seconds until a limit, from its earliest to its latest; inf means never."""

    headroom: float
    """What the limit leaves above the highest value of the last cycle."""
    eta_s: float
    low_s: float
    high_s: float

    @property
    def is_in_sight(self) -> bool:
        """Whether there is a time to name at all."""
        return math.isfinite(self.eta_s)


def forecast(growth: Trend, cycle_peak: float, limit: float) -> Forecast:
    """Divide the headroom by the rate of a growing series and by its interval.

    ``cycle_peak`` and ``limit`` are in the unit of the growing series. Growth that
    speeds up is also continued as an exponential, and the sooner time counts.
    """
    headroom = max(limit - cycle_peak, 0.0)
    rate = growth.rate
    if rate is None or rate.per_s <= 0:
        return Forecast(
            headroom=headroom, eta_s=math.inf, low_s=math.inf, high_s=math.inf
        )
    eta_s = _sooner(growth, headroom, rate.per_s)
    low_s = min(_sooner(growth, headroom, rate.high_per_s), eta_s)
    high_s = max(_sooner(growth, headroom, rate.low_per_s), eta_s)
    farthest_s = _FARTHEST * growth.span_s
    return Forecast(
        headroom=headroom,
        eta_s=eta_s if eta_s <= farthest_s else math.inf,
        low_s=low_s if eta_s <= farthest_s else math.inf,
        high_s=high_s if high_s <= farthest_s else math.inf,
    )


def _sooner(growth: Trend, headroom: float, per_s: float) -> float:
    if per_s <= 0:
        return math.inf
    straight_s = headroom / per_s
    pace = _pace_per_s(growth)
    if pace <= 0:
        return straight_s
    return min(straight_s, math.log1p(pace * headroom / per_s) / pace)


def _pace_per_s(growth: Trend) -> float:
    """Return the exponent that the slopes of the two halves tell; 0 where steady."""
    rate, early = growth.rate, growth.early_rate_per_s
    if not growth.is_accelerating or rate is None or early <= 0:
        return 0.0
    between_s = max(growth.judged_to_s - growth.judged_from_s, 1e-9) / 2
    return max(math.log(rate.per_s / early) / between_s, 0.0)
