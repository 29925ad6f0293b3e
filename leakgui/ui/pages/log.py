"""What happened, and when?"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import numpy as np
from PySide6.QtWidgets import QVBoxLayout, QWidget

from leakgui.formatting import format_duration, printable
from leakgui.model.recording import Event, TimeGap
from leakgui.model.text_column import TextColumn
from leakgui.ui.cells import write_text
from leakgui.ui.columns_model import Column
from leakgui.ui.tables import ColumnsTable
from leakgui.ui.workspace import Workspace


class LogPage(QWidget):
    """Events and gaps of the recording, newest first."""

    def __init__(self, workspace: Workspace, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._workspace = workspace
        self._shown = (-1, -1)
        self.table = ColumnsTable()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.table)
        workspace.ticked.connect(self._refresh_if_visible)

    def open_subject(self) -> None:
        """Show the events of what is open now."""
        self._shown = (-1, -1)
        self._refresh()

    def _refresh_if_visible(self) -> None:
        if self.isVisible():
            self._refresh()

    def _refresh(self) -> None:
        subject = self._workspace.subject
        if subject is None:
            return
        events, gaps = tuple(subject.source.events), tuple(subject.source.gaps)
        if (len(events), len(gaps)) == self._shown:
            return
        self._shown = (len(events), len(gaps))
        self.table.show_columns(
            self._columns(events, gaps, subject.source.started_unix_s)
        )

    def _columns(
        self, events: Sequence[Event], gaps: Sequence[TimeGap], started_unix_s: float
    ) -> list[Column]:
        rows = [
            (event.elapsed_s, self.tr(event.kind.value), event.text) for event in events
        ]
        rows += [(gap.from_s, self.tr("gap"), _gap_text(gap)) for gap in gaps]
        rows.sort(key=lambda row: -row[0])
        clocks = [
            datetime.fromtimestamp(started_unix_s + row[0], tz=UTC)
            .astimezone()
            .strftime("%Y-%m-%d %H:%M:%S")
            for row in rows
        ]
        elapsed = np.array([row[0] for row in rows], dtype=np.float64)
        return [
            Column(
                title=self.tr("Elapsed"),
                values=elapsed,
                write=lambda s: format_duration(float(s)),
            ),
            Column(title=self.tr("Time"), values=TextColumn.of(clocks)),
            Column(title=self.tr("What"), values=TextColumn.of(row[1] for row in rows)),
            Column(
                title=self.tr("Text"),
                values=TextColumn.of(row[2] for row in rows),
                write=write_text,
            ),
        ]


def _gap_text(gap: TimeGap) -> str:
    length = format_duration(gap.to_s - gap.from_s)
    metrics = f" [{', '.join(gap.metrics)}]" if gap.metrics else ""
    return f"{length}: {printable(gap.cause, most=300)}{metrics}"
