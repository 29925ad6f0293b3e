"""A page that shows one section of the snapshot that is chosen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Generic, Protocol, TypeVar

from PySide6.QtWidgets import QVBoxLayout, QWidget

from leakgui.model.snapshot import Snapshot
from leakgui.ui.columns_model import Column
from leakgui.ui.reasons import missing_text
from leakgui.ui.tables import ColumnsTable
from leakgui.ui.workspace import Workspace


class Sized(Protocol):
    """A table of columns with a number of rows."""

    def __len__(self) -> int: ...


Section = TypeVar("Section", bound=Sized)


class SnapshotTablePage(QWidget, Generic[Section]):
    """A table, an invitation before there is one, and a reason where it is missing."""

    section = ""
    """The name of the section in ``Snapshot``."""

    def __init__(self, workspace: Workspace, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.table = ColumnsTable()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.table)
        workspace.snapshot_shown.connect(self.show_snapshot)
        workspace.opened.connect(self.clear)
        self.clear()

    def clear(self, *_: object) -> None:
        """Say how to get something to see."""
        self.table.show_reason(self.invitation())

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Show the section of this snapshot, or why it has none."""
        section: Section | None = getattr(snapshot, self.section)
        if section is None:
            self.table.show_reason(missing_text(snapshot, self.section))
        else:
            self.table.show_columns(
                self.columns(section, snapshot), self.heading(section, snapshot)
            )

    def invitation(self) -> str:
        """Say what a snapshot would show here."""
        raise NotImplementedError

    def heading(self, section: Section, snapshot: Snapshot) -> str:
        """Return the line above the table."""
        raise NotImplementedError

    def columns(self, section: Section, snapshot: Snapshot) -> Sequence[Column]:
        """Return the columns of the table."""
        raise NotImplementedError
