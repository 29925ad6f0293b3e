"""A recording that is still going on, readable from every thread."""

from __future__ import annotations

from collections.abc import Sequence

from leakgui.analysis.envelope import Envelope
from leakgui.guidance.evidence import Observed
from leakgui.model.difference import Difference
from leakgui.model.process import Target
from leakgui.model.recording import Event, Recording, TimeGap
from leakgui.model.snapshot import Snapshot, SnapshotHeading
from leakgui.session.rows import ClosedHandle


class LiveRecording:
    """What is known so far; its memory is bounded however long it goes on."""

    target: Target
    started_unix_s: float

    @property
    def target_name(self) -> str:
        return self.target.name

    @property
    def elapsed_s(self) -> float:
        """Seconds since the start; stands still after the end."""
        raise NotImplementedError

    @property
    def events(self) -> Sequence[Event]:
        """The newest 10,000 events, oldest first."""
        raise NotImplementedError

    @property
    def gaps(self) -> Sequence[TimeGap]:
        """The newest 10,000 gaps, oldest first."""
        raise NotImplementedError

    @property
    def snapshots(self) -> tuple[SnapshotHeading, ...]:
        """Headings of the snapshots, oldest first."""
        raise NotImplementedError

    def keys(self) -> tuple[str, ...]:
        """Return the metrics that have readings, in the order of ``METRICS``."""
        raise NotImplementedError

    def envelope(self, key: str) -> Envelope | None:
        """Return the series of a metric; None where nothing was read yet."""
        raise NotImplementedError

    def snapshot(self, number: int) -> Snapshot:
        """Return one snapshot; raises ``BadUsage`` where there is none."""
        raise NotImplementedError

    def closed_handles(self) -> tuple[ClosedHandle, ...]:
        """Return handles seen closed, the newest 10,000, oldest first."""
        raise NotImplementedError

    def recording(self) -> Recording:
        """Return what is kept in memory as a finished recording."""
        raise NotImplementedError

    def observed(
        self,
        differences: Sequence[Difference] = (),
        latest_snapshot: Snapshot | None = None,
    ) -> Observed:
        """Return the evidence so far, gathered while recording."""
        raise NotImplementedError
