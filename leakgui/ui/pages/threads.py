"""Which threads are there, and how deep are their stacks?"""

from __future__ import annotations

from collections.abc import Sequence

from leakgui.formatting import format_count
from leakgui.model.snapshot import Snapshot, Threads
from leakgui.ui.cells import write_bytes, write_exact_bytes, write_number, write_text
from leakgui.ui.columns_model import Column
from leakgui.ui.snapshot_table import SnapshotTablePage


class ThreadsPage(SnapshotTablePage[Threads]):
    """Every thread of the snapshot that is shown."""

    section = "threads"

    def invitation(self) -> str:
        return self.tr("Take a snapshot (F5) to see every thread and its stack.")

    def heading(self, section: Threads, snapshot: Snapshot) -> str:
        return self.tr("Snapshot {number}: {count} threads").format(
            number=snapshot.number, count=format_count(len(section))
        )

    def columns(self, section: Threads, snapshot: Snapshot) -> Sequence[Column]:
        return [
            Column(title=self.tr("Thread"), values=section.tid, write=write_number),
            Column(title=self.tr("Name"), values=section.name, write=write_text),
            Column(title=self.tr("State"), values=section.state),
            Column(
                title=self.tr("Waits in"),
                values=section.waits_in,
                write=write_text,
                meaning=self.tr("The kernel function it sleeps in"),
            ),
            Column(
                title=self.tr("Stack used"),
                values=section.stack_used,
                write=write_bytes,
                exact=write_exact_bytes,
                meaning=self.tr("From the stack pointer to the end of the stack"),
            ),
            Column(
                title=self.tr("Stack limit"),
                values=section.stack_limit,
                write=write_bytes,
                exact=write_exact_bytes,
            ),
        ]
