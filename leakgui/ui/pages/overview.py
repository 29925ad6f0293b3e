"""Where does this process stand now, and which limit is nearest?"""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QGridLayout,
    QGroupBox,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from leakgui.formatting import (
    UNKNOWN,
    format_duration,
    format_percent,
    format_value,
    printable,
)
from leakgui.model.limit import LIMITS, Limit
from leakgui.model.metric import METRIC_BY_KEY
from leakgui.model.snapshot import Snapshot
from leakgui.texts import say
from leakgui.ui.heap_words import heap_line
from leakgui.ui.workspace import Workspace

_NOW = (
    "rss_bytes", "pss_bytes", "uss_bytes", "anon_bytes", "swap_bytes", "vms_bytes",
    "heap_bytes", "stack_bytes", "handles", "threads", "mappings", "cpu_ms",
)  # fmt: skip


class OverviewPage(QWidget):
    """Figures of this moment with their meaning, and every limit that binds."""

    def __init__(self, workspace: Workspace, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._workspace = workspace
        self._values: dict[str, QLabel] = {}
        self._bars: dict[str, tuple[QLabel, QProgressBar, QLabel]] = {}
        self._target = QLabel()
        self._target.setTextFormat(Qt.TextFormat.PlainText)
        self._target.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse
        )
        self._target.setWordWrap(True)
        self._heap = QLabel()
        self._heap.setTextFormat(Qt.TextFormat.PlainText)
        self._heap.setWordWrap(True)
        self._heap.hide()
        self._no_limits = QLabel(self.tr("No limit could be read yet."))
        self._arrange()
        workspace.ticked.connect(self._refresh_if_visible)
        workspace.heap.newest_changed.connect(self._show_heap)

    def _arrange(self) -> None:
        inside = QWidget()
        columns = QHBoxLayout()
        columns.addWidget(self._now_box(), 3)
        columns.addWidget(self._limits_box(), 4)
        column = QVBoxLayout(inside)
        column.addWidget(self._target)
        column.addLayout(columns)
        column.addWidget(self._heap)
        column.addStretch(1)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setFrameShape(QScrollArea.Shape.NoFrame)
        area.setWidget(inside)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(area)

    def _now_box(self) -> QGroupBox:
        box = QGroupBox(self.tr("Now"))
        grid = QGridLayout(box)
        half = (len(_NOW) + 1) // 2
        for place, key in enumerate(_NOW):
            metric = METRIC_BY_KEY[key]
            name, value = QLabel(say(metric.label)), QLabel(UNKNOWN)
            for label in (name, value):
                label.setToolTip(say(metric.meaning))
            value.setAlignment(Qt.AlignmentFlag.AlignRight)
            row, side = place % half, 3 * (place // half)
            grid.addWidget(name, row, side)
            grid.addWidget(value, row, side + 1)
            self._values[key] = value
        grid.setColumnMinimumWidth(2, 24)
        grid.setColumnStretch(1, 1)
        grid.setColumnStretch(4, 1)
        return box

    def _limits_box(self) -> QGroupBox:
        box = QGroupBox(self.tr("Limits"))
        grid = QGridLayout(box)
        grid.addWidget(self._no_limits, 0, 0, 1, 3)
        for row, limit in enumerate(LIMITS, start=1):
            widgets = (QLabel(say(limit.label)), QProgressBar(), QLabel())
            name, bar, text = widgets
            bar.setRange(0, 1000)
            bar.setTextVisible(False)
            bar.setMaximumHeight(10)
            name.setToolTip(
                self.tr("When it is reached: {what}.").format(
                    what=say(limit.consequence)
                )
            )
            for place, widget in enumerate(widgets):
                widget.hide()
                grid.addWidget(widget, row, place)
            self._bars[limit.key] = (name, bar, text)
        grid.setColumnStretch(1, 1)
        return box

    # -- contents -----------------------------------------------------------------

    def open_subject(self) -> None:
        """Show the figures of what is open now."""
        subject = self._workspace.subject
        if subject is None:
            return
        target = subject.target
        parts = [
            printable(target.name, most=60),
            f"PID {target.key.pid}" if target.key.pid else "",
            printable(target.user, most=40),
            printable(target.command, most=300),
        ]
        self._target.setText("  ·  ".join(part for part in parts if part))
        self._refresh()

    def _show_heap(self, snapshot: Snapshot | None) -> None:
        """Show the figures of the newest heap snapshot, in one line."""
        heap = snapshot.heap if snapshot is not None else None
        self._heap.setVisible(heap is not None)
        if snapshot is not None and heap is not None:
            self._heap.setText(
                self.tr("Heap in snapshot {number}: {line}").format(
                    number=snapshot.number, line=heap_line(heap)
                )
            )

    def _refresh_if_visible(self) -> None:
        if self.isVisible():
            self._refresh()

    def _refresh(self) -> None:
        for key, label in self._values.items():
            value = self._last(key)
            unit = METRIC_BY_KEY[key].unit
            text = (
                format_duration(value / 1000)
                if unit == "ms" and value is not None
                else format_value(value, unit)
            )
            label.setText(text)
        shown = [self._show_limit(limit) for limit in LIMITS]
        self._no_limits.setVisible(not any(shown))

    def _show_limit(self, limit: Limit) -> bool:
        name, bar, text = self._bars[limit.key]
        used, most = self._last(limit.used_metric), self._last(limit.limit_metric)
        is_known = used is not None and most is not None and most > 0
        for widget in (name, bar, text):
            widget.setVisible(is_known)
        if used is None or not most:
            return False
        unit = METRIC_BY_KEY[limit.limit_metric].unit
        share = used / most
        bar.setValue(min(int(1000 * share), 1000))
        bar.setAccessibleName(f"{limit.label}: {format_percent(share)}")
        text.setText(
            self.tr("{used} of {most} ({share})").format(
                used=format_value(used, unit),
                most=format_value(most, unit),
                share=format_percent(share),
            )
        )
        return True

    def _last(self, key: str) -> float | None:
        subject = self._workspace.subject
        envelope = subject.source.envelope(key) if subject else None
        last = envelope.last if envelope is not None else None
        return None if last is None else last[1]
