"""Where in the address space is the memory?"""

from __future__ import annotations

from collections.abc import Sequence

from leakgui.formatting import format_bytes, format_count
from leakgui.model.columns import U64
from leakgui.model.snapshot import Mappings, Snapshot
from leakgui.model.text_column import TextColumn
from leakgui.ui.cells import write_address, write_bytes, write_exact_bytes, write_text
from leakgui.ui.columns_model import Column
from leakgui.ui.snapshot_table import SnapshotTablePage

_SIZES = (
    ("rss", "RSS", "Resident in memory"),
    ("pss", "PSS", "Resident, shared pages divided among their users"),
    ("private_dirty", "Private dirty", "Written by this process alone: must be kept"),
    ("private_clean", "Private clean", "Only here, can be read again from its file"),
    ("shared_clean", "Shared clean", "Shared and unchanged: program code, libraries"),
    ("shared_dirty", "Shared dirty", "Shared and written: shared memory"),
    ("anonymous", "Anonymous", "Backed by no file"),
    ("swap", "Swap", "Moved to swap"),
)


class MappingsPage(SnapshotTablePage[Mappings]):
    """Every mapping of the snapshot that is shown."""

    section = "mappings"

    def invitation(self) -> str:
        return self.tr("Take a snapshot (F5) to see every mapping of this moment.")

    def heading(self, section: Mappings, snapshot: Snapshot) -> str:
        size = float((section.end - section.start).sum())
        return self.tr(
            "Snapshot {number}: {count} mappings, {size} of address space"
        ).format(
            number=snapshot.number,
            count=format_count(len(section)),
            size=format_bytes(size),
        )

    def columns(self, section: Mappings, snapshot: Snapshot) -> Sequence[Column]:
        columns = [
            Column(
                title=self.tr("Backing"), values=_backing(section), write=write_text
            ),
            _size(
                section.end - section.start,
                self.tr("Size"),
                self.tr("Address space, used or not"),
            ),
        ]
        for name, title, meaning in _SIZES:
            values = getattr(section, name)
            if values is not None:
                columns.append(_size(values, self.tr(title), self.tr(meaning)))
        columns.append(Column(title=self.tr("Rights"), values=section.permissions))
        columns.append(
            Column(title=self.tr("Address"), values=section.start, write=write_address)
        )
        return columns


def _backing(mappings: Mappings) -> TextColumn:
    names = tuple(path or "[anonymous]" for path in mappings.path.pool)
    return TextColumn(mappings.path.codes, names)


def _size(values: U64, title: str, meaning: str) -> Column:
    return Column(
        title=title,
        values=values,
        write=write_bytes,
        exact=write_exact_bytes,
        has_sum=True,
        meaning=meaning,
    )
