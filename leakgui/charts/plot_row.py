"""One plot of the stack with its header, its strip of flags and its limits."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from leakgui.charts.curves import as_line, broken_at, gaps_of, is_slow
from leakgui.charts.header import Header
from leakgui.charts.limit_lines import LimitLine, limits_for
from leakgui.charts.marker_strip import MarkerStrip
from leakgui.charts.markers import Marker, visible_markers
from leakgui.charts.palette import style_of
from leakgui.charts.row_values import RowValues
from leakgui.charts.rows import Row, metric_of
from leakgui.charts.source import PlotSource
from leakgui.charts.time_plot import TimePlot
from leakgui.charts.time_window import TimeWindow
from leakgui.charts.value_range import Range, fitting_range, next_range
from leakgui.charts.wording import Wording, describe_curve
from leakgui.model.recording import EventKind
from leakgui.texts import say

_LATEST_S = 2.0
"""A spike is seen so soon, even where a pixel stands for minutes."""
_OVERLAY_ALPHA = 90
_LABEL_PX = 16.0
_MOST_ROOM = 0.4
_DESCRIBED_POINTS = 256

Extent = tuple[float, float]


class PlotRow(QWidget):
    """Draws one row of metrics; the stack says of what and when."""

    shown_changed = Signal()

    def __init__(self, row: Row, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.row = row
        self.header = Header(row)
        self.strip = MarkerStrip()
        self.plot = TimePlot(row.unit)
        self.plot.setAccessibleName(say("Plot: {title}", title=say(row.title)))
        self.words = Wording()
        self._values: RowValues | None = None
        self._drawn: dict[str, tuple[object, Extent | None]] = {}
        self._is_dark = False
        self._line_width: int | None = None
        self.header.shown_changed.connect(self.fit_anew)
        self.header.shown_changed.connect(self.shown_changed)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        for part in (self.header, self.strip):
            column.addWidget(part)
        column.addWidget(self.plot, 1)
        self.set_open(is_open=row.is_open)

    @property
    def is_open(self) -> bool:
        return not self.plot.isHidden()

    def set_open(self, *, is_open: bool) -> None:
        """Show the plot, or only the header line with its readings."""
        self.plot.setVisible(is_open)
        self.header.set_open(is_open=is_open)
        if not is_open:
            self.strip.hide()

    def set_dark(self, dark: bool) -> None:
        self._is_dark = dark
        self.header.set_dark(dark)
        self.plot.set_dark(dark)
        self.strip.set_ground(self.plot.decor.ground)
        self._drawn.clear()

    def set_line_width(self, pixels: int) -> None:
        """Draw curves so many device pixels wide, whatever the screen."""
        self._line_width = pixels
        self._drawn.clear()

    def set_source(self, source: PlotSource | None) -> None:
        """Forget the old curves; nothing is drawn until the next refresh."""
        self._values = RowValues(self.row, source) if source is not None else None
        self._drawn.clear()
        self.plot.values = None
        for key in self.plot.curve_keys():
            self.plot.remove_curve(key)
        if source is not None:
            self.plot.set_start(source.started_unix_s)

    def fit_anew(self) -> None:
        """Fit the value axis to the data at the next drawing, however it was."""
        self.plot.values = None

    def has_readings(self, source: PlotSource) -> bool:
        """Whether any metric of this row was ever read."""
        envelopes = (source.envelope(key) for key in self.row.metrics)
        return any(envelope is not None and len(envelope) for envelope in envelopes)

    def say_nothing(self, message: str) -> None:
        """Show a line of text instead of curves."""
        self.header.offer_metrics(())
        self.header.list_metrics(())
        self.plot.decor.message = message
        self.plot.redraw()

    def list_metrics(self) -> None:
        """Bring legend and menu up to date with what the source has by now."""
        if self._values is not None:
            self.header.offer_metrics(self._values.offered())
            self.header.list_metrics(self._values.listed(self.header.chosen_metrics()))

    def draw(
        self, source: PlotSource, window: TimeWindow, overlays: Sequence[PlotSource]
    ) -> None:
        """Draw the curves of a part of time, and fit the value axis to them."""
        shown = self.header.shown_metrics()
        self.plot.show_times(window.from_s, window.to_s)
        names = {key: (source, key) for key in shown}
        for number, earlier in enumerate(overlays):
            names |= {f"{key} {number}": (earlier, key) for key in shown}
        for name in self.plot.curve_keys():
            if name not in names:
                self.plot.remove_curve(name)
                self._drawn.pop(name, None)
        extents = [
            self._draw_curve(name, *origin, window) for name, origin in names.items()
        ]
        self._fit(source, shown, [extent for extent in extents if extent is not None])
        self._say_what_is_missing()

    def _draw_curve(
        self, name: str, source: PlotSource, key: str, window: TimeWindow
    ) -> Extent | None:
        """Draw one curve unless no pixel of it can differ; return its extent."""
        envelope = source.envelope(key)
        if envelope is None:
            return None
        width = self.plot.width_px()
        due_s = min(window.shown_s / width, _LATEST_S)
        newest = math.floor((envelope.last or (0.0, 0.0))[0] / due_s)
        state = (newest, window.from_s, window.to_s, width, len(source.gaps))
        known = self._drawn.get(name)
        if known is not None and known[0] == state:
            return known[1]
        strip = envelope.between(window.from_s, window.to_s, width)
        curve = self.plot.curve(name)
        if known is None:
            curve.setPen(self._pen(key, is_overlay=name != key))
        own_gaps = gaps_of(key, source.gaps)
        curve.show_line(*broken_at(*as_line(strip, in_steps=is_slow(key)), own_gaps))
        extent = _extent(strip.low, strip.high)
        self._drawn[name] = state, extent
        return extent

    def _pen(self, key: str, *, is_overlay: bool) -> object:
        pen = style_of(key).pen(self._is_dark)
        # A cosmetic pen counts device pixels, too thin where these are small.
        pen.setWidth(self._line_width or max(round(self.devicePixelRatioF()), 1))
        if is_overlay:
            faint = pen.color()
            faint.setAlpha(_OVERLAY_ALPHA)
            pen.setColor(faint)
        return pen

    def _fit(
        self, source: PlotSource, shown: Sequence[str], extents: Sequence[Extent]
    ) -> None:
        if not extents:
            self.plot.decor.limits = ()
            self.plot.show_no_values()
            return
        low, high = min(e[0] for e in extents), max(e[1] for e in extents)
        limits = limits_for(source, shown, low, high)
        top = max([high, *(line.value for line in limits if line.is_in_sight)])
        wanted = fitting_range(low, top, self.row.unit)
        roomy = self._with_room(wanted, limits, high)
        needed = top + roomy[1] - wanted[1]
        self.plot.show_values(next_range(self.plot.values, low, needed, roomy))
        self.plot.decor.limits = [(line, self._limit_text(line)) for line in limits]

    def _with_room(
        self, wanted: Range, limits: Sequence[LimitLine], high: float
    ) -> Range:
        """Leave room at the top for the labels of limits, so that none hides data."""
        labels = sum(not line.is_in_sight for line in limits)
        labels += any(line.is_in_sight and line.value > high for line in limits)
        height = max(self.plot.area().rect.height(), 1.0)
        share = min(labels * _LABEL_PX / height, _MOST_ROOM)
        return wanted[0], wanted[1] + (wanted[1] - wanted[0]) * share / (1 - share)

    def _limit_text(self, line: LimitLine) -> str:
        text = say(
            "limit {value} · {name}",
            value=self.words.value(line.value, self.row.unit),
            name=say(line.name),
        )
        return text if line.is_in_sight else f"{text} ↑"

    def _say_what_is_missing(self) -> None:
        if self._values is None:
            return
        decor = self.plot.decor
        decor.gaps = self._values.gaps(self.row.main)
        decor.message = ""
        if all(extent is None for _, extent in self._drawn.values()):
            decor.message = self._why_nothing(self._values)

    def _why_nothing(self, values: RowValues) -> str:
        cause = values.missing_because(self.row.main)
        if cause:
            return say("n/a: {cause}", cause=cause)
        if values.is_finished:
            return say("No readings")
        return say("Waiting for the first reading")

    def show_markers(
        self, markers: Sequence[Marker], window: TimeWindow, *, with_labels: bool
    ) -> None:
        """Draw the lines of markers; the first open row has their labels too."""
        area = self.plot.area()
        near = visible_markers(
            markers, window.from_s, window.to_s, max(area.rect.width(), 1.0)
        )
        ended = EventKind.TARGET_ENDED
        decor = self.plot.decor
        decor.markers = [m.elapsed_s for m in near if m.kind is not ended]
        decor.ends = [m.elapsed_s for m in near if m.kind is ended]
        self.strip.setVisible(with_labels and self.is_open)
        self.strip.show_markers(near, area)

    def show_readings(self, elapsed_s: float | None) -> None:
        """Write values at a moment, or the latest ones, into the legend."""
        for key, entry in self.header.entries.items():
            value = self._values.at(key, elapsed_s) if self._values else None
            entry.set_reading(self.words.value(value, self.row.unit))
            cause = self._values.missing_because(key) if self._values else ""
            entry.set_note(say("n/a: {cause}", cause=cause) if cause else "")

    def show_changes(self, from_s: float, to_s: float) -> None:
        """Write what changed between two moments into the legend."""
        for key, entry in self.header.entries.items():
            change = self._values.change(key, from_s, to_s) if self._values else None
            entry.set_reading(self.words.change(change, self.row.unit))

    def change_text(self, from_s: float, to_s: float) -> str:
        """Say how much and how fast the first shown metric changed."""
        shown = self.header.shown_metrics()
        if not shown or self._values is None or to_s <= from_s:
            return ""
        change = self._values.change(shown[0], from_s, to_s)
        text = f"{say(metric_of(shown[0]).label)} "
        text += self.words.change(change, self.row.unit)
        if change:
            rate = self.words.rate(change / (to_s - from_s), self.row.unit)
            text += f" ({rate})"
        return text

    def describe(self, source: PlotSource, window: TimeWindow) -> str:
        """Say in words what the main metric does in the shown part of time."""
        envelope = source.envelope(self.row.main)
        metric = metric_of(self.row.main)
        if envelope is None or not len(envelope):
            label = say(metric.label)
            cause = RowValues(self.row, source).missing_because(self.row.main)
            return say(
                "{label}: n/a, {cause}.",
                label=label,
                cause=cause or say("no readings yet"),
            )
        strip = envelope.between(window.from_s, window.to_s, _DESCRIBED_POINTS)
        return describe_curve(metric, strip, source.started_unix_s, self.words)


def _extent(low: np.ndarray, high: np.ndarray) -> Extent | None:
    known_low, known_high = low[np.isfinite(low)], high[np.isfinite(high)]
    if not len(known_low) or not len(known_high):
        return None
    return float(known_low.min()), float(known_high.max())
