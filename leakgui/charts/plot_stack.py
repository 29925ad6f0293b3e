"""Every plot of one process above the others, over one time axis."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from time import monotonic

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from leakgui.charts.cursor import Cursor
from leakgui.charts.gestures import Gestures
from leakgui.charts.markers import Marker, markers_of
from leakgui.charts.plot_row import PlotRow
from leakgui.charts.readout import Readout
from leakgui.charts.rows import ROWS, Row
from leakgui.charts.source import PlotSource, RecordedSource
from leakgui.charts.time_window import TimeWindow
from leakgui.charts.wording import Wording
from leakgui.texts import say

_PAN_A_KEY = 0.1
_ZOOM_A_KEY = 0.5
_DESCRIBE_EVERY_S = 5.0


class PlotStack(QWidget):
    """Linked plots with crosshair, readout, markers, limits, zoom and measuring."""

    range_chosen = Signal(float, float)
    """The user chose this part of time (elapsed seconds) by zooming or panning."""
    following_changed = Signal(bool)
    """Whether the right edge moves with the newest reading."""

    def __init__(
        self, parent: QWidget | None = None, *, rows: Sequence[Row] = ROWS
    ) -> None:
        super().__init__(parent)
        self._source: PlotSource | None = None
        self._overlays: Sequence[PlotSource] = ()
        self._window = TimeWindow()
        self._markers: list[Marker] = []
        self._known_events: object = None
        self._described_at = 0.0
        self.readout = Readout()
        self.rows = tuple(PlotRow(row) for row in rows)
        self._cursor = Cursor(self.rows, self.readout)
        self._lay_out()
        for row in self.rows:
            self._listen_to(row)
        self.setAccessibleName(say("Plots over time"))
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._arrange()

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(1)
        column.addWidget(self.readout)
        for row in self.rows:
            column.addWidget(row)
        self._rest = QWidget()
        column.addWidget(self._rest)

    def _listen_to(self, row: PlotRow) -> None:
        row.header.folded.connect(lambda key=row.row.key: self.toggle_row(key))
        row.shown_changed.connect(self.refresh)
        gestures = Gestures(row.plot)
        gestures.hovered.connect(self._cursor.look_at)
        gestures.left.connect(self._cursor.look_away)
        gestures.choosing.connect(lambda *span: self._cursor.shade(span))
        gestures.chosen.connect(self.choose_range)
        gestures.measured.connect(self._cursor.measure)
        gestures.dropped.connect(self._cursor.forget_measure)
        gestures.zoomed.connect(self.zoom)
        gestures.panned.connect(self.pan)
        gestures.reset.connect(self.back_to_live)

    def set_source(self, source: PlotSource | None) -> None:
        """Show another recording; None empties the plots."""
        self._source = source
        self._known_events = None
        self._markers = []
        self._cursor.set_source(source)
        span_s = self._window.span_s
        self._window = TimeWindow()
        self._window.span_s = span_s
        self._window.runs_ahead = not isinstance(source, RecordedSource)
        for row in self.rows:
            row.set_source(source)
        self.refresh()

    def set_overlays(self, sources: Sequence[PlotSource]) -> None:
        """Draw earlier runs as faint curves, each aligned at its own start."""
        self._overlays = tuple(sources)
        for row in self.rows:
            row.set_source(self._source)
        self.refresh()

    def set_dark(self, dark: bool) -> None:
        """Use the dark palette or the light one."""
        for row in self.rows:
            row.set_dark(dark)
        self.refresh()

    def set_decimal(self, decimal: bool) -> None:
        """Label bytes in kB, MB, GB instead of KiB, MiB, GiB."""
        for row in self.rows:
            row.words = Wording(decimal)
            row.plot.set_decimal(decimal)
        self.refresh()

    def refresh(self) -> None:
        """Draw what is new; cheap, meant to be called two to four times a second."""
        if self._source is None:
            self._show_nothing()
            return
        self._window.follow(self._source.elapsed_s)
        self._gather_markers(self._source)
        for row in self.rows:
            row.list_metrics()
        for row in self._open_rows():
            row.draw(self._source, self._window, self._overlays)
        self._show_markers()
        self._cursor.show_readings()
        self._describe_at_times()
        for row in self._open_rows():
            row.plot.redraw()

    def _show_nothing(self) -> None:
        self.readout.say_nothing()
        for row in self.rows:
            row.say_nothing(say("Nothing is being watched"))

    def _open_rows(self) -> list[PlotRow]:
        return [row for row in self.rows if row.is_open]

    def _gather_markers(self, source: PlotSource) -> None:
        events = source.events
        state = (len(events), events[-1] if events else None)
        if state != self._known_events:
            self._known_events = state
            self._markers = markers_of(events, source.started_unix_s)

    def _show_markers(self) -> None:
        for place, row in enumerate(self._open_rows()):
            with_labels = place == 0 and bool(self._markers)
            row.show_markers(self._markers, self._window, with_labels=with_labels)

    def _describe_at_times(self) -> None:
        if monotonic() - self._described_at < _DESCRIBE_EVERY_S or self._source is None:
            return
        self._described_at = monotonic()
        for row in self._open_rows():
            text = row.describe(self._source, self._window)
            row.plot.setAccessibleDescription(text)

    def describe(self) -> str:
        """Say in words what the open rows show, one sentence a row."""
        if self._source is None:
            return say("Nothing is being watched")
        return "\n".join(
            row.describe(self._source, self._window) for row in self._open_rows()
        )

    @property
    def is_following(self) -> bool:
        """Whether the right edge moves with the newest reading."""
        return self._window.is_following

    def back_to_live(self) -> None:
        """Follow the newest reading again with the chosen span."""
        self._change_window(self._window.back_to_live)

    def set_span(self, seconds: float | None) -> None:
        """Follow with a window of so many seconds; None shows everything."""
        self._change_window(lambda: self._window.set_span(seconds))

    def visible_range(self) -> tuple[float, float]:
        """Return the shown part of time in elapsed seconds."""
        return self._window.from_s, self._window.to_s

    def show_range(self, from_s: float, to_s: float) -> None:
        """Show exactly this part of time and stop following."""
        self._change_window(lambda: self._window.show(from_s, to_s))

    def choose_range(self, from_s: float, to_s: float) -> None:
        """Show what the user dragged over."""
        self._cursor.forget_measure()
        self._change_window(lambda: self._window.show(from_s, to_s), by_user=True)

    def zoom(self, factor: float, at_s: float | None = None) -> None:
        """Make the shown span ``factor`` times as long around a moment."""
        self._change_window(lambda: self._window.zoom(factor, at_s), by_user=True)

    def pan(self, share: float) -> None:
        """Move the shown part by a share of its span; negative is backwards."""
        self._change_window(lambda: self._window.pan(share), by_user=True)

    def _change_window(
        self, change: Callable[[], None], *, by_user: bool = False
    ) -> None:
        was_following = self._window.is_following
        change()
        for row in self.rows:
            row.fit_anew()
        self.refresh()
        if self._window.is_following != was_following:
            self.following_changed.emit(self._window.is_following)
        if by_user:
            self.range_chosen.emit(*self.visible_range())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Pan with the arrows, zoom with plus and minus, go back with End."""
        keys = Qt.Key
        deeds: dict[int, Callable[[], None]] = {
            keys.Key_Left: lambda: self.pan(-_PAN_A_KEY),
            keys.Key_Right: lambda: self.pan(_PAN_A_KEY),
            keys.Key_Plus: lambda: self.zoom(_ZOOM_A_KEY),
            keys.Key_Minus: lambda: self.zoom(1 / _ZOOM_A_KEY),
            keys.Key_End: self.back_to_live,
            keys.Key_Escape: self.forget_measure,
        }
        deed = deeds.get(event.key())
        if deed is None:
            super().keyPressEvent(event)
        else:
            deed()

    def read_at(self, elapsed_s: float) -> None:
        """Put the crosshair at a moment and read out its values."""
        self._cursor.look_at(elapsed_s)

    def measure(self, from_s: float, to_s: float) -> None:
        """Shade a span and read out what changed over it."""
        self._cursor.measure(from_s, to_s)

    def forget_measure(self) -> None:
        """Read out the newest values again."""
        self._cursor.forget_measure()

    def row_keys(self) -> tuple[str, ...]:
        """Return ``memory``, ``handles``, ``threads``, ... from top to bottom."""
        return tuple(row.row.key for row in self.rows)

    def is_row_open(self, key: str) -> bool:
        """Whether the row shows its plot or only its header line."""
        return self._row(key).is_open

    def toggle_row(self, key: str) -> None:
        """Open or close one row."""
        row = self._row(key)
        row.set_open(is_open=not row.is_open)
        self._arrange()
        self.refresh()

    def set_line_width(self, pixels: int) -> None:
        """Draw curves so many device pixels wide: in a file of twice the scale, two."""
        for row in self.rows:
            row.set_line_width(pixels)
        self.refresh()

    def open_what_has_data(self) -> int:
        """Leave out everything that needs a mouse, for a file; return the rows left."""
        self._rest.hide()
        for row in self.rows:
            row.header.hide_controls()
            has_data = self._source is not None and row.has_readings(self._source)
            row.set_open(is_open=has_data)
            row.setVisible(has_data)
        self._arrange()
        self.refresh()
        return max(len(self._open_rows()), 1)

    def _row(self, key: str) -> PlotRow:
        return next(row for row in self.rows if row.row.key == key)

    def _arrange(self) -> None:
        """Share the height among the open rows; the lowest has the time axis."""
        column = self.layout()
        assert isinstance(column, QVBoxLayout)  # noqa: S101  # made in _lay_out
        opened = self._open_rows()
        for row in self.rows:
            column.setStretchFactor(row, row.row.weight if row.is_open else 0)
            row.plot.show_time_axis(visible=bool(opened) and row is opened[-1])
        column.setStretchFactor(self._rest, 0 if opened else 1)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.refresh()
