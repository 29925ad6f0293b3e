"""What was open for a while and is closed now?"""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from leakgui.formatting import format_count
from leakgui.model.text_column import TextColumn
from leakgui.ui.cells import write_age, write_text
from leakgui.ui.columns_model import Column
from leakgui.ui.tables import ColumnsTable
from leakgui.ui.workspace import Workspace


class ClosedHandlesPage(QWidget):
    """Handles that came and went: the newest 10,000, read when the page is shown."""

    def __init__(self, workspace: Workspace, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._workspace = workspace
        self.table = ColumnsTable()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.table)
        self.table.view.sortByColumn(3, Qt.SortOrder.DescendingOrder)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.refresh()

    def refresh(self) -> None:
        """Read the list anew."""
        subject = self._workspace.subject
        rows = subject.closed_handles() if subject else ()
        if not rows:
            self.table.show_reason(self.tr("No handle was seen to be closed yet."))
            return
        first = np.array([row.first_seen_s for row in rows], dtype=np.float64)
        last = np.array([row.last_seen_s for row in rows], dtype=np.float64)
        self.table.show_columns(
            [
                Column(
                    title=self.tr("Kind"),
                    values=TextColumn.of(row.kind for row in rows),
                ),
                Column(
                    title=self.tr("Target"),
                    values=TextColumn.of(row.target for row in rows),
                    write=write_text,
                ),
                Column(title=self.tr("First seen at"), values=first, write=write_age),
                Column(title=self.tr("Last seen at"), values=last, write=write_age),
                Column(title=self.tr("Seen for"), values=last - first, write=write_age),
            ],
            self._title(len(rows)),
        )

    def _title(self, count: int) -> str:
        if count == 1:
            return self.tr("1 handle came and went")
        return self.tr("{count} handles came and went").format(
            count=format_count(count)
        )
