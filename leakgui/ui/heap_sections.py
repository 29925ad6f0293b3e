"""The sections of a heap: the columns of each, its heading, or why it is empty."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QCoreApplication

from leakgui.formatting import format_bytes, format_count
from leakgui.model.columns import U64
from leakgui.model.heap import Heap, IntrusiveBlocks
from leakgui.model.snapshot import Snapshot
from leakgui.ui.columns_model import Column
from leakgui.ui.heap_columns import (
    arena_columns,
    holder_columns,
    lost_columns,
    possible_columns,
    suspect_columns,
    type_columns,
)
from leakgui.ui.heap_groups import By, SummedBlocks
from leakgui.ui.heap_words import heap_troubles

TYPES, LOST, POSSIBLE, HOLDERS, SUSPECTS, ARENAS = SECTIONS = (
    "types",
    "lost",
    "possible",
    "holders",
    "suspects",
    "arenas",
)


def tr(text: str) -> str:
    """Translate a text of this room."""
    return QCoreApplication.translate("HeapSections", text)


@dataclass(frozen=True, slots=True)
class Shown:
    """What a section shows: columns under a heading, or only the reason."""

    title: str
    columns: Sequence[Column] = ()
    addresses: U64 | None = None
    """Of the block of each row, where rows are blocks."""


def section_names() -> tuple[str, ...]:
    """Return the names of the sections, in their order."""
    return (
        tr("Types and sizes"),
        tr("Lost"),
        tr("Possibly lost"),
        tr("Held by"),
        tr("Suspects"),
        tr("Arenas"),
    )


def show_section(
    section: str, heap: Heap, snapshot: Snapshot, rows: SummedBlocks | None, by: By
) -> Shown:
    """Return what a section shows; ``rows`` are the types, summed as chosen."""
    if section == TYPES:
        if rows is None:
            return _missing(snapshot)
        if not len(rows):
            return Shown(tr("No block is in use."))
        has_lost = heap.leaked is not None
        return Shown("", type_columns(rows, by, has_lost=has_lost))
    show = {
        LOST: _show_lost,
        POSSIBLE: _show_possible,
        HOLDERS: _show_holders,
        SUSPECTS: _show_suspects,
        ARENAS: _show_arenas,
    }[section]
    return show(heap) or _missing(snapshot)


def _missing(snapshot: Snapshot) -> Shown:
    if heap_troubles(snapshot):
        return Shown(tr("n/a: the reason is said above."))
    return Shown(tr("n/a: this snapshot does not hold it."))


def _show_lost(heap: Heap) -> Shown | None:
    rows, leaked = heap.lost, heap.leaked
    if rows is None or leaked is None:
        return None
    if not leaked.lost:
        return Shown(
            tr(
                "Nothing is lost: a pointer leads to every block in use. Memory can "
                "grow all the same, held by something: see Held by, or compare two "
                "heap snapshots."
            )
        )
    title = tr("{direct} lost blocks lead to {indirect} more, {size} together").format(
        direct=format_count(leaked.direct),
        indirect=format_count(leaked.indirect),
        size=format_bytes(leaked.lost_bytes),
    )
    if len(rows) < leaked.direct:
        title += tr("; listed are the {n} that hold most").format(
            n=format_count(len(rows))
        )
    return Shown(title, lost_columns(rows), rows.address)


def _show_possible(heap: Heap) -> Shown | None:
    rows, inner = heap.possible, heap.intrusive
    if rows is None:
        return None
    reachable = _intrusive_text(inner) if inner is not None and len(inner) else ""
    if not len(rows):
        return Shown(f"{tr('No block is possibly lost.')} {reachable}".strip())
    title = tr("Pointed to only inside, or through such a block: may be lost or not.")
    return Shown(f"{title} {reachable}".strip(), possible_columns(rows))


def _intrusive_text(rows: IntrusiveBlocks) -> str:
    """Say which blocks have a header of the program's own, and so are reachable."""
    count = int(rows.count.sum())
    offsets = sorted(set(rows.offset.tolist()))
    where = ", ".join(f"+{offset}" for offset in offsets[:4])
    more = " …" if len(offsets) > 4 else ""
    return tr(
        "{count} more are always pointed to at the same inner place ({where}): the "
        "program's own header, counted as reachable."
    ).format(count=format_count(count), where=where + more)


def _show_holders(heap: Heap) -> Shown | None:
    rows = heap.holders
    if rows is None:
        return None
    if not len(rows):
        return Shown(tr("No block holds much of what is reachable."))
    title = tr("Who holds what is still reachable, the largest first")
    return Shown(title, holder_columns(rows), rows.address)


def _show_suspects(heap: Heap) -> Shown | None:
    rows = heap.suspects
    if rows is None:
        return None
    if not len(rows):
        return Shown(tr("No class was seen that lacks a virtual destructor."))
    title = tr(
        "Polymorphic classes without a virtual destructor: a suspicion with its "
        "grounds. Harmless unless an object is deleted through its base class."
    )
    return Shown(title, suspect_columns(rows))


def _show_arenas(heap: Heap) -> Shown | None:
    if heap.arenas is None:
        return None
    return Shown(tr("The allocator's pools"), arena_columns(heap.arenas))
