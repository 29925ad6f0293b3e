"""Write a session: readings, events, snapshots, safe to lose power at any time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from leakgui.model.metric import Reading
from leakgui.model.process import Target
from leakgui.model.recording import Event, TimeGap
from leakgui.model.snapshot import Snapshot
from leakgui.session.rows import ClosedHandle


class SessionWriter:
    """The one writer of a session file.

    ``add_*`` only collect; ``commit`` writes all or nothing and raises
    ``WriteFailed`` with everything still collected, so that it can be tried again.
    """

    path: Path
    started_unix_s: float
    last_elapsed_ms: int
    """The newest time in the file; -1 in a new one."""
    last_snapshot_number: int

    @classmethod
    def create(
        cls,
        path: Path,
        target: Target,
        started_unix_s: float,
        facts: Mapping[str, str] | None = None,
    ) -> SessionWriter:
        """Make a new file; raises ``WriteFailed``, also where one exists."""
        raise NotImplementedError

    @classmethod
    def append(cls, path: Path, target: Target) -> SessionWriter:
        """Go on with a file of the same process.

        Raises:
            BadUsage: the file is of another process.
            SessionUnreadable: it is no session or a damaged one.
            WriteFailed: it cannot be written.
        """
        raise NotImplementedError

    def add_readings(self, elapsed_ms: int, reading: Reading) -> None:
        """Keep values of one moment."""
        raise NotImplementedError

    def add_event(self, event: Event) -> None:
        raise NotImplementedError

    def add_gap(self, gap: TimeGap) -> None:
        """Keep a gap; one of the same start and metrics is replaced (it grew)."""
        raise NotImplementedError

    def add_snapshot(self, snapshot: Snapshot) -> None:
        raise NotImplementedError

    def rename_snapshot(self, number: int, name: str) -> None:
        raise NotImplementedError

    def set_fact(self, key: str, value: str) -> None:
        raise NotImplementedError

    def add_closed_handles(self, rows: Iterable[ClosedHandle]) -> None:
        raise NotImplementedError

    def commit(self) -> None:
        """Write what was collected; raises ``WriteFailed`` and keeps it then."""
        raise NotImplementedError

    def close(self) -> None:
        """Commit, and leave one file that opens from a read-only medium."""
        raise NotImplementedError


def rename_snapshot(path: Path, number: int, name: str) -> None:
    """Give a snapshot of a finished session another name."""
    raise NotImplementedError
