"""A native heap in words, for a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from leakgui.analysis.block_groups import BlockSums, sum_by_type
from leakgui.cli.output import print_line, print_message, print_table
from leakgui.formatting import (
    format_bytes,
    format_count,
    format_duration,
    format_percent,
    printable,
)
from leakgui.texts import say

if TYPE_CHECKING:
    from leakgui.model.columns import I64
    from leakgui.model.heap import Heap

MOST_ROWS = 10


def print_heap(heap: Heap) -> None:
    """Print the totals and the largest types; what else to know goes to messages."""
    print_line(_headline(heap))
    rows = _totals(heap)
    if rows:
        print_table(("", ">" + say("BLOCKS"), ">" + say("BYTES")), rows)
    if heap.groups is not None:
        sums = sum_by_type(heap.groups)
        _print_largest(say("LARGEST LOST"), sums, sums.lost, sums.lost_bytes)
        held, held_bytes = sums.count - sums.lost, sums.bytes - sums.lost_bytes
        _print_largest(say("LARGEST NOT LOST"), sums, held, held_bytes)
    for note in heap.notes:
        print_message(f"  {printable(note)}")


def _headline(heap: Heap) -> str:
    pauses = " + ".join(format_duration(pause / 1000) for pause in heap.paused_ms)
    parts = [
        say("Heap of {name}", name=f"{heap.allocator} {heap.version}".strip()),
        say("stopped for {pauses}", pauses=pauses),
        say("{size} copied", size=format_bytes(heap.copied_bytes)),
    ]
    if heap.walked_share < 1:
        share = format_percent(heap.walked_share)
        parts.append(say("only {share} of it could be walked", share=share))
    if heap.leaked and heap.leaked.lost and heap.looks < 2:
        parts.append(say("one look: some of the lost may only be in flight"))
    return ", ".join(parts)


def _totals(heap: Heap) -> list[tuple[str, str, str]]:
    rows: list[tuple[str, int, int]] = []
    blocks, leaked = heap.blocks, heap.leaked
    if blocks is not None:
        rows += [
            (say("in use"), blocks.in_use, blocks.in_use_bytes),
            (say("free in the allocator"), blocks.free, blocks.free_bytes),
        ]
    if leaked is not None:
        rows += [
            (say("lost, directly"), leaked.direct, leaked.direct_bytes),
            (say("lost, indirectly"), leaked.indirect, leaked.indirect_bytes),
            (say("possibly lost"), leaked.possible, leaked.possible_bytes),
        ]
    return [
        (f"  {label}", format_count(count), format_bytes(size))
        for label, count, size in rows
    ]


def _print_largest(title: str, sums: BlockSums, counts: I64, sizes: I64) -> None:
    """Print the types that have most; nothing where none has any."""
    order = [row for row in np.argsort(-sizes, kind="stable").tolist() if counts[row]]
    if not order:
        return
    print_line()
    rows = (
        (
            f"{format_count(int(counts[row])):>10}",
            format_bytes(int(sizes[row])),
            sums.key[row],
        )
        for row in order[:MOST_ROWS]
    )
    print_table((">" + say("BLOCKS"), ">" + say("BYTES"), title), rows)
    if len(order) > MOST_ROWS:
        print_line(say("  ... and {count} more", count=len(order) - MOST_ROWS))
