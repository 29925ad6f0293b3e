"""Read a session file, which may come from a stranger or from a crash."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType

from leakgui.model.recording import Recording
from leakgui.model.snapshot import Snapshot, SnapshotHeading
from leakgui.session.rows import ClosedHandle


class SessionReader:
    """A session that is only read; may be used from several threads.

    Raises ``SessionUnreadable`` from the constructor where nothing can be read.
    """

    path: Path
    damage: tuple[str, ...]
    """What could not be read of a damaged file so far; empty is healthy."""

    def __init__(self, path: Path) -> None:
        raise NotImplementedError

    def recording(self) -> Recording:
        """Return all readings, events, gaps and facts."""
        raise NotImplementedError

    def headings(self) -> tuple[SnapshotHeading, ...]:
        """Return what a list of snapshots shows, oldest first."""
        raise NotImplementedError

    def snapshot(self, number: int) -> Snapshot:
        """Return one snapshot; raises ``BadUsage`` where there is none."""
        raise NotImplementedError

    def closed_handles(self) -> tuple[ClosedHandle, ...]:
        """Return handles that were closed, oldest first."""
        raise NotImplementedError

    def close(self) -> None:
        raise NotImplementedError

    def __enter__(self) -> SessionReader:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
