"""One metric with the part that was judged shaded, for the Evidence page."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from leakgui.model.metric import Metric
from leakgui.model.recording import Series


class SmallPlot(QWidget):
    """A still plot of one series."""

    def __init__(self, metric: Metric, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.metric = metric

    def set_dark(self, dark: bool) -> None:  # a plain Qt-like setter
        """Use the dark palette or the light one."""

    def set_data(
        self, series: Series, from_s: float, to_s: float, started_unix_s: float
    ) -> None:
        """Draw the series and shade the judged part (elapsed seconds)."""
