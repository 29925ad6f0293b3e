"""Write a session: readings, events, snapshots, safe to lose power at any time.

Committed every second, at ten readings a second, a file has about 9 MB of the last
hour, 15 MB for the rest of the last day and 0.6 MB for each day before.
"""

from __future__ import annotations

import contextlib
import json
import sqlite3
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from leakgui.errors import WriteFailed
from leakgui.formatting import printable
from leakgui.model.metric import Reading
from leakgui.model.process import Target
from leakgui.model.recording import Event, TimeGap
from leakgui.model.snapshot import Snapshot
from leakgui.session.beginning import begin_file, open_to_append, open_to_change
from leakgui.session.heap_rows import heap_text
from leakgui.session.owning import Ownership
from leakgui.session.pending import Pending
from leakgui.session.rows import ClosedHandle
from leakgui.session.snapshot_rows import (
    HEADING_COLUMNS,
    clean,
    column_rows,
    heading_row,
)
from leakgui.session.thinning import thin
from leakgui.texts import say

MOST_KEPT = 10_000
"""Gaps, and closed handles: the newest are kept."""
_TRIM_EVERY = 60
"""Commits between two times of removing what is beyond that."""
_HEADING_MARKS = ", ".join("?" * len(HEADING_COLUMNS.split(",")))


class SessionWriter:
    """The one writer of a session file.

    ``add_*`` only collect; ``commit`` writes all or nothing and raises
    ``WriteFailed`` with everything still collected, so that it can be tried again.
    May be handed from thread to thread, but not used by two at once.
    """

    def __init__(
        self, path: Path, connection: sqlite3.Connection, ownership: Ownership
    ) -> None:
        """Use ``create`` or ``append``."""
        self.path = path
        self._connection = connection
        self._ownership = ownership
        self._pending = Pending()
        self._metrics = dict(self._ask_all("SELECT key, id FROM metric"))
        self.started_unix_s = float(
            self._ask("SELECT recording_started_unix_s FROM target") or 0.0
        )
        self.last_elapsed_ms = int(self._newest_ms())
        """The newest time in the file; -1 in a new one."""
        self.last_snapshot_number = int(
            self._ask("SELECT max(number) FROM snapshot") or 0
        )
        self._commits = 0

    @classmethod
    def create(
        cls,
        path: Path,
        target: Target,
        started_unix_s: float,
        facts: Mapping[str, str] | None = None,
    ) -> SessionWriter:
        """Make a new file; raises ``WriteFailed``, also where one exists."""
        writer = cls(path, *begin_file(path, target, started_unix_s))
        writer.set_facts(facts or {})
        writer.commit()
        return writer

    @classmethod
    def append(cls, path: Path, target: Target) -> SessionWriter:
        """Go on with a file of the same process.

        Raises:
            BadUsage: the file is of another process, or is being recorded now.
            SessionUnreadable: it is no session, a damaged one, or a newer one.
            WriteFailed: it cannot be written.
        """
        return cls(path, *open_to_append(path, target))

    def add_readings(self, elapsed_ms: int, reading: Reading) -> None:
        """Keep values of one moment, in milliseconds since the start."""
        metrics = self._metrics
        for key in reading:
            if key not in metrics:
                metrics[key] = max(metrics.values(), default=0) + 1
                self._pending.add(
                    "INSERT OR IGNORE INTO metric (key, id) VALUES (?, ?)",
                    [(key, metrics[key])],
                    is_vital=True,
                )
        self._pending.add_readings(
            (elapsed_ms, metrics[key], value) for key, value in reading.items()
        )
        self.last_elapsed_ms = max(self.last_elapsed_ms, elapsed_ms)

    def add_event(self, event: Event) -> None:
        """Keep an event."""
        row = (_ms(event.elapsed_s), event.kind.value, clean(event.text), event.number)
        self._pending.add(
            "INSERT INTO event (elapsed_ms, kind, text, number) VALUES (?, ?, ?, ?)",
            [row],
        )

    def add_gap(self, gap: TimeGap) -> None:
        """Keep a gap; one of the same start and metrics is replaced (it grew)."""
        row = (
            _ms(gap.from_s),
            json.dumps(list(gap.metrics)),
            _ms(gap.to_s),
            clean(gap.cause),
        )
        self._pending.add(
            "INSERT OR REPLACE INTO gap (from_ms, metrics, to_ms, cause)"
            " VALUES (?, ?, ?, ?)",
            [row],
        )

    def add_snapshot(self, snapshot: Snapshot) -> None:
        """Keep a snapshot; it is compressed here."""
        self._pending.add(
            f"INSERT OR REPLACE INTO snapshot ({HEADING_COLUMNS})"  # noqa: S608  # names of ours
            f" VALUES ({_HEADING_MARKS})",
            [heading_row(snapshot)],
        )
        self._pending.add(
            "INSERT OR REPLACE INTO snapshot_column"
            " (number, section, name, dtype, rows, data, pool)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            column_rows(snapshot),
        )
        if snapshot.heap is not None:
            self._pending.add(
                "INSERT OR REPLACE INTO snapshot_heap (number, facts) VALUES (?, ?)",
                [(snapshot.number, heap_text(snapshot.heap))],
            )
        self.last_snapshot_number = max(self.last_snapshot_number, snapshot.number)

    def rename_snapshot(self, number: int, name: str) -> None:
        """Give a snapshot another name."""
        self._pending.add(
            "UPDATE snapshot SET name = ? WHERE number = ?", [(clean(name), number)]
        )

    def set_fact(self, key: str, value: str) -> None:
        """Keep a side fact; the newest value of a key counts."""
        self._pending.add(
            "INSERT OR REPLACE INTO fact (key, value) VALUES (?, ?)",
            [(clean(key), clean(value))],
        )

    def set_facts(self, facts: Mapping[str, str]) -> None:
        """Keep several side facts."""
        for key, value in facts.items():
            self.set_fact(key, value)

    def add_closed_handles(self, rows: Iterable[ClosedHandle]) -> None:
        """Keep handles that were closed; the newest 10,000 stay in the file."""
        self._pending.add(
            "INSERT INTO closed_handle (kind, target, first_seen_s, last_seen_s)"
            " VALUES (?, ?, ?, ?)",
            [(clean(r.kind), clean(r.target), *r[2:]) for r in rows],
        )

    def commit(self) -> None:
        """Write what was collected; raises ``WriteFailed`` and keeps it then."""
        if not self._ownership.still_names(self.path):
            raise WriteFailed(
                say("{file} was removed or replaced.", file=_shown(self.path)),
                say("The recording goes on in memory; export it to keep it."),
            )
        self._note_dropped()
        self._in_one_go(self._write)
        self._pending.clear()
        self._commits += 1

    def close(self) -> None:
        """Commit, and leave one file that opens from a read-only medium.

        Raises ``WriteFailed`` where the last commit fails; it is closed then too.
        """
        try:
            self.commit()
            # A reader beside us keeps the file in WAL mode: no harm, it still opens.
            with contextlib.suppress(sqlite3.Error):
                self._connection.execute("PRAGMA busy_timeout = 200")
                self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
                self._connection.execute("PRAGMA journal_mode = DELETE")
        finally:
            with contextlib.suppress(sqlite3.Error):
                self._connection.close()
            self._ownership.release()

    def _write(self) -> None:
        self._pending.write(self._connection)
        thin(self._connection, self.last_elapsed_ms)
        if self._commits % _TRIM_EVERY == 0:
            self._trim()

    def _in_one_go(self, work: Callable[[], None]) -> None:
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            work()
            self._connection.execute("COMMIT")
        except (sqlite3.Error, OverflowError) as error:
            with contextlib.suppress(sqlite3.Error):
                self._connection.execute("ROLLBACK")
            raise write_failed(self.path, error) from error

    def _trim(self) -> None:
        self._connection.execute(
            "DELETE FROM gap WHERE from_ms < (SELECT from_ms FROM gap"
            " ORDER BY from_ms DESC LIMIT 1 OFFSET ?)",
            (MOST_KEPT,),
        )
        self._connection.execute(
            "DELETE FROM closed_handle WHERE id <="
            " (SELECT max(id) FROM closed_handle) - ?",
            (MOST_KEPT,),
        )

    def _note_dropped(self) -> None:
        dropped_ms = self._pending.dropped_from_ms
        if dropped_ms is not None:
            until_ms = self._pending.readings[0][0]
            cause = say("the file could not be written for too long")
            self.add_gap(
                TimeGap(
                    from_s=dropped_ms / 1000,
                    to_s=until_ms / 1000,
                    metrics=(),
                    cause=cause,
                )
            )

    def _newest_ms(self) -> int:
        ends = (
            self._ask("SELECT max(elapsed_ms) FROM sample"),
            self._ask("SELECT max(to_ms) FROM thinned WHERE level = 1"),
            self._ask("SELECT max(elapsed_ms) FROM event"),
            self._ask("SELECT max(elapsed_ms) FROM snapshot"),
        )
        return max((int(end) for end in ends if end is not None), default=-1)

    def _ask(self, query: str) -> float | None:
        row = self._connection.execute(query).fetchone()
        return row[0] if row else None

    def _ask_all(self, query: str) -> list[tuple[str, int]]:
        return self._connection.execute(query).fetchall()


def rename_snapshot(path: Path, number: int, name: str) -> None:
    """Give a snapshot of a finished session another name; raises as ``append``."""
    writer = SessionWriter(path, *open_to_change(path))
    try:
        writer.rename_snapshot(number, name)
    finally:
        writer.close()


def write_failed(path: Path, error: Exception) -> WriteFailed:
    """Say that a session cannot be written now."""
    return WriteFailed(
        say("{file} cannot be written: {reason}", file=_shown(path), reason=error),
        say(
            "Free some space or choose another folder. What was recorded is kept in "
            "memory, and writing is tried again."
        ),
    )


def _ms(elapsed_s: float) -> int:
    return round(elapsed_s * 1000)


def _shown(path: Path) -> str:
    return printable(str(path), most=160)
