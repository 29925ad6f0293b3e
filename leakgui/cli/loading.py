"""Read a recording of either kind together with what its snapshots tell."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from leakgui.analysis.difference import compare
from leakgui.analysis.heap_difference import compare_heaps, find_heap_pairs
from leakgui.errors import BadUsage
from leakgui.guidance.engine import judge, observe
from leakgui.guidance.evidence import find_latest_heap, numbers_to_judge
from leakgui.model.difference import Difference
from leakgui.model.finding import Judgement
from leakgui.model.heap import HeapDifference
from leakgui.model.recording import Event, EventKind, Recording
from leakgui.model.snapshot import Snapshot, SnapshotHeading
from leakgui.session.opening import is_session, open_recording
from leakgui.session.reader import SessionReader
from leakgui.texts import say

MOST_SNAPSHOTS = 20
"""The newest ones are enough for a verdict, and keep it quick."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """A recording, its verdict, and what its snapshots say."""

    recording: Recording
    judgement: Judgement
    headings: tuple[SnapshotHeading, ...] = ()
    overall: Difference | None = None
    """The last snapshot minus the first; None where there are not two."""
    heap: Snapshot | None = None
    """The newest snapshot that looked into the heap."""


def load(path: Path) -> Loaded:
    """Read and judge a file; raises ``SessionUnreadable`` and its kin."""
    if not is_session(path):
        recording = open_recording(path)
        return Loaded(recording=recording, judgement=judge(observe(recording)))
    with SessionReader(path) as reader:
        return _load_session(reader)


def compare_snapshots(
    reader: SessionReader, before: int | None, after: int | None
) -> Difference:
    """Return one snapshot minus another, the first and the last by default."""
    numbers = [heading.number for heading in reader.headings()]
    if len(numbers) < 2:
        raise BadUsage(
            say("{file} has fewer than two snapshots.", file=reader.path),
            say("leakgui snapshot PID -o {file} adds one.", file=reader.path),
        )
    return _difference(
        reader,
        numbers[0] if before is None else before,
        numbers[-1] if after is None else after,
        reader.recording().events,
    )


def _load_session(reader: SessionReader) -> Loaded:
    recording, headings = reader.recording(), reader.headings()
    numbers = [heading.number for heading in headings]
    differences = [
        _difference(reader, before, after, recording.events)
        for before, after in pairwise(numbers[-MOST_SNAPSHOTS:])
    ]
    newest = [reader.snapshot(number) for number in numbers_to_judge(headings)]
    heaps = _compare_heaps(reader)
    return Loaded(
        recording=recording,
        judgement=judge(observe(recording, differences, newest, heaps)),
        headings=headings,
        overall=compare_snapshots(reader, None, None) if differences else None,
        heap=find_latest_heap(newest),
    )


def _compare_heaps(reader: SessionReader) -> list[HeapDifference]:
    pairs = find_heap_pairs(reader.headings())
    found = (
        compare_heaps(reader.snapshot(before), reader.snapshot(after))
        for before, after in pairs
    )
    return [one for one in found if one is not None]


def _difference(
    reader: SessionReader, before: int, after: int, events: Sequence[Event]
) -> Difference:
    first, second = reader.snapshot(before), reader.snapshot(after)
    steps = sum(
        event.kind is EventKind.STEP
        and first.elapsed_s < event.elapsed_s <= second.elapsed_s
        for event in events
    )
    return compare(first, second, steps)
