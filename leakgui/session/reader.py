"""Read a session file, which may come from a stranger or from a crash."""

from __future__ import annotations

import json
import logging
import threading
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from leakgui.errors import BadUsage, SessionUnreadable
from leakgui.formatting import printable
from leakgui.model.process import ProcessKey, Target
from leakgui.model.recording import Event, EventKind, Recording, TimeGap
from leakgui.model.snapshot import Snapshot, SnapshotHeading
from leakgui.session.columns import PackedColumn
from leakgui.session.connecting import DATABASE_ERRORS, connect_to_read, damaged
from leakgui.session.doubtful import moment_s, wall_clock_s, whole
from leakgui.session.readings import read_series
from leakgui.session.rows import ClosedHandle
from leakgui.session.snapshot_rows import (
    HEADING_COLUMNS,
    SECTIONS,
    build_snapshot,
    read_heading,
)
from leakgui.texts import say

logger = logging.getLogger(__name__)

_MOST_ROWS = 100_000
"""Events, gaps, headings and handles beyond this are not ours."""
_ALL = -1
_HEADINGS = f"SELECT {HEADING_COLUMNS} FROM snapshot"  # noqa: S608  # ours


class SessionReader:
    """A session that is only read; may be used from several threads.

    Raises ``SessionUnreadable`` from the constructor where nothing can be read.
    Whatever else is damaged is left out and told in ``damage``.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._damage: list[str] = []
        self._lock = threading.RLock()
        self._connection = connect_to_read(path)
        try:
            self._target, self._started_unix_s = self._read_target()
        except BaseException:
            self.close()
            raise

    @property
    def damage(self) -> tuple[str, ...]:
        """What could not be read so far, each once; empty is healthy."""
        return tuple(dict.fromkeys(self._damage))

    @property
    def target(self) -> Target:
        """Whose recording it is."""
        return self._target

    def recording(self) -> Recording:
        """Return all readings, events, gaps and facts.

        A damaged file gives what could be read, and says so in the fact ``damaged``.
        """
        with self._lock:
            series = read_series(self._connection, self._damage)
            keys = dict(self._rows("SELECT id, key FROM metric"))
            events, gaps, facts = self._events(), self._gaps(), self._facts()
        if self._damage:
            facts["damaged"] = "; ".join(self.damage)
            logger.warning("%s is damaged: %s", self.path.name, facts["damaged"])
        return Recording(
            target=self._target,
            started_unix_s=self._started_unix_s,
            series={str(keys[n]): found for n, found in series.items() if n in keys},
            events=events,
            gaps=gaps,
            facts=facts,
        )

    def headings(self) -> tuple[SnapshotHeading, ...]:
        """Return what a list of snapshots shows, oldest first.

        What is in the list can be read, as far as that can be known without reading
        its tables; the others are told in ``damage``.
        """
        with self._lock:
            rows, heaps = self._heading_rows(), self._heaps()
            found = [read_heading(row, heaps.get(row[0])) for row in rows]
            for row, heading in zip(rows, found, strict=True):
                if heading is None:
                    self._damage.append(_snapshot_damaged(row[0]))
        return tuple(heading for heading in found if heading)

    def snapshot(self, number: int) -> Snapshot:
        """Return one snapshot; a table that is damaged is None, and a gap says why.

        Raises ``BadUsage`` where there is none, and ``SessionUnreadable`` where even
        its time is damaged; whoever reads many and can do without one of them asks
        ``find_snapshot``.
        """
        with self._lock:
            known = len(self._damage)
            rows = self._rows(f"{_HEADINGS} WHERE number = ?", (number,))
            if not rows and len(self._damage) == known:
                raise BadUsage(
                    say("There is no snapshot {number}.", number=number),
                    say("Snapshots: {numbers}", numbers=self._numbers()),
                )
            columns, heap = self._columns(number), self._heaps(number).get(number)
            lost = self._damage[-1] if len(self._damage) > known else ""
        try:
            return build_snapshot(rows[0], columns, heap, lost)
        except (ValueError, TypeError, IndexError) as error:
            raise SessionUnreadable(
                _snapshot_damaged(number),
                say("The rest of the recording can be opened."),
            ) from error

    def find_snapshot(self, number: int) -> Snapshot | None:
        """Return one snapshot; None where there is none that can be read.

        For a judgement over many, which one damaged snapshot shall not spoil: it is
        passed over, and told in ``damage``.
        """
        try:
            return self.snapshot(number)
        except (BadUsage, SessionUnreadable) as error:
            with self._lock:
                self._damage.append(error.message)
            return None

    def closed_handles(self) -> tuple[ClosedHandle, ...]:
        """Return handles that were closed, oldest first."""
        rows = self._rows(
            "SELECT kind, target, first_seen_s, last_seen_s FROM closed_handle"
            " WHERE typeof(first_seen_s) = 'real' AND typeof(last_seen_s) = 'real'"
            " ORDER BY id"
        )
        return tuple(ClosedHandle(str(row[0]), str(row[1]), *row[2:]) for row in rows)

    def close(self) -> None:
        """Give the file back; may be called again."""
        with self._lock:
            self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _read_target(self) -> tuple[Target, float]:
        try:
            row = self._connection.execute(
                "SELECT pid, start_ticks, name, command, user, started_unix_s,"
                " executable, recording_started_unix_s FROM target"
            ).fetchone()
            target = Target(
                key=ProcessKey(whole(row[0]), whole(row[1])),
                name=str(row[2]),
                command=str(row[3]),
                user=str(row[4]),
                started_unix_s=float(row[5]),
                executable=str(row[6]),
            )
            return target, wall_clock_s(row[7])
        except (*DATABASE_ERRORS, TypeError, ValueError) as error:
            raise damaged(self.path, error) from error

    def _facts(self) -> dict[str, str]:
        return {str(k): str(v) for k, v in self._rows("SELECT key, value FROM fact")}

    def _events(self) -> tuple[Event, ...]:
        rows = self._rows(
            "SELECT kind, elapsed_ms, text, number FROM event ORDER BY elapsed_ms, id"
        )
        return tuple(event for row in rows if (event := _event(row)))

    def _gaps(self) -> tuple[TimeGap, ...]:
        rows = self._rows(
            "SELECT from_ms, to_ms, metrics, cause FROM gap ORDER BY from_ms"
        )
        return tuple(gap for row in rows if (gap := _gap(row)))

    def _heading_rows(self) -> list[tuple[Any, ...]]:
        """Return a row for each snapshot, without those that are damaged."""
        known = len(self._damage)
        rows = self._rows(f"{_HEADINGS} ORDER BY number")
        if len(self._damage) == known:
            return rows
        # One by one: what follows a damaged one is whole. A stranger's table may have
        # no index by number; the rowid, which it is in ours, is one always.
        ids = {row[0] for way in ("ASC", "DESC") for row in self._ids(way)}
        query = f"{_HEADINGS} WHERE rowid = ?"
        return [row for one in sorted(ids) for row in self._rows(query, (one,))]

    def _ids(self, way: str) -> list[tuple[Any, ...]]:
        return self._rows(f"SELECT rowid FROM snapshot ORDER BY rowid {way}")  # noqa: S608  # ours

    def _numbers(self) -> str:
        return ", ".join(str(heading.number) for heading in self.headings()) or say(
            "none"
        )

    def _columns(self, number: int) -> dict[str, dict[str, PackedColumn]]:
        rows = self._rows(
            "SELECT section, name, dtype, rows, data, pool FROM snapshot_column"
            " WHERE number = ? AND typeof(rows) = 'integer' AND typeof(data) = 'blob'",
            (number,),
        )
        found: dict[str, dict[str, PackedColumn]] = {}
        for section, name, *rest in rows:
            if section in SECTIONS:
                found.setdefault(section, {})[str(name)] = PackedColumn(*rest)
        return found

    def _heaps(self, number: int = _ALL) -> dict[object, object]:
        """Return the facts of heaps by snapshot; files of format 1.0 have none."""
        if not self._rows("SELECT 1 FROM sqlite_schema WHERE name = 'snapshot_heap'"):
            return {}
        query = "SELECT number, facts FROM snapshot_heap WHERE ? IN (number, -1)"
        return dict(self._rows(query, (number,)))

    def _rows(
        self, query: str, values: tuple[object, ...] = ()
    ) -> list[tuple[Any, ...]]:
        """Return rows as far as they can be read; the rest is damage."""
        found: list[tuple[Any, ...]] = []
        with self._lock:
            try:
                for row in self._connection.execute(query, values):
                    found.append(row)  # what came before an error counts
                    if len(found) >= _MOST_ROWS:
                        break
            except DATABASE_ERRORS as error:
                self._damage.append(printable(str(error), most=200))
        return found


def _event(row: tuple[Any, ...]) -> Event | None:
    """Return the event; None for a kind that a newer version knows."""
    kind, elapsed_ms, text, number = row
    try:
        return Event(
            kind=EventKind(kind),
            elapsed_s=moment_s(elapsed_ms),
            text=str(text),
            number=None if number is None else whole(number),
        )
    except (ValueError, TypeError):
        return None


def _gap(row: tuple[Any, ...]) -> TimeGap | None:
    from_ms, to_ms, metrics, cause = row
    try:
        return TimeGap(
            from_s=moment_s(from_ms),
            to_s=moment_s(to_ms),
            metrics=tuple(str(key) for key in json.loads(metrics)),
            cause=str(cause),
        )
    except (ValueError, TypeError, RecursionError):
        return None


def _snapshot_damaged(number: object) -> str:
    return say("Snapshot {number} is damaged.", number=number)
