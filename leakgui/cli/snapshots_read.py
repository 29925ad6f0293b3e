"""What the snapshots of a session tell, each read once, one after the other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from leakgui.analysis.difference import MOST_JUDGED_SNAPSHOTS, compare
from leakgui.analysis.heap_difference import compare_heaps, find_heap_pairs
from leakgui.guidance.evidence import find_latest_heap, numbers_to_judge
from leakgui.model.difference import Difference
from leakgui.model.heap import HeapDifference
from leakgui.model.recording import Event, EventKind
from leakgui.model.snapshot import Snapshot, SnapshotHeading
from leakgui.session.reader import SessionReader


@dataclass(frozen=True, slots=True, kw_only=True)
class SnapshotsRead:
    """What a verdict and a report take from the snapshots of a session."""

    differences: tuple[Difference, ...] = ()
    """Of the newest ones, each with the one before it."""
    heap_differences: tuple[HeapDifference, ...] = ()
    overall: Difference | None = None
    """The last snapshot minus the first; None where there are not two."""
    newest: tuple[Snapshot, ...] = ()
    """The newest, and the newest that has a heap, oldest first."""


def read_snapshots(
    reader: SessionReader, headings: Sequence[SnapshotHeading], events: Sequence[Event]
) -> SnapshotsRead:
    """Read what is judged; a damaged snapshot is passed over, and told by the reader.

    Few snapshots are held at once, and the heaps that were compared.
    """
    numbers = [heading.number for heading in headings]
    judged = frozenset(numbers[-MOST_JUDGED_SNAPSHOTS:])
    of_heaps = {one for pair in find_heap_pairs(headings) for one in pair}
    ends = {*numbers[:1], *numbers_to_judge(headings)}
    differences: list[Difference] = []
    heaps: list[HeapDifference] = []
    first: Snapshot | None = None
    before: Snapshot | None = None
    heap_before: Snapshot | None = None
    newest: tuple[Snapshot, ...] = ()
    for snapshot in _read(reader, sorted({*judged, *of_heaps, *ends})):
        first = first or snapshot
        newest = _newest(newest, snapshot)
        if snapshot.number in judged:
            if before is not None:
                differences.append(compare_over(before, snapshot, events))
            before = snapshot
        if snapshot.number in of_heaps:
            compared = compare_heaps(heap_before, snapshot) if heap_before else None
            heaps += [compared] if compared else []
            heap_before = snapshot
    return SnapshotsRead(
        differences=tuple(differences),
        heap_differences=tuple(heaps),
        overall=_overall(first, newest, events),
        newest=newest,
    )


def compare_over(
    before: Snapshot, after: Snapshot, events: Sequence[Event]
) -> Difference:
    """Return one snapshot minus another; steps marked in between are counted."""
    steps = sum(
        event.kind is EventKind.STEP
        and before.elapsed_s < event.elapsed_s <= after.elapsed_s
        for event in events
    )
    return compare(before, after, steps)


def _overall(
    first: Snapshot | None, newest: Sequence[Snapshot], events: Sequence[Event]
) -> Difference | None:
    if first is None or newest[-1] is first:
        return None
    return compare_over(first, newest[-1], events)


def _read(reader: SessionReader, numbers: Sequence[int]) -> Iterator[Snapshot]:
    for number in numbers:
        snapshot = reader.find_snapshot(number)
        if snapshot is not None:
            yield snapshot


def _newest(known: tuple[Snapshot, ...], snapshot: Snapshot) -> tuple[Snapshot, ...]:
    with_heap = find_latest_heap((*known, snapshot))
    return (snapshot,) if with_heap in {None, snapshot} else (with_heap, snapshot)
