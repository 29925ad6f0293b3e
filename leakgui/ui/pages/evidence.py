"""What does it mean, how do we know, and what next?"""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QLabel,
    QListWidget,
    QScrollArea,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from leakgui.charts.small_plot import SmallPlot
from leakgui.model.finding import Finding, Judgement
from leakgui.model.metric import METRIC_BY_KEY
from leakgui.ui.finding_view import FindingView
from leakgui.ui.words import class_word, verdict_word
from leakgui.ui.workspace import Workspace


class EvidencePage(QWidget):
    """Findings on the left; on the right one of them with all its grounds."""

    def __init__(self, workspace: Workspace, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._workspace = workspace
        self._judgement: Judgement | None = None
        self._plot: SmallPlot | None = None
        self._list = QListWidget()
        self._list.setWordWrap(True)
        self._list.setAccessibleName(self.tr("Findings"))
        self._list.currentRowChanged.connect(self._show_row)
        self._area = QScrollArea()
        self._area.setWidgetResizable(True)
        self._area.setFrameShape(QScrollArea.Shape.NoFrame)
        self._area.setWidget(self._placeholder())
        splitter = QSplitter(Qt.Orientation.Horizontal)
        splitter.addWidget(self._list)
        splitter.addWidget(self._area)
        splitter.setStretchFactor(1, 1)
        splitter.setSizes([230, 900])
        layout = QVBoxLayout(self)
        layout.setContentsMargins(6, 6, 6, 6)
        layout.addWidget(splitter)
        workspace.judged.connect(self.show_judgement)
        workspace.opened.connect(self.clear)
        workspace.theme.changed.connect(self._recolour)

    def _placeholder(self) -> QLabel:
        label = QLabel(self.tr("The first readings are coming in."))
        label.setAlignment(Qt.AlignmentFlag.AlignCenter)
        return label

    def clear(self, *_: object) -> None:
        """Forget the findings of what was open before."""
        self._judgement = None
        self._plot = None
        self._list.clear()
        self._area.setWidget(self._placeholder())

    def show_judgement(self, judgement: Judgement) -> None:
        """Show the newest findings; the chosen one stays chosen while it exists."""
        same = self._judgement is not None and _kinds(judgement) == _kinds(
            self._judgement
        )
        before = self._judgement
        self._judgement = judgement
        if not same:
            self._fill_list(judgement)
        elif before != judgement and not self._is_being_read():
            self._show_row(self._list.currentRow())

    def _is_being_read(self) -> bool:
        """Do not exchange the text under somebody who selects or scrolls in it."""
        return self._area.verticalScrollBar().value() > 0 or (
            self._area.isVisible() and self._area.underMouse()
        )

    def _fill_list(self, judgement: Judgement) -> None:
        chosen = self._list.currentRow()
        self._list.blockSignals(True)
        self._list.clear()
        for finding in judgement.findings:
            self._list.addItem(
                f"{verdict_word(finding)}\n{class_word(finding)} · {finding.subject}"
            )
        self._list.blockSignals(False)
        self._list.setCurrentRow(max(0, min(chosen, len(judgement.findings) - 1)))

    def _show_row(self, row: int) -> None:
        if self._judgement is None or not 0 <= row < len(self._judgement.findings):
            return
        finding = self._judgement.findings[row]
        self._plot = self._small_plot(finding)
        self._area.setWidget(FindingView(finding, self._plot, self._workspace.theme))

    def _small_plot(self, finding: Finding) -> SmallPlot | None:
        subject = self._workspace.subject
        envelope = subject.source.envelope(finding.metric) if subject else None
        if subject is None or envelope is None or finding.metric not in METRIC_BY_KEY:
            return None
        plot = SmallPlot(METRIC_BY_KEY[finding.metric])
        plot.set_dark(self._workspace.theme.is_dark)
        plot.set_data(
            envelope.samples(),
            finding.judged_from_s,
            finding.judged_to_s,
            subject.source.started_unix_s,
        )
        return plot

    def _recolour(self, dark: bool) -> None:
        if self._plot is not None:
            self._plot.set_dark(dark)


def _kinds(judgement: Judgement) -> list[tuple[str, ...]]:
    return [
        (finding.rule, finding.verdict, finding.defect_class, finding.subject)
        for finding in judgement.findings
    ]
