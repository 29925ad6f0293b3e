"""A recording that is still going on, readable from every thread."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from leakgui.analysis.cells import Cells, CellStream
from leakgui.analysis.envelope import Envelope
from leakgui.errors import BadUsage
from leakgui.guidance.evidence import Observed, find_latest_heap
from leakgui.model.difference import Difference
from leakgui.model.heap import HeapDifference
from leakgui.model.metric import METRICS, Reading
from leakgui.model.process import Target
from leakgui.model.recording import Event, EventKind, Recording, Series, TimeGap
from leakgui.model.snapshot import Snapshot, SnapshotHeading
from leakgui.recording.clock import RecordingClock
from leakgui.recording.handle_history import HandleHistory
from leakgui.recording.shelf import Shelf
from leakgui.session.reader import SessionReader
from leakgui.session.rows import ClosedHandle
from leakgui.texts import say

MOST_KEPT = 10_000
"""Events, gaps and headings: the newest are kept in memory."""
_BATCH = 64
_ORDER = {metric.key: place for place, metric in enumerate(METRICS)}


class _Stream:
    """One metric as it comes in: for plots, and for the rules."""

    def __init__(self) -> None:
        self.envelope = Envelope()
        self.first: float | None = None
        self._cells = CellStream()
        self._fresh: list[tuple[float, float]] = []
        self._lock = threading.Lock()

    def append(self, elapsed_s: float, value: float) -> None:
        """Take a value; it goes to the cells with others, which is cheaper."""
        if self.first is None:
            self.first = value
        self.envelope.append(elapsed_s, value)
        with self._lock:
            self._fresh.append((elapsed_s, value))
            if len(self._fresh) >= _BATCH:
                self._sort_in()

    def extend(self, series: Series) -> None:
        """Take a whole series."""
        for elapsed_s, value in zip(
            series.elapsed_s.tolist(), series.value.tolist(), strict=True
        ):
            self.append(elapsed_s, value)

    def cells(self) -> Cells:
        """Copy the cells: some 50 microseconds, all that a writer can have to wait."""
        with self._lock:
            self._sort_in()
            return self._cells.cells()

    def _sort_in(self) -> None:
        if self._fresh:
            fresh = np.array(self._fresh)
            self._cells.extend(fresh[:, 0], fresh[:, 1])
            self._fresh.clear()


class LiveRecording:
    """What is known so far; its memory is bounded however long it goes on.

    ``add_*`` is for the recorder; everything else may be asked by any thread.
    """

    def __init__(
        self, target: Target, clock: RecordingClock, path: Path | None = None
    ) -> None:
        self.target = target
        self.started_unix_s = clock.started_unix_s
        self.history = HandleHistory()
        self.shelf = Shelf()
        self._clock = clock
        self._path = path
        self._streams: dict[str, _Stream] = {}
        self._events: deque[Event] = deque(maxlen=MOST_KEPT)
        self._gaps: deque[TimeGap] = deque(maxlen=MOST_KEPT)
        self._headings: deque[SnapshotHeading] = deque(maxlen=MOST_KEPT)
        self._facts: dict[str, str] = {}
        self._lock = threading.Lock()

    # -- asking ---------------------------------------------------------------------

    @property
    def elapsed_s(self) -> float:
        """Seconds since the start; stands still after the end."""
        return self._clock.elapsed_s()

    @property
    def events(self) -> Sequence[Event]:
        """The newest 10,000 events, oldest first."""
        with self._lock:
            return tuple(self._events)

    @property
    def gaps(self) -> Sequence[TimeGap]:
        """The newest 10,000 gaps, oldest first."""
        with self._lock:
            return tuple(self._gaps)

    @property
    def snapshots(self) -> tuple[SnapshotHeading, ...]:
        """Headings of the snapshots, oldest first."""
        with self._lock:
            return tuple(self._headings)

    @property
    def facts(self) -> dict[str, str]:
        """Side facts by key, see ``Recording.facts``."""
        return dict(self._facts)

    def keys(self) -> tuple[str, ...]:
        """Return the metrics that have readings, in the order of ``METRICS``."""
        return tuple(
            sorted(self._streams, key=lambda key: _ORDER.get(key, len(_ORDER)))
        )

    def envelope(self, key: str) -> Envelope | None:
        """Return the series of a metric; None where nothing was read yet."""
        stream = self._streams.get(key)
        return stream.envelope if stream else None

    def first_and_last(self) -> tuple[dict[str, float], dict[str, float]]:
        """Return the oldest and the newest value of each metric."""
        streams = dict(self._streams)
        first = {k: s.first for k, s in streams.items() if s.first is not None}
        last = {k: s.envelope.last[1] for k, s in streams.items() if s.envelope.last}
        return first, last

    def snapshot(self, number: int) -> Snapshot:
        """Return one snapshot; raises ``BadUsage`` where there is none (any more)."""
        held = self.shelf.find(number)
        if held is not None:
            return held
        if self._path is None or not any(h.number == number for h in self.snapshots):
            raise BadUsage(
                say("There is no snapshot {number}.", number=number),
                say("Without a file only the newest snapshots are kept."),
            )
        with SessionReader(self._path) as reader:
            return reader.snapshot(number)

    def closed_handles(self) -> tuple[ClosedHandle, ...]:
        """Return handles seen closed, the newest 10,000, oldest first."""
        return self.history.closed()

    def recording(self) -> Recording:
        """Return what is kept in memory as a finished recording."""
        return Recording(
            target=self.target,
            started_unix_s=self.started_unix_s,
            series={key: self._streams[key].envelope.samples() for key in self.keys()},
            events=tuple(self.events),
            gaps=tuple(self.gaps),
            facts=self.facts,
        )

    def observed(
        self,
        differences: Sequence[Difference] = (),
        snapshots: Sequence[Snapshot] = (),
        heap_differences: Sequence[HeapDifference] = (),
    ) -> Observed:
        """Return the evidence so far, as ``guidance.evidence.observe`` would."""
        cells = {key: self._streams[key].cells() for key in self.keys()}
        begin = min((c.from_s for c in cells.values()), default=0.0)
        end = max((c.last_s for c in cells.values()), default=0.0)
        return Observed(
            target=self.target,
            started_unix_s=self.started_unix_s,
            span_s=end - begin,
            cells=cells,
            events=tuple(self.events),
            gaps=tuple(self.gaps),
            differences=tuple(differences),
            heap_differences=tuple(heap_differences),
            latest_snapshot=snapshots[-1] if snapshots else None,
            latest_heap=find_latest_heap(snapshots),
            facts=self.facts,
        )

    # -- adding, by the recorder ----------------------------------------------------

    def add_reading(self, elapsed_s: float, reading: Reading) -> None:
        """Take values of one moment; from the sampler's thread only."""
        for key, value in reading.items():
            stream = self._streams.get(key)
            if stream is None:
                stream = _Stream()
                stream.append(elapsed_s, value)
                # A new dictionary, so that readers never see one that changes.
                self._streams = {**self._streams, key: stream}
            else:
                stream.append(elapsed_s, value)

    def add_event(self, event: Event) -> None:
        """Take an event."""
        with self._lock:
            self._events.append(event)

    def add_gap(self, gap: TimeGap) -> None:
        """Take a gap, or a longer version of one of the same start and metrics."""
        with self._lock:
            # Gaps that still grow are among the last few: one for each tier.
            for index in range(len(self._gaps) - 1, max(len(self._gaps) - 200, -1), -1):
                known = self._gaps[index]
                if (known.from_s, known.metrics) == (gap.from_s, gap.metrics):
                    self._gaps[index] = gap
                    return
            self._gaps.append(gap)

    def add_snapshot(self, snapshot: Snapshot) -> None:
        """Take a snapshot; the shelf holds it until it is in the file."""
        counters, heap = snapshot.counters, snapshot.heap
        leaked = heap.leaked if heap else None
        heading = SnapshotHeading(
            number=snapshot.number,
            name=snapshot.name,
            elapsed_s=snapshot.elapsed_s,
            taken_unix_s=snapshot.taken_unix_s,
            rss_bytes=counters.get("rss_bytes"),
            handles=counters.get("handles"),
            threads=counters.get("threads"),
            note=snapshot.note,
            has_heap=heap is not None,
            lost_bytes=leaked.lost_bytes if leaked else None,
        )
        self.shelf.put(snapshot)
        with self._lock:
            self._headings.append(heading)

    def rename_snapshot(self, number: int, name: str) -> None:
        """Give a snapshot another name."""
        held = self.shelf.find(number)
        if held is not None:
            self.shelf.put(replace(held, name=name))
        with self._lock:
            for index, heading in enumerate(self._headings):
                if heading.number == number:
                    self._headings[index] = replace(heading, name=name)

    def set_facts(self, facts: dict[str, str]) -> None:
        """Take side facts; newer values count."""
        self._facts = {**self._facts, **facts}

    def restore(self, reader: SessionReader) -> None:
        """Take what an earlier part of the same recording left in the file."""
        earlier = reader.recording()
        self._streams = {key: _Stream() for key in earlier.series}
        for key, series in earlier.series.items():
            self._streams[key].extend(series)
        self._events.extend(earlier.events)
        self._gaps.extend(earlier.gaps)
        self._headings.extend(reader.headings())
        self._facts = dict(earlier.facts)
        self.history.restore(reader.closed_handles())

    def steps(self) -> int:
        """Return the number of the last step that was marked; 0 means none."""
        marked = (e.number or 0 for e in self.events if e.kind is EventKind.STEP)
        return max(marked, default=0)
