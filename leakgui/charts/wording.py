"""What a plot shows, said in words."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from leakgui.analysis.envelope import Strip
from leakgui.charts.ticks import clock
from leakgui.formatting import (
    UNKNOWN,
    format_bytes,
    format_change,
    format_duration,
    format_rate,
    format_value,
)
from leakgui.model.metric import Metric, Unit
from leakgui.model.recording import Floats
from leakgui.texts import say

_RATE_SPANS = (("s", 1.0), ("min", 60.0), ("h", 3600.0), ("day", 86400.0))
_LEVEL_SHARE = 0.02
_BLOCKS = 8


@dataclass(frozen=True, slots=True)
class Wording:
    """Values as text, in binary units or decimal ones, never both."""

    decimal: bool = False

    def value(self, value: float | None, unit: Unit) -> str:
        if unit is Unit.BYTES:
            return format_bytes(value, decimal=self.decimal)
        return format_value(value, unit)

    def change(self, value: float | None, unit: Unit) -> str:
        if not self.decimal or unit is not Unit.BYTES or not value:
            return format_change(value, unit)
        if math.isnan(value):
            return UNKNOWN
        return ("+" if value > 0 else "") + format_bytes(value, decimal=True)

    def rate(self, per_s: float | None, unit: Unit) -> str:
        if not self.decimal or unit is not Unit.BYTES or per_s is None:
            return format_rate(per_s, unit)
        for name, length in _RATE_SPANS:
            if abs(per_s * length) >= 1 or name == "day":
                return f"{self.change(per_s * length, unit)}/{name}"
        return UNKNOWN


def describe_curve(
    metric: Metric, strip: Strip, started_unix_s: float, words: Wording
) -> str:
    """Say from where to where one curve goes, how, how fast, and when it was highest.

    Like ``RSS, last 10 min: from 312 MiB to 331 MiB, rising steadily, +1.90 MiB per
    min, highest 331 MiB at 14:02:11.``
    """
    known = ~(np.isnan(strip.low) | np.isnan(strip.high))
    times, low, high = strip.elapsed_s[known], strip.low[known], strip.high[known]
    label = say(metric.label)
    if not len(times):
        return say("{label}: no readings.", label=label)
    span_s = float(times[-1] - times[0])
    top = int(np.argmax(high))
    change = float(high[-1] - low[0])
    return say(
        "{label}, {span}: from {first} to {last}, {shape}, {rate}, highest {most} at "
        "{time}.",
        label=label,
        span=format_duration(span_s),
        first=words.value(float(low[0]), metric.unit),
        last=words.value(float(high[-1]), metric.unit),
        shape=say(shape_of(low, high)),
        rate=_rate(change, span_s, metric.unit, words),
        most=words.value(float(high[top]), metric.unit),
        time=clock(started_unix_s + float(times[top])),
    )


def _rate(change: float, span_s: float, unit: Unit, words: Wording) -> str:
    if span_s <= 0 or change == 0:
        return say("no change")
    return words.rate(change / span_s, unit).replace("/", say(" per "))


def shape_of(low: Floats, high: Floats) -> str:
    """Return ``level``, ``rising steadily``, ``falling``, ... for a curve."""
    blocks = [
        float(block.min()) for block in np.array_split(low, _BLOCKS) if len(block)
    ]
    change, extent = blocks[-1] - blocks[0], float(high.max() - low.min())
    if extent <= max(abs(float(high.max())) * _LEVEL_SHARE, 1.0):
        return "level"
    if abs(change) < extent / 4:
        return "rising and falling"
    steps = np.diff(blocks) * math.copysign(1.0, change)
    is_steady = len(blocks) > 2 and bool((steps > 0).all())
    direction = "rising" if change > 0 else "falling"
    return f"{direction} steadily" if is_steady else direction
