"""What the metrics of one plot read at a moment, and which are worth a place."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from leakgui.charts.curves import gaps_of
from leakgui.charts.rows import Row
from leakgui.charts.source import PlotSource, RecordedSource
from leakgui.model.recording import TimeGap

_SCAN_POINTS = 16


class RowValues:
    """Reads the metrics of one row of one source."""

    def __init__(self, row: Row, source: PlotSource) -> None:
        self._row = row
        self._source = source
        self._scanned: set[str] = set()
        self._positive: set[str] = set()
        self._known_gaps: dict[str, list[TimeGap]] = {}
        self._gaps_state: object = None

    @property
    def is_finished(self) -> bool:
        """Whether no more readings can come."""
        return isinstance(self._source, RecordedSource)

    def listed(self, chosen: Sequence[str]) -> tuple[str, ...]:
        """Return the metrics of the legend: main, ever above zero, denied, chosen."""
        wanted = {
            self._row.main,
            *(key for key in self._row.listed if self._is_worth_a_place(key)),
            *chosen,
        }
        return tuple(key for key in self._row.metrics if key in wanted)

    def offered(self) -> tuple[str, ...]:
        """Return the optional metrics that this source has."""
        known = set(self._source.keys())
        return tuple(key for key in self._row.optional if key in known)

    def _is_worth_a_place(self, key: str) -> bool:
        if key not in self._positive and self._was_positive(key):
            self._positive.add(key)
        return key in self._positive or bool(self.missing_because(key))

    def _was_positive(self, key: str) -> bool:
        envelope = self._source.envelope(key)
        last = envelope.last if envelope is not None else None
        if envelope is None or last is None:
            return False
        if key in self._scanned:  # once the past is known, only the newest can change
            return last[1] > 0
        self._scanned.add(key)
        strip = envelope.between(0.0, last[0], _SCAN_POINTS)
        return bool(np.any(strip.high > 0))

    def missing_because(self, key: str) -> str:
        """Return why a metric has no reading at all; empty where it has some."""
        envelope = self._source.envelope(key)
        if envelope is not None and envelope.last is not None:
            return ""
        named = [gap.cause for gap in self._source.gaps if key in gap.metrics]
        return named[-1] if named else ""

    def at(self, key: str, elapsed_s: float | None) -> float | None:
        """Return the reading at a moment, or the latest; None where it is unknown."""
        envelope = self._source.envelope(key)
        last = envelope.last if envelope is not None else None
        if envelope is None or last is None:
            return None
        if elapsed_s is None:
            ended = any(gap.from_s >= last[0] for gap in self.gaps(key))
            return None if ended else last[1]
        if any(gap.from_s < elapsed_s < gap.to_s for gap in self.gaps(key)):
            return None
        return envelope.value_at(elapsed_s)

    def change(self, key: str, from_s: float, to_s: float) -> float | None:
        """Return how much a metric changed between two moments."""
        first, last = self.at(key, from_s), self.at(key, to_s)
        return None if first is None or last is None else last - first

    def gaps(self, key: str) -> list[TimeGap]:
        """Return the gaps of a metric, sorted out once until another one comes."""
        gaps = self._source.gaps
        state = (len(gaps), gaps[-1] if gaps else None)
        if state != self._gaps_state:
            self._gaps_state = state
            self._known_gaps.clear()
        if key not in self._known_gaps:
            self._known_gaps[key] = gaps_of(key, gaps)
        return self._known_gaps[key]
