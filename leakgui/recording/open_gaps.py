"""Gaps of metrics that have begun and not ended yet."""

from __future__ import annotations

from collections.abc import Callable

from leakgui.model.metric import METRICS, Tier
from leakgui.model.recording import TimeGap

_TELL_EVERY_S = 30.0

METRICS_OF_TIER = {
    tier: tuple(metric.key for metric in METRICS if metric.tier is tier)
    for tier in Tier
}


class OpenGaps:
    """Tells each gap when it begins, twice a minute while it grows, and at its end.

    The same start and metrics again mean the same gap, longer; so a recording that
    is cut off by a power failure knows of it too.
    """

    def __init__(self, tell: Callable[[TimeGap], None]) -> None:
        self._tell = tell
        self._open: dict[Tier, tuple[float, str]] = {}
        self._told_s = 0.0

    def begin(self, tier: Tier, from_s: float, now_s: float, cause: str) -> None:
        """Note that a tier is not read since ``from_s``; the first cause counts."""
        if tier not in self._open:
            self._open[tier] = (from_s, cause)
            self._tell_one(tier, now_s)

    def end(self, tier: Tier, now_s: float) -> None:
        """Note that a tier is read again."""
        if tier in self._open:
            self._tell_one(tier, now_s)
            del self._open[tier]

    def grow(self, now_s: float) -> None:
        """Tell all open gaps if it is time."""
        if now_s - self._told_s >= _TELL_EVERY_S:
            self.tell_all(now_s)

    def tell_all(self, now_s: float) -> None:
        """Tell all open gaps as long as they are now."""
        self._told_s = now_s
        for tier in self._open:
            self._tell_one(tier, now_s)

    def _tell_one(self, tier: Tier, now_s: float) -> None:
        from_s, cause = self._open[tier]
        metrics = METRICS_OF_TIER[tier]
        self._tell(TimeGap(from_s=from_s, to_s=now_s, metrics=metrics, cause=cause))
