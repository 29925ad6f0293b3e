"""What is said of a heap in sentences: figures, and why some are missing."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from leakgui.formatting import (
    UNKNOWN,
    format_bytes,
    format_change,
    format_count,
    format_percent,
    printable,
)
from leakgui.model.heap import (
    BlockState,
    Heap,
    HeapDifference,
    LeakTotals,
    Level,
    TypeKind,
)
from leakgui.model.snapshot import Gap, Snapshot
from leakgui.ui.reasons import gap_text

_BETWEEN = " · "
MOST_TEXT = 600


def tr(text: str) -> str:
    """Translate a text of this room."""
    return QCoreApplication.translate("HeapWords", text)


def heap_line(heap: Heap) -> str:
    """Return allocator, blocks, what is lost and what it cost, in one line."""
    parts = [_allocator(heap), _blocks(heap), _lost(heap), _possible(heap), _cost(heap)]
    return _BETWEEN.join(part for part in parts if part)


def _allocator(heap: Heap) -> str:
    if heap.allocator == "unknown":
        return tr("Allocator not recognised")
    return printable(f"{heap.allocator} {heap.version}".strip(), most=60)


def _blocks(heap: Heap) -> str:
    if heap.blocks is None:
        return tr("blocks n/a")
    return tr("{count} blocks in use, {size}").format(
        count=format_count(heap.blocks.in_use),
        size=format_bytes(heap.blocks.in_use_bytes),
    )


def _lost(heap: Heap) -> str:
    if heap.leaked is None:
        return tr("lost n/a")
    return lost_text(heap.leaked)


def lost_text(leaked: LeakTotals) -> str:
    """Say how much nothing reaches any more."""
    if not leaked.lost:
        return tr("nothing lost")
    if leaked.lost == 1:
        return tr("lost 1 block, {size}").format(size=format_bytes(leaked.lost_bytes))
    return tr("lost {count} blocks, {size}").format(
        count=format_count(leaked.lost), size=format_bytes(leaked.lost_bytes)
    )


def _possible(heap: Heap) -> str:
    if heap.leaked is None or not heap.leaked.possible:
        return ""
    return tr("possibly lost {count}, {size}").format(
        count=format_count(heap.leaked.possible),
        size=format_bytes(heap.leaked.possible_bytes),
    )


def _cost(heap: Heap) -> str:
    pauses = " + ".join(format_pause(pause) for pause in heap.paused_ms)
    looks = tr("1 look") if heap.looks == 1 else tr("{n} looks").format(n=heap.looks)
    if heap.looks == 1 and heap.leaked is not None and heap.leaked.lost:
        looks = tr("1 look, not confirmed")
    how = tr("stopped {pauses}").format(pauses=pauses or UNKNOWN)
    if heap.level is Level.INJECT:
        how = tr("fork snapshot, stopped {pauses}").format(pauses=pauses or UNKNOWN)
    return how + _BETWEEN + looks


def format_pause(paused_ms: float) -> str:
    """Return ``31 ms``, or ``0.4 ms`` where that says more."""
    return f"{paused_ms:.0f} ms" if paused_ms >= 10 else f"{paused_ms:.1f} ms"


def heap_troubles(snapshot: Snapshot) -> list[str]:
    """Return what is missing in a heap and why, a sentence each."""
    heap, said = snapshot.heap, []
    if heap is not None and heap.blocks is not None and heap.walked_share < 1:
        said.append(_partly_walked(heap))
    said += [heap_gap_text(gap) for gap in snapshot.gaps if is_of_heap(gap)]
    if heap is not None:
        notes = [printable(note, most=MOST_TEXT) for note in heap.notes]
        # A gap may have been told with the notes that explain it.
        said += [note for note in notes if not any(note in text for text in said)]
        said += _unconfirmed(heap)
    return said


def is_of_heap(gap: Gap) -> bool:
    """Return whether the heap, or a part of it, is what is missing."""
    return gap.where.partition(".")[0] == "heap"


def heap_gap_text(gap: Gap) -> str:
    """Return which part is missing and why; of the whole heap only why."""
    detail = printable(gap.detail, most=MOST_TEXT) or gap_text(gap)
    part = gap.where.removeprefix("heap").lstrip(".")
    return f"{printable(part, most=100)}: {detail}" if part else detail


def _partly_walked(heap: Heap) -> str:
    share = format_percent(heap.walked_share)
    if heap.leaked is None:
        return tr(
            "Partly walked: {share} of the arenas. What points where in the rest is "
            "not known, so nothing is called lost."
        ).format(share=share)
    return tr("Partly walked: {share} of the arenas.").format(share=share)


def _unconfirmed(heap: Heap) -> list[str]:
    leaked = heap.leaked
    if leaked is None or not leaked.unconfirmed:
        return []
    return [
        tr(
            "{count} blocks, {size}, seemed lost in the second look only: lost since "
            "the first, or on their way somewhere. Here they count as reachable."
        ).format(
            count=format_count(leaked.unconfirmed),
            size=format_bytes(leaked.unconfirmed_bytes),
        )
    ]


def heap_figure(difference: HeapDifference) -> str:
    """Return ``Heap: lost +2.10 MiB, in use ±0, free −1.00 KiB``."""
    return tr("Heap: lost {lost}, in use {used}, free {free}").format(
        lost=format_change(difference.lost_bytes, "bytes"),
        used=format_change(difference.in_use_bytes, "bytes"),
        free=format_change(difference.free_bytes, "bytes"),
    )


def state_word(state: str) -> str:
    """Return what a state of a block means, in a few words."""
    return {
        BlockState.REACHABLE.value: tr("reachable"),
        BlockState.DIRECT.value: tr("lost: nothing points to it"),
        BlockState.INDIRECT.value: tr("lost with another block"),
        BlockState.POSSIBLE.value: tr("possibly lost: pointed to inside only"),
    }.get(state, state)


def kind_word(kind: str) -> str:
    """Return how blocks got their name."""
    return {
        TypeKind.CLASS.value: tr("class"),
        TypeKind.TEXT.value: tr("text"),
        TypeKind.SIZE.value: tr("size only"),
    }.get(kind, kind)


def certainty_word(certainty: str) -> str:
    """Return how sure it is that a class lacks a virtual destructor."""
    return {"certain": tr("certain"), "likely": tr("likely")}.get(certainty, certainty)


def type_text(name: str) -> str:
    """Return the name of a type, or that it is not known."""
    return printable(name, most=400) if name else tr("(type not known)")


def size_text(least: int, most: int) -> str:
    """Return a size class: ``48 B``, or ``1.00 KiB to 2.00 KiB``."""
    if least == most:
        return format_bytes(least)
    return tr("{least} to {most}").format(
        least=format_bytes(least), most=format_bytes(most)
    )
