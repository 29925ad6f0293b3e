"""What grew, went and was lost in a native heap between two snapshots."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from leakgui.analysis.block_groups import (
    NameRow,
    find_lost,
    find_peeks,
    name_by_size,
    name_by_type,
)
from leakgui.analysis.grouping import Labels, Side, list_changes
from leakgui.model.difference import Changes
from leakgui.model.heap import BlockGroups, Heap, HeapDifference
from leakgui.model.snapshot import Gap, GapReason, Snapshot, SnapshotHeading
from leakgui.texts import say

MOST_JUDGED_HEAPS = 16
"""Spread over the whole recording, and the newest: enough for a verdict, and quick."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HeapChanges:
    """How groups of blocks changed; None where that is not known."""

    by_size: Changes | None = None
    by_type: Changes | None = None
    lost: Changes | None = None
    """Blocks that nothing reaches, by type."""


def compare_heaps(before: Snapshot, after: Snapshot) -> HeapDifference | None:
    """Return the later heap minus the earlier one.

    None where a snapshot has no heap, or one whose blocks, leaks or groups are not
    known.
    """
    old, new = before.heap, after.heap
    if old is None or new is None:
        return None
    if old.blocks is None or new.blocks is None:
        return None
    if old.leaked is None or new.leaked is None:
        return None
    if old.groups is None or new.groups is None:
        return None
    return HeapDifference(
        from_number=before.number,
        to_number=after.number,
        from_elapsed_s=before.elapsed_s,
        to_elapsed_s=after.elapsed_s,
        in_use_bytes=new.blocks.in_use_bytes - old.blocks.in_use_bytes,
        free_bytes=new.blocks.free_bytes - old.blocks.free_bytes,
        lost=new.leaked.lost - old.leaked.lost,
        lost_bytes=new.leaked.lost_bytes - old.leaked.lost_bytes,
        possible_bytes=new.leaked.possible_bytes - old.leaked.possible_bytes,
        after=new,
        before=old,
    )


def compare_groups(before: Heap | None, after: Heap | None) -> HeapChanges:
    """Return what changed in each group of blocks, the largest growth first.

    Every group that is in one of the heaps is a row, unchanged ones too.
    """
    if before is None or after is None:
        return HeapChanges()
    old, new = before.groups, after.groups
    if old is None or new is None:
        return HeapChanges()
    is_known = before.leaked is not None and after.leaked is not None
    return HeapChanges(
        by_size=_compare(old, new, name_by_size),
        by_type=_compare(old, new, name_by_type),
        lost=_compare(old, new, name_by_type, is_lost=True) if is_known else None,
    )


def find_heap_gap(before: Snapshot, after: Snapshot) -> Gap | None:
    """Return why heaps cannot be compared; None where they can, or nobody asked."""
    lacking = [one.number for one in (before, after) if one.heap is None]
    if len(lacking) != 1:
        return None
    detail = say("Snapshot {number} does not hold the heap.", number=lacking[0])
    return Gap(where="heap", reason=GapReason.UNREADABLE, detail=detail)


def find_heap_pairs(headings: Sequence[SnapshotHeading]) -> list[tuple[int, int]]:
    """Return the numbers of successive snapshots whose heaps can be compared.

    Snapshots without such a heap are skipped. Of many, every second counts, or fourth,
    and so on, so that pairs stay the same while a recording goes on; and the newest.
    """
    numbers = [one.number for one in headings if one.lost_bytes is not None]
    step = 1
    while len(numbers) > step * MOST_JUDGED_HEAPS:
        step *= 2
    chosen = dict.fromkeys((*numbers[::step], *numbers[-1:]))
    return list(pairwise(chosen))


def _compare(
    before: BlockGroups, after: BlockGroups, name: NameRow, *, is_lost: bool = False
) -> Changes:
    """Compare groups under their names; ``is_lost`` leaves out what is reachable."""
    labels = Labels()
    sides = [_side(table, labels, name, is_lost=is_lost) for table in (before, after)]
    peeks = [find_peeks(table, labels, name) for table in (before, after)]
    details = [new or old for old, new in zip(*peeks, strict=True)]
    return list_changes(labels, sides[0], sides[1], details)


def _side(groups: BlockGroups, labels: Labels, name: NameRow, *, is_lost: bool) -> Side:
    rows = np.flatnonzero(find_lost(groups)) if is_lost else np.arange(len(groups))
    return Side(
        group=labels.codes([name(groups, row) for row in rows.tolist()]),
        bytes_of=groups.bytes[rows].astype(np.float64),
        count_of=groups.count[rows],
    )
