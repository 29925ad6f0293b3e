"""What does the process hold open?"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from leakgui.formatting import format_count
from leakgui.model.snapshot import Handles, Snapshot
from leakgui.ui.cells import write_age, write_number, write_text
from leakgui.ui.columns_model import Column
from leakgui.ui.snapshot_table import SnapshotTablePage


class HandlesPage(SnapshotTablePage[Handles]):
    """Every open handle of the snapshot that is shown."""

    section = "handles"

    def invitation(self) -> str:
        return self.tr("Take a snapshot (F5) to see every open file, socket and pipe.")

    def heading(self, section: Handles, snapshot: Snapshot) -> str:
        return self.tr("Snapshot {number}: {count} open handles").format(
            number=snapshot.number, count=format_count(len(section))
        )

    def columns(self, section: Handles, snapshot: Snapshot) -> Sequence[Column]:
        age = np.maximum(snapshot.elapsed_s - section.first_seen_s, 0.0)
        return [
            Column(title=self.tr("Number"), values=section.number, write=write_number),
            Column(title=self.tr("Kind"), values=section.kind),
            Column(title=self.tr("Target"), values=section.target, write=write_text),
            Column(title=self.tr("State"), values=section.state),
            Column(
                title=self.tr("Seen for"),
                values=age,
                write=write_age,
                meaning=self.tr("How long it has been seen open; at least so old"),
            ),
            Column(title=self.tr("Peer"), values=section.peer, write=write_text),
        ]
