"""The part of the report about the native heap."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from leakgui.analysis.block_groups import sum_by_type
from leakgui.export.heap_words import certainty_word, kind_word
from leakgui.export.markup import Markup, bullet_list, element, joined, table
from leakgui.formatting import (
    format_address,
    format_bytes,
    format_count,
    format_duration,
    format_percent,
)
from leakgui.model.heap import Heap
from leakgui.model.snapshot import Snapshot
from leakgui.texts import say, say_count

MOST_ROWS = 25

Row = tuple[str, ...]


def heap_section(snapshot: Snapshot | None) -> Markup:
    """Return what the newest look into the heap found; nothing where there is none."""
    if snapshot is None or snapshot.heap is None:
        return Markup("")
    heap = snapshot.heap
    counted = (say("Blocks"), say("Bytes"))
    title = say("Native heap, snapshot {number}", number=snapshot.number)
    parts = [
        element("h2", title),
        element("p", _circumstances(heap), class_="dim"),
        _titled(say("Blocks"), (say("State"), *counted), _totals(heap), 1),
        _titled(
            say("Where the resident memory is"),
            (say("What"), say("Bytes"), say("Share")),
            _composition(heap),
            1,
        ),
        _titled(
            say("Types"),
            (say("Type"), say("Kind"), *counted, say("Lost"), say("Lost bytes")),
            _types(heap),
            2,
        ),
        _titled(
            say("Lost blocks that hold most"),
            (say("Type"), say("Begins with"), say("Address"), say("Bytes"),
             say("It leads to"), say("Their bytes")),
            _lost(heap),
            2,
        ),
        _titled(
            say("Who holds what is still reachable"),
            (say("Root"), say("Path"), say("Blocks"), say("Bytes")),
            _holders(heap),
            2,
        ),
        _titled(
            say("Classes without a virtual destructor"),
            (say("Class"), say("Base"), say("Certainty"), say("Objects"),
             say("Lost blocks like theirs"), say("Bytes")),
            _suspects(heap),
            3,
        ),
    ]  # fmt: skip
    if heap.notes:
        parts.append(bullet_list(heap.notes))
    return element("section", *parts)


def _circumstances(heap: Heap) -> str:
    pauses = " + ".join(format_duration(pause / 1000) for pause in heap.paused_ms)
    parts = [
        f"{heap.allocator} {heap.version}".strip(),
        say("stopped for {pauses}", pauses=pauses),
        say("{size} copied", size=format_bytes(heap.copied_bytes)),
        say_count("{count} look", "{count} looks", heap.looks),
        say("{share} walked", share=format_percent(heap.walked_share)),
    ]
    return " · ".join(parts)


def _titled(
    title: str, heads: Sequence[str], rows: Iterable[Row], numbers_from: int
) -> Markup:
    """Return a table under its title, cut where it is long; nothing without rows."""
    found = list(rows)
    if not found:
        return Markup("")
    parts = [
        element("h3", title),
        table(heads, found[:MOST_ROWS], numbers_from=numbers_from),
    ]
    left_out = len(found) - MOST_ROWS
    if left_out > 0:
        more = say_count("{count} more row", "{count} more rows", left_out)
        parts.append(element("p", more, class_="dim"))
    return joined(parts)


def _totals(heap: Heap) -> list[Row]:
    blocks, leaked = heap.blocks, heap.leaked
    rows = []
    if blocks:
        rows += [
            (say("In use"), blocks.in_use, blocks.in_use_bytes),
            (say("Free in the allocator"), blocks.free, blocks.free_bytes),
        ]
    if leaked:
        rows += [
            (say("Lost, directly"), leaked.direct, leaked.direct_bytes),
            (say("Lost, indirectly"), leaked.indirect, leaked.indirect_bytes),
            (say("Possibly lost"), leaked.possible, leaked.possible_bytes),
            (say("Reachable"), leaked.reachable, leaked.reachable_bytes),
        ]
    return [
        (label, format_count(count), format_bytes(size)) for label, count, size in rows
    ]


def _composition(heap: Heap) -> list[Row]:
    parts = heap.composition
    if parts is None:
        return []
    whole = heap.resident_bytes or None
    return [
        (
            parts.label[row],
            format_bytes(int(parts.bytes[row])),
            format_percent(int(parts.bytes[row]) / whole if whole else None),
        )
        for row in range(len(parts))
    ]


def _types(heap: Heap) -> list[Row]:
    if heap.groups is None:
        return []
    sums = sum_by_type(heap.groups)
    return [
        (
            *(sums.key[row], kind_word(sums.kind[row])),
            *(format_count(int(sums.count[row])), format_bytes(int(sums.bytes[row]))),
            format_count(int(sums.lost[row])),
            format_bytes(int(sums.lost_bytes[row])),
        )
        for row in range(len(sums))
    ]


def _lost(heap: Heap) -> list[Row]:
    lost = heap.lost
    if lost is None:
        return []
    return [
        (
            lost.type_name[row] or say("(not known)"),
            lost.peek[row],
            format_address(int(lost.address[row])),
            format_bytes(int(lost.bytes[row])),
            format_count(int(lost.indirect[row])),
            format_bytes(int(lost.indirect_bytes[row])),
        )
        for row in range(len(lost))
    ]


def _holders(heap: Heap) -> list[Row]:
    holders = heap.holders
    if holders is None:
        return []
    return [
        (
            *(holders.root[row], holders.path[row]),
            format_count(int(holders.retained[row])),
            format_bytes(int(holders.retained_bytes[row])),
        )
        for row in range(len(holders))
    ]


def _suspects(heap: Heap) -> list[Row]:
    found = heap.suspects
    if found is None:
        return []
    return [
        (
            *(found.class_name[row], found.base_name[row]),
            certainty_word(found.certainty[row]),
            format_count(int(found.objects[row])),
            format_count(int(found.lost[row])),
            format_bytes(int(found.lost_bytes[row])),
        )
        for row in range(len(found))
    ]
