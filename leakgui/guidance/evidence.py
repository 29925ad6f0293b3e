"""Everything the rules may look at, in one immutable value."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from leakgui.analysis.cells import Cells
from leakgui.model.difference import Difference
from leakgui.model.heap import HeapDifference
from leakgui.model.process import Target
from leakgui.model.recording import Event, Recording, TimeGap
from leakgui.model.snapshot import Snapshot, SnapshotHeading


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """What is known of one process: series as cells, and what was compared.

    A recorder that is still running builds it from its cell streams; a file is
    turned into it by ``observe``. The same samples give the same judgement.
    """

    target: Target
    started_unix_s: float
    span_s: float
    """From the first reading to the last, over all metrics."""
    cells: Mapping[str, Cells]
    """By metric key; a metric that was never read is absent."""
    events: tuple[Event, ...] = ()
    gaps: tuple[TimeGap, ...] = ()
    differences: tuple[Difference, ...] = ()
    """Of successive snapshots, oldest first."""
    heap_differences: tuple[HeapDifference, ...] = ()
    """Of successive snapshots that hold a heap, oldest first; ``before`` and ``after``
    of each are heaps whose blocks were counted."""
    latest_snapshot: Snapshot | None = None
    latest_heap: Snapshot | None = None
    """The newest snapshot that has a heap, understood or not; plain ones may follow."""
    facts: Mapping[str, str] = field(default_factory=dict)


def observe(
    recording: Recording,
    differences: Sequence[Difference] = (),
    snapshots: Sequence[Snapshot] = (),
    heap_differences: Sequence[HeapDifference] = (),
) -> Observed:
    """Gather a finished recording; series without a single sample are left out.

    Of ``snapshots``, oldest first, only the newest and the newest with a heap count.
    """
    cells = {
        key: Cells.of(series) for key, series in recording.series.items() if len(series)
    }
    return Observed(
        target=recording.target,
        started_unix_s=recording.started_unix_s,
        span_s=recording.span_s,
        cells={key: value for key, value in cells.items() if len(value)},
        events=recording.events,
        gaps=recording.gaps,
        differences=tuple(differences),
        heap_differences=tuple(heap_differences),
        latest_snapshot=snapshots[-1] if snapshots else None,
        latest_heap=find_latest_heap(snapshots),
        facts=recording.facts,
    )


def find_latest_heap(snapshots: Sequence[Snapshot]) -> Snapshot | None:
    """Return the newest of these, oldest first, that has a heap."""
    with_heap = (one for one in reversed(snapshots) if one.heap is not None)
    return next(with_heap, None)


def numbers_to_judge(headings: Sequence[SnapshotHeading]) -> tuple[int, ...]:
    """Return the newest snapshot and the newest with a heap, oldest first."""
    with_heap = [heading.number for heading in headings if heading.has_heap]
    newest = [heading.number for heading in headings[-1:]]
    return tuple(dict.fromkeys(with_heap[-1:] + newest))
