"""What appeared, went and grew between two snapshots."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import numpy as np

from leakgui.analysis.handle_difference import compare_handles
from leakgui.analysis.heap_difference import (
    compare_groups,
    compare_heaps,
    find_heap_gap,
)
from leakgui.analysis.mapping_difference import compare_mappings
from leakgui.analysis.thread_difference import compare_threads
from leakgui.model.difference import Changes, Difference
from leakgui.model.heap import HeapDifference
from leakgui.model.snapshot import Gap, GapReason, Snapshot
from leakgui.texts import say

LEAST_NOISE_BYTES = 128 * 1024
"""What an allocator takes from the system at once: glibc's M_TOP_PAD."""
NOISE_SHARE = 0.01
"""Of the resident memory: caches and lazily touched pages come and go like this."""
MOST_JUDGED_SNAPSHOTS = 20
"""How many of the newest are compared for a verdict: in the window as in the command
line, so that the same recording gives the same sentence."""

Table = TypeVar("Table")


def compare(before: Snapshot, after: Snapshot, steps: int = 0) -> Difference:
    """Return the later snapshot minus the earlier one, in groups.

    Mappings are grouped by what backs them, handles by kind and target, threads
    by name, blocks by type and by size. Every group that is in one of the snapshots
    is a row, unchanged ones too; rows are ordered by growth. A section that one
    snapshot lacks is None, with a gap that says why.
    """
    mappings = _section(before.mappings, after.mappings, compare_mappings)
    handles = _section(
        before.handles,
        after.handles,
        lambda old, new: compare_handles(old, new, after.elapsed_s),
    )
    threads = _section(before.threads, after.threads, compare_threads)
    heap, groups = compare_heaps(before, after), compare_groups(before.heap, after.heap)
    noise_bytes = find_noise(before)
    return Difference(
        from_number=before.number,
        to_number=after.number,
        from_elapsed_s=before.elapsed_s,
        to_elapsed_s=after.elapsed_s,
        steps=steps,
        counters=_compare_counters(before, after),
        mappings=mappings,
        handles=handles,
        threads=threads,
        gaps=_gaps(before, after),
        noise_bytes=noise_bytes,
        has_change=_has_counts_changed(mappings, handles, threads)
        or _has_memory_changed(before, after, noise_bytes)
        or _has_heap_changed(heap, noise_bytes),
        heap=heap,
        heap_by_size=groups.by_size,
        heap_by_type=groups.by_type,
        heap_lost=groups.lost,
    )


def find_noise(before: Snapshot) -> float:
    """Return the change of memory up to which nothing can be said, in bytes."""
    rss_bytes = before.counters.get("rss_bytes", 0.0)
    return max(float(LEAST_NOISE_BYTES), NOISE_SHARE * rss_bytes)


def _section(
    before: Table | None,
    after: Table | None,
    compare_tables: Callable[[Table, Table], Changes],
) -> Changes | None:
    if before is None or after is None:
        return None
    return compare_tables(before, after)


def _compare_counters(
    before: Snapshot, after: Snapshot
) -> dict[str, tuple[float | None, float | None]]:
    keys = dict.fromkeys((*before.counters, *after.counters))
    return {key: (before.counters.get(key), after.counters.get(key)) for key in keys}


def _has_counts_changed(
    mappings: Changes | None, handles: Changes | None, threads: Changes | None
) -> bool:
    """Return whether anything was opened, closed, started, ended or mapped.

    Mappings count as a whole: the kernel joins and splits them as it likes.
    """
    if mappings is not None and mappings.delta.sum():
        return True
    return any(
        section is not None and bool(np.any(section.delta))
        for section in (handles, threads)
    )


def _has_memory_changed(before: Snapshot, after: Snapshot, noise_bytes: float) -> bool:
    """Return whether memory moved by more than noise; unknown may have moved."""
    for key in ("uss_bytes", "rss_bytes"):
        if key in before.counters and key in after.counters:
            return abs(after.counters[key] - before.counters[key]) > noise_bytes
    return True


def _has_heap_changed(heap: HeapDifference | None, noise_bytes: float) -> bool:
    """Return whether more is in use than noise; what is lost counts block by block."""
    return heap is not None and bool(
        heap.lost or heap.lost_bytes or abs(heap.in_use_bytes) > noise_bytes
    )


def _gaps(before: Snapshot, after: Snapshot) -> tuple[Gap, ...]:
    """Return the gaps of both, and one for each section that is missing unsaid."""
    gaps = list(dict.fromkeys((*before.gaps, *after.gaps)))
    told = {gap.where for gap in gaps}
    for where in ("mappings", "handles", "threads"):
        lacking = [
            snapshot.number
            for snapshot in (before, after)
            if getattr(snapshot, where) is None
        ]
        if lacking and where not in told:
            detail = say("Snapshot {number} does not hold them.", number=lacking[0])
            gaps.append(Gap(where=where, reason=GapReason.UNREADABLE, detail=detail))
    heap_gap = find_heap_gap(before, after)
    if heap_gap is not None and heap_gap.where not in told:
        gaps.append(heap_gap)
    return tuple(gaps)
