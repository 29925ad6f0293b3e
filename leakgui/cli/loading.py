"""Read a recording of either kind together with what its snapshots tell."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from leakgui.cli.snapshots_read import compare_over, read_snapshots
from leakgui.errors import BadUsage
from leakgui.guidance.engine import judge, observe
from leakgui.guidance.evidence import find_latest_heap
from leakgui.model.difference import Difference
from leakgui.model.finding import Judgement
from leakgui.model.heap import Heap
from leakgui.model.recording import Recording
from leakgui.model.snapshot import Snapshot, SnapshotHeading
from leakgui.session.opening import is_session, open_recording
from leakgui.session.reader import SessionReader
from leakgui.texts import say


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
    judged_heaps: tuple[Heap, ...] = ()
    """What else the verdict was judged from: it can name what only these hold."""
    damage: tuple[str, ...] = ()
    """What could not be read of the file, and was left out."""


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
    first = reader.snapshot(numbers[0] if before is None else before)
    last = reader.snapshot(numbers[-1] if after is None else after)
    return compare_over(first, last, reader.recording().events)


def _load_session(reader: SessionReader) -> Loaded:
    recording, headings = reader.recording(), reader.headings()
    found = read_snapshots(reader, headings, recording.events)
    heaps = found.heap_differences
    observed = observe(recording, found.differences, found.newest, heaps)
    return Loaded(
        recording=recording,
        judgement=judge(observed),
        headings=headings,
        overall=found.overall,
        heap=find_latest_heap(found.newest),
        judged_heaps=tuple(one for pair in heaps for one in (pair.before, pair.after)),
        damage=reader.damage,
    )
