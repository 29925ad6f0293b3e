"""A native heap as the keys that ``leakgui snapshot --heap --json`` prints."""

from __future__ import annotations

from dataclasses import asdict

from leakgui.analysis.block_groups import BlockSums, sum_by_size, sum_by_type
from leakgui.formatting import printable
from leakgui.model.heap import Heap

_UNKNOWN = dict.fromkeys(
    (
        *("allocator", "allocator_version", "level", "looks", "copied_bytes"),
        *("resident_bytes", "walked_share", "blocks", "leaked", "by_size", "by_type"),
    )
)


def heap_as_json(heap: Heap | None) -> dict[str, object]:
    """Return the keys of the command line's contract, schema 1.

    What is not known is None; the snapshot's gaps say why.
    """
    if heap is None:
        return {**_UNKNOWN, "notes": []}
    groups = heap.groups
    return {
        "allocator": heap.allocator,
        "allocator_version": heap.version or None,
        "level": heap.level.value,
        "looks": heap.looks,
        "copied_bytes": heap.copied_bytes,
        "resident_bytes": heap.resident_bytes,
        "walked_share": heap.walked_share,
        "blocks": asdict(heap.blocks) if heap.blocks else None,
        "leaked": asdict(heap.leaked) if heap.leaked else None,
        "by_size": _rows(sum_by_size(groups)) if groups else None,
        "by_type": _rows(sum_by_type(groups)) if groups else None,
        "notes": [printable(note) for note in heap.notes],
    }


def _rows(sums: BlockSums) -> list[dict[str, object]]:
    return [
        {
            "key": printable(sums.key[row]),
            "kind": sums.kind[row],
            "count": int(sums.count[row]),
            "bytes": int(sums.bytes[row]),
            "lost": int(sums.lost[row]),
            "lost_bytes": int(sums.lost_bytes[row]),
        }
        for row in range(len(sums))
    ]
