"""The line above everything: which process, what can be done, what it costs."""

from __future__ import annotations

import time
from collections.abc import Mapping

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QLabel, QSizePolicy, QToolBar, QToolButton, QWidget

from leakgui.formatting import format_duration, format_percent, printable
from leakgui.ui.workspace import Workspace

BUTTONS = ("snapshot", "step", "note", "pause", "export")


class TopBar(QToolBar):
    """Target chip, the most used actions, cost meter."""

    change_asked = Signal()

    def __init__(
        self, workspace: Workspace, actions: Mapping[str, QAction], parent: QWidget
    ) -> None:
        super().__init__(parent)
        self._workspace = workspace
        self.setObjectName("topBar")
        self.setWindowTitle(self.tr("Toolbar"))
        self.setMovable(False)
        self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextOnly)
        self._chip = QToolButton()
        self._chip.setToolTip(self.tr("Choose another process (Ctrl+P)"))
        self._chip.clicked.connect(self.change_asked)
        self.addWidget(self._chip)
        self.addSeparator()
        for key in BUTTONS:
            self.addAction(actions[key])
        space = QWidget()
        space.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.addWidget(space)
        self._cost = QLabel()
        self._cost.setContentsMargins(0, 0, 10, 0)
        self.addWidget(self._cost)
        workspace.ticked.connect(self.refresh)
        workspace.opened.connect(self.refresh)

    def refresh(self, *_: object) -> None:
        """Write the newest figures."""
        self._chip.setText(self._chip_text())
        cost = self._workspace.cost
        if cost is None or not self._workspace.is_running:
            self._cost.clear()
            return
        share = format_percent(cost.share_of_core)
        self._cost.setText(
            self.tr("cost {share} · {ms:.2f} ms").format(
                share=share, ms=cost.ms_per_sample
            )
        )
        self._cost.setToolTip(self._cadence_text())

    def _chip_text(self) -> str:
        subject = self._workspace.subject
        if subject is None:
            return self.tr("No process")
        target = subject.target
        parts = [printable(target.name, most=30)]
        # A table of readings does not say whose they are.
        if target.key.pid:
            parts.append(f"PID {target.key.pid}")
        if target.user:
            parts.append(printable(target.user, most=20))
        if self._workspace.is_running:
            parts.append(
                self.tr("up {time}").format(
                    time=format_duration(max(time.time() - target.started_unix_s, 0))
                )
            )
            return "● " + " · ".join(parts)
        if self._workspace.next_run.is_waiting:
            parts.append(self.tr("waiting for its next start"))
        elif subject.is_live:
            parts.append(self.tr("recording ended"))
        else:
            parts.append(self.tr("from a file"))
        return "○ " + " · ".join(parts)

    def _cadence_text(self) -> str:
        cost = self._workspace.cost
        if cost is None:
            return ""
        lines = [
            self.tr("What leakgui itself costs: share of one core, time of a reading.")
        ]
        for tier, period_s in cost.cadence.items():
            reason = cost.skipped.get(tier, "")
            every = self.tr("every {time}").format(time=format_duration(period_s))
            lines.append(f"{tier.value}: {reason or every}")
        return "\n".join(lines)
