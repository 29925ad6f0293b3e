"""The evidence as the rules see it: every series examined, each at most once."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

import numpy as np

from leakgui.analysis.cells import Cells
from leakgui.analysis.floor import examine
from leakgui.analysis.trend import LEAST_SAMPLES, Trend
from leakgui.guidance.evidence import Observed
from leakgui.guidance.heap_history import HeapHistory, heap_history
from leakgui.model.limit import LIMITS
from leakgui.model.metric import METRIC_BY_KEY, Group
from leakgui.model.recording import Floats

MEMORY: tuple[str, ...] = ("uss_bytes", "anon_bytes", "rss_bytes")
"""What a program holds for itself, the most exact first."""
_WELL_SAMPLED = 96
_MUCH_BETTER = 4
_USED_METRICS = frozenset(limit.used_metric for limit in LIMITS)


class Evidence:
    """Observed series and their trends. Nothing in it changes what was observed."""

    def __init__(self, observed: Observed) -> None:
        self.observed = observed
        self._trends: dict[str, Trend] = {}

    @cached_property
    def heap(self) -> HeapHistory:
        """What was seen of the native heap; empty where nobody looked."""
        return heap_history(self.observed)

    def cells(self, key: str) -> Cells | None:
        """Return a series, or None where it was never read."""
        found = self.observed.cells.get(key)
        return found if found is not None and len(found) else None

    def trend(self, key: str) -> Trend | None:
        """Return what a series does, or None where it was never read."""
        cells = self.cells(key)
        if cells is None or key not in METRIC_BY_KEY:
            return None
        if key not in self._trends:
            self._trends[key] = examine(cells, METRIC_BY_KEY[key].unit)
        return self._trends[key]

    def grows(self, key: str) -> bool:
        """Whether a series was read and grows."""
        trend = self.trend(key)
        return trend is not None and trend.is_growing

    def rise(self, key: str, over: Trend) -> float:
        """Return how much a series rose over the judged time of a trend; 0 unknown."""
        cells = self.cells(key)
        if cells is None:
            return 0.0
        ends = np.array([over.judged_from_s, over.judged_to_s])
        before, after = cells.level_at(ends)
        return float(after - before)

    def levels(self, key: str, times: Floats) -> Floats | None:
        """Return a series at these times, or None where it was never read."""
        cells = self.cells(key)
        return None if cells is None else cells.level_at(times)

    def judged_keys(self) -> Iterator[str]:
        """Yield the metrics that are judged, in the order of the table of metrics."""
        for key, metric in METRIC_BY_KEY.items():
            is_limit = metric.group is Group.LIMITS and key not in _USED_METRICS
            if not metric.is_cumulative and not is_limit and self.cells(key):
                yield key

    def growing_memory(self) -> str | None:
        """Return the memory metric that grows, or None.

        The most exact one with enough samples decides; one that was read rarely
        gives way to one that was read far more often.
        """
        key = next((k for k in MEMORY if self._samples(k) >= LEAST_SAMPLES), None)
        if key is not None and self.grows(key):
            return key
        finer = self.clearest_memory()
        if finer is not None and self.grows(finer):
            return finer
        return "swap_bytes" if self._is_swapped_growth(finer) else None

    def private_growth(self, span_s: float, *, is_least: bool = False) -> float | None:
        """Return the bytes that growing memory gains in so long; None: it is level.

        ``is_least`` takes the low end of the rate's interval.
        """
        key = self.growing_memory()
        trend = self.trend(key) if key else None
        if trend is None or trend.rate is None:
            return None
        per_s = trend.rate.low_per_s if is_least else trend.rate.per_s
        return max(per_s, 0.0) * span_s

    def clearest_memory(self) -> str | None:
        """Return the memory metric whose shape shows best, or None without any."""
        known = [key for key in MEMORY if self._samples(key) > 0]
        for place, key in enumerate(known):
            samples = self._samples(key)
            better = (_MUCH_BETTER * samples <= self._samples(k) for k in known[place:])
            if samples >= _WELL_SAMPLED or not any(better):
                return key
        return None

    def main_key(self) -> str | None:
        """Return the series that health is told by: memory, else what there is."""
        key = self.clearest_memory()
        if key is not None:
            return key
        judged = list(self.judged_keys())
        for preferred in ("handles", "threads"):
            if preferred in judged:
                return preferred
        return judged[0] if judged else None

    def _is_swapped_growth(self, resident: str | None) -> bool:
        """Memory moved to swap grows, and not only because resident memory fell."""
        swap = self.trend("swap_bytes")
        if swap is None or not swap.is_growing or resident is None:
            return False
        return self.rise(resident, swap) > -0.5 * swap.retained

    def _samples(self, key: str) -> int:
        cells = self.cells(key)
        return 0 if cells is None else cells.samples
