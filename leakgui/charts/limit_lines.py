"""The limits that concern one plot, as lines or as arrows to what lies above."""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import dataclass

from leakgui.charts.source import PlotSource
from leakgui.charts.value_range import is_limit_in_sight
from leakgui.model.limit import LIMITS


@dataclass(frozen=True, slots=True)
class LimitLine:
    """One limit at its latest value."""

    name: str
    value: float
    is_in_sight: bool
    """Drawn as a line; otherwise named by an arrow at the upper edge."""


def limits_for(
    source: PlotSource, shown: Collection[str], low: float, high: float
) -> list[LimitLine]:
    """Return the limits of the shown metrics for data between ``low`` and ``high``.

    Of the limits that lie far above only the nearest is kept.
    """
    lines = [
        LimitLine(limit.label, value, is_limit_in_sight(value, low, high))
        for limit in LIMITS
        if limit.plot_metric in shown
        and (value := _latest(source, limit.limit_metric)) is not None
    ]
    near = [line for line in lines if line.is_in_sight]
    far = sorted(
        (line for line in lines if not line.is_in_sight), key=lambda line: line.value
    )
    return near + far[:1]


def _latest(source: PlotSource, key: str) -> float | None:
    envelope = source.envelope(key)
    last = envelope.last if envelope is not None else None
    if last is None or not math.isfinite(last[1]) or last[1] <= 0:
        return None
    return last[1]
