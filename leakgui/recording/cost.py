"""What watching costs, measured and not estimated."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass

from leakgui.model.metric import Tier

_WINDOW_S = 30.0
# The first seconds read everything once: they say little of what the rest will cost.
FIRST_LOOK_S = 10.0
LOOK_EVERY_S = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What watching costs, measured."""

    share_of_core: float
    """Processor time of the recorder's threads over the last half minute: 0.01 is
    1 % of one core. NaN before the first second."""
    ms_per_sample: float
    """Processor time of one tick."""
    cadence: Mapping[Tier, float]
    """Seconds between two readings of a tier that is read."""
    skipped: Mapping[Tier, str]
    """Tiers that are not read, and why."""
    missed: int = 0
    """Ticks at which nothing could be read in time."""


class CpuMeter:
    """The share of a core that some threads used, from their processor times."""

    def __init__(self) -> None:
        self._points: deque[tuple[float, float]] = deque()

    def note(self, cpu_s: float) -> None:
        """Take the processor time used so far, about once a second."""
        now_s = time.monotonic()
        if self._points and now_s - self._points[-1][0] < 1.0:
            return
        self._points.append((now_s, cpu_s))
        while now_s - self._points[0][0] > _WINDOW_S:
            self._points.popleft()

    @property
    def share(self) -> float:
        """The share over the last half minute; NaN where it is too early to say."""
        points = self._points.copy()
        if len(points) < 2:
            return float("nan")
        (from_s, from_cpu_s), (to_s, to_cpu_s) = points[0], points[-1]
        return (to_cpu_s - from_cpu_s) / (to_s - from_s)
