"""Keep one snapshot in a file that was found fit for it before anything was stopped."""

from __future__ import annotations

from contextlib import nullcontext, suppress
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Self

from leakgui.errors import WriteFailed
from leakgui.model.process import Target
from leakgui.model.recording import Event, EventKind
from leakgui.model.snapshot import Snapshot
from leakgui.recording.continuing import open_existing
from leakgui.session.beginning import check_can_begin
from leakgui.session.store import SessionWriter
from leakgui.texts import say


class Keeping:
    """A file of the same process, held open, or the place for a new one.

    A look stops the process: it is not to be thrown away because the file turns out
    to be of another process, damaged, being recorded, or in a folder that is not ours.
    """

    def __init__(self, path: Path, target: Target, facts: dict[str, str]) -> None:
        """Find out whether a snapshot can be kept; no new file is made yet.

        Raises what ``SessionWriter.append`` and ``create`` raise.
        """
        self._path, self._target, self._facts = path, target, facts
        self._writer = open_existing(path, target)
        if self._writer is None:
            check_can_begin(path)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with suppress(WriteFailed) if error else nullcontext():  # the first says more
            self._close()

    def keep(self, snapshot: Snapshot) -> Snapshot:
        """Write a snapshot and return it with its number and time in the file.

        Raises ``WriteFailed``; a file that was there before is as it was then.
        """
        is_new = self._writer is None
        try:
            return self._keep(snapshot)
        except WriteFailed as failure:
            if is_new and self._writer is not None:
                with suppress(WriteFailed):
                    self._close()
                self._path.unlink(missing_ok=True)
            raise WriteFailed(
                failure.message,
                say("Free some space or choose another folder; the snapshot is lost."),
            ) from failure

    def _keep(self, snapshot: Snapshot) -> Snapshot:
        writer = self._open(snapshot.taken_unix_s)
        elapsed_ms = _moment_ms(writer, snapshot.taken_unix_s)
        kept = replace(
            snapshot,
            number=writer.last_snapshot_number + 1,
            elapsed_s=elapsed_ms / 1000,
        )
        writer.add_readings(elapsed_ms, kept.counters)
        writer.add_event(
            Event(
                kind=EventKind.SNAPSHOT,
                elapsed_s=kept.elapsed_s,
                text=kept.name,
                number=kept.number,
            )
        )
        writer.add_snapshot(kept)
        writer.commit()
        return kept

    def _close(self) -> None:
        writer, self._writer = self._writer, None
        if writer is not None:
            writer.close()

    def _open(self, taken_unix_s: float) -> SessionWriter:
        """Return the file; another look at the process may have made it meanwhile."""
        if self._writer is None:
            self._writer = open_existing(self._path, self._target)
        if self._writer is None:
            self._writer = SessionWriter.create(
                self._path, self._target, taken_unix_s, self._facts
            )
        return self._writer


def _moment_ms(writer: SessionWriter, taken_unix_s: float) -> int:
    """Return a time on the clock of the file, later than all that is in it."""
    elapsed_ms = round((taken_unix_s - writer.started_unix_s) * 1000)
    return max(elapsed_ms, writer.last_elapsed_ms + 1, 0)
