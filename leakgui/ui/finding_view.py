"""One finding with its grounds, what speaks against it, and what to do next."""

from __future__ import annotations

import math
from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from leakgui.formatting import format_about, format_rate, format_value
from leakgui.model.finding import Finding
from leakgui.model.metric import METRIC_BY_KEY, Unit
from leakgui.ui.theme import Theme
from leakgui.ui.words import class_word, confidence_word, severity_word, verdict_word

PLOT_HEIGHT = 200
PLOT_WIDTHS = (200, 360)


class FindingView(QWidget):
    """A page of text that can be read, selected and copied."""

    def __init__(
        self,
        finding: Finding,
        plot: QWidget | None,
        theme: Theme,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._finding = finding
        self._theme = theme
        self._column = QVBoxLayout()
        self._column.setSpacing(5)
        row = QHBoxLayout(self)
        row.setContentsMargins(10, 2, 10, 8)
        row.addLayout(self._column, 3)
        if plot is not None:
            plot.setFixedHeight(PLOT_HEIGHT)
            plot.setMinimumWidth(PLOT_WIDTHS[0])
            plot.setMaximumWidth(PLOT_WIDTHS[1])
            row.addWidget(plot, 2, Qt.AlignmentFlag.AlignTop)
        self._add_head()
        self._add_numbers()
        self._add_list(self.tr("Evidence"), "•", finding.evidence)
        self._add_list(self.tr("What speaks against it"), "◦", finding.against)
        self._add_list(
            self.tr("What would change this verdict"), "↺", finding.would_change
        )
        self._add_steps()
        self._add_explanation()
        self._column.addStretch(1)

    def _add_head(self) -> None:
        finding = self._finding
        parts = (
            f"{verdict_word(finding)}: {class_word(finding)}",
            confidence_word(finding),
            self.tr("severity: {word}").format(word=severity_word(finding)),
        )
        head = _text(" · ".join(parts))
        font = head.font()
        font.setPointSizeF(font.pointSizeF() * 1.15)
        font.setBold(True)
        head.setFont(font)
        self._column.addWidget(head)
        self._column.addWidget(_text(finding.summary))

    def _add_numbers(self) -> None:
        grid = QGridLayout()
        grid.setHorizontalSpacing(18)
        for row, (name, value) in enumerate(self._numbers()):
            label = QLabel(name)
            label.setForegroundRole(label.foregroundRole())
            label.setStyleSheet(f"color:{self._theme.muted.name()}")
            grid.addWidget(label, row, 0)
            grid.addWidget(_text(value), row, 1)
        grid.setColumnStretch(1, 1)
        if grid.count():
            self._column.addLayout(grid)

    def _numbers(self) -> list[tuple[str, str]]:
        finding = self._finding
        metric = METRIC_BY_KEY.get(finding.metric)
        unit = metric.unit if metric else Unit.COUNT
        rows = []
        if finding.rate_per_s is not None:
            rate = format_rate(finding.rate_per_s, unit)
            low = format_rate(finding.rate_low_per_s, unit, like=finding.rate_per_s)
            high = format_rate(finding.rate_high_per_s, unit, like=finding.rate_per_s)
            rows.append((self.tr("Rate"), f"{rate}  ({low} … {high})"))
        if finding.limit is not None:
            limit_unit = Unit.BYTES if unit is Unit.BYTES else Unit.COUNT
            used = format_value(finding.limit.used, limit_unit)
            most = format_value(finding.limit.value, limit_unit)
            rows.append((self.tr("Limit"), f"{finding.limit.name}: {used} / {most}"))
        if finding.eta_s is not None and math.isinf(finding.eta_s):
            rows.append((self.tr("Reached"), self.tr("not in sight at this rate")))
        elif finding.eta_s is not None:
            low, high = (
                format_about(finding.eta_low_s),
                format_about(finding.eta_high_s),
            )
            about = format_about(finding.eta_s)
            rows.append((self.tr("Reached in about"), f"{about}  ({low} … {high})"))
        rows.append((self.tr("Rule"), finding.rule))
        return rows

    def _add_list(self, title: str, mark: str, lines: Sequence[str]) -> None:
        if not lines:
            return
        self._column.addWidget(_title(title))
        for line in lines:
            self._column.addWidget(_text(f"{mark}  {line}"))

    def _add_steps(self) -> None:
        if not self._finding.next_steps:
            return
        self._column.addWidget(_title(self.tr("Next steps")))
        for number, line in enumerate(self._finding.next_steps, start=1):
            copy = QToolButton()
            copy.setText(self.tr("Copy"))
            copy.setAccessibleName(self.tr("Copy step {n}").format(n=number))
            copy.clicked.connect(
                lambda _=False, text=line: QGuiApplication.clipboard().setText(text)
            )
            row = QHBoxLayout()
            row.addWidget(_text(f"{number}.  {line}"), 1)
            row.addWidget(copy, 0, Qt.AlignmentFlag.AlignTop)
            self._column.addLayout(row)

    def _add_explanation(self) -> None:
        if not self._finding.explanation:
            return
        text = _text(self._finding.explanation)
        text.hide()
        button = QToolButton()
        button.setText(self.tr("What does this mean?"))
        button.setCheckable(True)
        button.setArrowType(Qt.ArrowType.RightArrow)
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        button.setAutoRaise(True)
        button.toggled.connect(text.setVisible)
        button.toggled.connect(
            lambda is_open: button.setArrowType(
                Qt.ArrowType.DownArrow if is_open else Qt.ArrowType.RightArrow
            )
        )
        self._column.addWidget(button)
        self._column.addWidget(text)


def _title(text: str) -> QLabel:
    label = QLabel(text)
    font = label.font()
    font.setBold(True)
    label.setFont(font)
    label.setContentsMargins(0, 6, 0, 0)
    return label


def _text(text: str) -> QLabel:
    label = QLabel(text)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setWordWrap(True)
    label.setTextInteractionFlags(
        Qt.TextInteractionFlag.TextSelectableByMouse
        | Qt.TextInteractionFlag.TextSelectableByKeyboard
    )
    return label
