"""What grew, went and was lost in a native heap between two snapshots."""

from __future__ import annotations

from collections.abc import Sequence

from leakgui.model.heap import HeapDifference
from leakgui.model.snapshot import Snapshot, SnapshotHeading


def compare_heaps(before: Snapshot, after: Snapshot) -> HeapDifference | None:
    """Return the later heap minus the earlier one.

    None where a snapshot has no heap, or one whose blocks or leaks are not known.
    """
    raise NotImplementedError


def find_heap_pairs(headings: Sequence[SnapshotHeading]) -> list[tuple[int, int]]:
    """Return the numbers of successive snapshots whose heaps can be compared.

    Snapshots without such a heap are skipped; the newest eight with one count.
    """
    raise NotImplementedError
