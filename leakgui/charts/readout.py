"""The line that says of which moment, or of which span, the readings are."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtWidgets import QLabel, QSizePolicy, QWidget

from leakgui.charts.source import PlotSource
from leakgui.charts.ticks import clock
from leakgui.formatting import format_duration
from leakgui.texts import say


class Readout(QLabel):
    """One line in a fixed place above the plots."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setContentsMargins(4, 0, 4, 0)

    def say_nothing(self) -> None:
        self._show("")

    def say_latest(self, source: PlotSource) -> None:
        """The legends show the newest readings."""
        time = clock(source.started_unix_s + source.elapsed_s)
        self._show(say("Latest: {time}", time=time))

    def say_moment(self, source: PlotSource, elapsed_s: float) -> None:
        """The legends show the readings under the crosshair."""
        text = say(
            "At {time}, {since} into the recording",
            time=clock(source.started_unix_s + elapsed_s),
            since=format_duration(round(elapsed_s, 1)),
        )
        cause = gap_cause(source, elapsed_s)
        self._show(f"{text} · {cause}" if cause else text)

    def say_span(self, from_s: float, to_s: float, changes: Iterable[str]) -> None:
        """The legends show what changed over a measured span."""
        parts = [format_duration(round(to_s - from_s, 1)), *filter(None, changes)]
        self._show(" · ".join(parts))

    def _show(self, text: str) -> None:
        if text != self.text():
            self.setText(text)
            self.setToolTip(text)


def gap_cause(source: PlotSource, elapsed_s: float) -> str:
    """Return why nothing at all was read at a moment; empty where something was."""
    for gap in source.gaps:
        if not gap.metrics and gap.from_s <= elapsed_s <= gap.to_s:
            return say("no readings: {cause}", cause=gap.cause)
    return ""
