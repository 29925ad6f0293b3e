"""How do memory, handles and threads move over time?"""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QButtonGroup,
    QHBoxLayout,
    QPushButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from leakgui.charts.plot_stack import PlotStack
from leakgui.ui.workspace import Workspace

SPANS = (
    (60.0, "1 min"),
    (600.0, "10 min"),
    (3600.0, "1 h"),
    (86400.0, "24 h"),
    (None, "All"),
)


class TimelinePage(QWidget):
    """The plots with the buttons that choose the part of time."""

    def __init__(self, workspace: Workspace, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._workspace = workspace
        self.plots = PlotStack()
        self._is_paused = False
        self._spans = QButtonGroup(self)
        self._live = QPushButton(self.tr("▶ Back to live"))
        self._live.setToolTip(self.tr("Follow the newest reading again (End)"))
        self._live.clicked.connect(self.back_to_live)
        self._live.hide()
        column = QVBoxLayout(self)
        column.setContentsMargins(6, 4, 6, 0)
        column.setSpacing(2)
        column.addLayout(self._controls())
        column.addWidget(self.plots, 1)
        workspace.ticked.connect(self._refresh)
        self.plots.following_changed.connect(self._show_following)

    def _controls(self) -> QHBoxLayout:
        row = QHBoxLayout()
        for place, (seconds, text) in enumerate(SPANS):
            button = QToolButton()
            button.setText(self.tr(text))
            button.setCheckable(True)
            button.setAutoRaise(True)
            button.clicked.connect(lambda _=False, span=seconds: self.set_span(span))
            self._spans.addButton(button, place)
            row.addWidget(button)
        row.addStretch(1)
        row.addWidget(self._live, 0, Qt.AlignmentFlag.AlignRight)
        return row

    def open_subject(self) -> None:
        """Show what is open now, from its beginning."""
        subject = self._workspace.subject
        self._is_paused = False
        self.plots.set_source(subject.source if subject else None)
        self.plots.set_overlays([run.source for run in self._workspace.earlier])
        is_live = subject is not None and subject.is_live
        self.set_span(SPANS[1][0] if is_live else None)

    def set_span(self, seconds: float | None) -> None:
        """Follow with a window of so many seconds; None shows everything."""
        for place, (span, _) in enumerate(SPANS):
            self._spans.button(place).setChecked(span == seconds)
        self._is_paused = False
        self.plots.set_span(seconds)
        self.plots.refresh()

    def back_to_live(self) -> None:
        """Follow the newest reading again."""
        self._is_paused = False
        self.plots.back_to_live()
        self.plots.refresh()

    def toggle_pause(self) -> None:
        """Hold the view, or follow again; the recording goes on either way."""
        if self._is_paused or not self.plots.is_following:
            self.back_to_live()
        else:
            self._is_paused = True
        self._show_following(self.plots.is_following)

    def _show_following(self, following: bool) -> None:
        self._live.setVisible(self._is_paused or not following)

    def _refresh(self) -> None:
        if self.isVisible() and not self._is_paused and not self.window().isMinimized():
            self.plots.refresh()
