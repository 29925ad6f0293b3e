"""What is open: a recording under way, or one read from a file, with one face."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Protocol

from leakgui.analysis.difference import MOST_JUDGED_SNAPSHOTS, compare
from leakgui.analysis.heap_difference import compare_heaps, find_heap_pairs
from leakgui.charts.source import PlotSource, RecordedSource
from leakgui.guidance.evidence import Observed, numbers_to_judge, observe
from leakgui.model.difference import Difference
from leakgui.model.heap import HeapDifference
from leakgui.model.process import Target
from leakgui.model.recording import Event, EventKind, Recording
from leakgui.model.snapshot import Snapshot, SnapshotHeading
from leakgui.recording.launch import Launched
from leakgui.recording.recorder import Recorder
from leakgui.session.from_csv import read_csv
from leakgui.session.opening import is_session
from leakgui.session.reader import SessionReader
from leakgui.session.rows import ClosedHandle


class Subject(Protocol):
    """One process over time, however it came here."""

    is_live: bool
    source: PlotSource
    target: Target
    path: Path | None

    def headings(self) -> Sequence[SnapshotHeading]:
        """Return one line for each snapshot, oldest first."""

    def snapshot(self, number: int) -> Snapshot:
        """Return a whole snapshot."""

    def closed_handles(self) -> Sequence[ClosedHandle]:
        """Return handles that were seen open and are closed now, oldest first."""

    def recording(self) -> Recording:
        """Return everything that was measured, as it is now."""

    def observed(self) -> Observed:
        """Return the evidence for the rules, snapshots compared."""

    def close(self) -> None:
        """Give back what is held open."""


class _Compared:
    """What snapshots say to the rules: each is read and each pair compared once.

    Judgements may overlap in two threads: each works on its own copy of what is
    known, and the last one to end keeps it.
    """

    def __init__(self, subject: Subject) -> None:
        self._subject = subject
        self._known: dict[tuple[int, int], Difference] = {}
        self._known_heaps: dict[tuple[int, int], HeapDifference | None] = {}
        self._newest: dict[int, Snapshot] = {}

    def differences(self, events: Sequence[Event]) -> tuple[Difference, ...]:
        """Compare each of the newest snapshots with the one before it."""
        numbers = [heading.number for heading in self._subject.headings()]
        numbers = numbers[-MOST_JUDGED_SNAPSHOTS:]
        pairs = list(pairwise(numbers))
        known = self._known
        found = {
            pair: known[pair]
            if pair in known
            else compare_numbers(self._subject, *pair, events)
            for pair in pairs
        }
        self._known = found
        return tuple(found.values())

    def heap_differences(self) -> tuple[HeapDifference, ...]:
        """Compare each of the newest heaps with the one before it."""
        known, subject = self._known_heaps, self._subject
        found = {
            pair: known[pair]
            if pair in known
            else compare_heaps(*(subject.snapshot(number) for number in pair))
            for pair in find_heap_pairs(subject.headings())
        }
        self._known_heaps = found
        return tuple(one for one in found.values() if one is not None)

    def newest(self) -> tuple[Snapshot, ...]:
        """Return those that are looked at by themselves, see ``numbers_to_judge``."""
        known, subject = self._newest, self._subject
        found = {
            number: known[number] if number in known else subject.snapshot(number)
            for number in numbers_to_judge(subject.headings())
        }
        self._newest = found
        return tuple(found.values())


def describe_counters(difference: Difference) -> str:
    """Return ``1 with 2: handles +50, threads +0`` for the log."""
    parts = []
    for key in ("handles", "threads"):
        before, after = difference.counters.get(key, (None, None))
        if before is not None and after is not None:
            parts.append(f"{key} {after - before:+.0f}")
    pair = f"{difference.from_number} with {difference.to_number}"
    return f"{pair}: {', '.join(parts)}"


def compare_numbers(
    subject: Subject, before: int, after: int, events: Sequence[Event]
) -> Difference:
    """Compare two snapshots of a subject; steps marked in between are counted."""
    first, second = subject.snapshot(before), subject.snapshot(after)
    low, high = sorted((first.elapsed_s, second.elapsed_s))
    steps = sum(
        event.kind is EventKind.STEP and low < event.elapsed_s <= high
        for event in events
    )
    return compare(first, second, steps)


def number_to_compare(
    headings: Sequence[SnapshotHeading], after: Snapshot
) -> int | None:
    """Return the snapshot that a new one is compared with; None where it is the first.

    That is the one before it; for a heap the newest heap before it, where there is
    one, because nobody can say what a heap lost since a snapshot that has none.
    """
    earlier = [one for one in headings if one.number < after.number]
    heaps = [one for one in earlier if one.lost_bytes is not None]
    if after.heap is not None and heaps:
        return heaps[-1].number
    return earlier[-1].number if earlier else None


class LiveSubject:
    """A process that is being recorded now."""

    is_live = True

    def __init__(self, recorder: Recorder, child: Launched | None = None) -> None:
        self.recorder = recorder
        self.child = child
        """The process as a child of ours, where leakgui started it."""
        self.source: PlotSource = recorder.live
        self.target = recorder.live.target
        self.path = recorder.path
        self._compared = _Compared(self)

    @property
    def is_running(self) -> bool:
        """Whether readings still come in."""
        return not self.recorder.wait(0)

    def headings(self) -> Sequence[SnapshotHeading]:
        return self.recorder.live.snapshots

    def snapshot(self, number: int) -> Snapshot:
        return self.recorder.live.snapshot(number)

    def closed_handles(self) -> Sequence[ClosedHandle]:
        return self.recorder.live.closed_handles()

    def recording(self) -> Recording:
        return self.recorder.live.recording()

    def observed(self) -> Observed:
        differences = self._compared.differences(self.recorder.live.events)
        newest, heaps = self._compared.newest(), self._compared.heap_differences()
        return self.recorder.live.observed(differences, newest, heaps)

    def close(self) -> None:
        self.recorder.stop()


class FileSubject:
    """A recording read from a session file or an exported CSV."""

    is_live = False

    def __init__(self, path: Path) -> None:
        self.path: Path | None = path
        self._reader = SessionReader(path) if is_session(path) else None
        self._recording = self._reader.recording() if self._reader else read_csv(path)
        self.source: PlotSource = RecordedSource(self._recording)
        self.target = self._recording.target
        self._compared = _Compared(self)

    def headings(self) -> Sequence[SnapshotHeading]:
        return self._reader.headings() if self._reader else ()

    def snapshot(self, number: int) -> Snapshot:
        if self._reader is None:
            raise KeyError(number)
        return self._reader.snapshot(number)

    def closed_handles(self) -> Sequence[ClosedHandle]:
        return self._reader.closed_handles() if self._reader else ()

    def recording(self) -> Recording:
        return self._recording

    def observed(self) -> Observed:
        differences = self._compared.differences(self._recording.events)
        newest, heaps = self._compared.newest(), self._compared.heap_differences()
        return observe(self._recording, differences, newest, heaps)

    def close(self) -> None:
        if self._reader is not None:
            self._reader.close()
