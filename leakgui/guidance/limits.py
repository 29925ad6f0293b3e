"""Which limit a process runs into first, and when."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from leakgui.analysis.forecast import Forecast, forecast
from leakgui.analysis.trend import Trend
from leakgui.guidance.examined import Evidence
from leakgui.model.finding import LimitUse, Severity
from leakgui.model.limit import LIMITS, Limit
from leakgui.model.metric import METRIC_BY_KEY

OF_MEMORY = ("cgroup", "address-space", "data", "commit", "system")
OF_HANDLES = ("handles",)
OF_THREADS = ("cgroup-threads", "user-threads", "system-threads")
OF_MAPPINGS = ("mappings", "address-space", "data", "commit")
OF_STACK = ("stack",)

EMERGENCY = 0.95
TIGHT = 0.85


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """A limit of this process with what is used of it."""

    limit: Limit
    value: float
    used: float
    """Highest use of the last cycle."""
    peak: float
    """Highest use of the whole record."""

    @property
    def share(self) -> float:
        """Used part of the limit, 0 to 1 and above."""
        return self.used / self.value

    @property
    def unit(self) -> str:
        """Unit of value and use: ``bytes`` or ``count``."""
        return METRIC_BY_KEY[self.limit.limit_metric].unit.value

    def as_limit_use(self) -> LimitUse:
        """Return it as part of a finding."""
        return LimitUse(name=self.limit.label, value=self.value, used=self.used)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """The limit that is reached first, and the next one after it."""

    usage: Usage
    forecast: Forecast
    runner_up: tuple[Usage, Forecast] | None


def usages(evidence: Evidence, keys: tuple[str, ...]) -> Iterator[Usage]:
    """Yield every limit of these keys of which both sides are known."""
    for limit in LIMITS:
        if limit.key not in keys:
            continue
        used, allowed = (
            evidence.trend(limit.used_metric),
            evidence.trend(limit.limit_metric),
        )
        if used is not None and allowed is not None and allowed.last > 0:
            yield Usage(
                limit=limit, value=allowed.last, used=used.cycle_peak, peak=used.peak
            )


def outlook(evidence: Evidence, growth: Trend, keys: tuple[str, ...]) -> Outlook | None:
    """Foretell every limit and return the soonest; None where no limit is known.

    The slope is that of the used amount itself (a whole control group grows faster
    than one process of it); where that does not grow, that of the process.
    """
    ahead = [
        (usage, _forecast(evidence, growth, usage)) for usage in usages(evidence, keys)
    ]
    if not ahead:
        return None
    ahead.sort(key=lambda pair: (pair[1].low_s, -pair[0].share))
    usage, first = ahead[0]
    return Outlook(
        usage=usage, forecast=first, runner_up=ahead[1] if len(ahead) > 1 else None
    )


def _forecast(evidence: Evidence, growth: Trend, usage: Usage) -> Forecast:
    used = evidence.trend(usage.limit.used_metric)
    slope = used if used is not None and used.is_growing else growth
    return forecast(slope, usage.used, usage.value)


def severity(ahead: Outlook | None) -> Severity:
    """Say how soon it hurts: by the earliest time and by what is used already."""
    if ahead is None:
        return Severity.LOW
    return _severity(ahead.forecast.low_s, ahead.usage.share)


def severity_of_use(usage: Usage | None) -> Severity:
    """Say how much it hurts where nothing grows: by what is used already."""
    return Severity.LOW if usage is None else _severity(math.inf, usage.share)


def severity_of_share(share: float) -> Severity:
    """Say how much it hurts that this share of a limit is used."""
    return _severity(math.inf, share)


def _severity(low_s: float, share: float) -> Severity:
    if low_s < 600 or share >= EMERGENCY:
        return Severity.CRITICAL
    if low_s < 3600 or share >= TIGHT:
        return Severity.HIGH
    return Severity.MEDIUM if low_s < 86400 else Severity.LOW


def headroom_share_a_minute(evidence: Evidence, per_s: float) -> float:
    """Return which share of the free memory a rate takes in a minute; 0 unknown."""
    free = [usage.value - usage.used for usage in usages(evidence, OF_MEMORY)]
    least = min(free, default=math.inf)
    return per_s * 60 / max(least, 1.0) if math.isfinite(least) else 0.0
