"""What waits to be written: rows by statement, in bounded memory."""

from __future__ import annotations

import sqlite3
from collections import deque
from collections.abc import Iterable
from typing import Any

MOST_READINGS = 500_000
"""Some 45 minutes at ten readings a second: what a full disk may cost in memory."""

MOST_ROWS = 100_000
"""Of everything else."""

_INSERT_SAMPLE = "INSERT OR REPLACE INTO sample VALUES (?, ?, ?)"

Row = tuple[Any, ...]


class Pending:
    """Rows in the order in which they came; written all or not at all."""

    def __init__(self) -> None:
        self._vital: list[tuple[str, list[Row]]] = []
        self.readings: deque[tuple[int, int, float]] = deque(maxlen=MOST_READINGS)
        self.dropped_from_ms: int | None = None
        """The oldest reading that had to be given up; None: nothing was lost."""
        self._rows: deque[tuple[str, list[Row]]] = deque()
        self._row_count = 0

    def add_readings(self, rows: Iterable[tuple[int, int, float]]) -> None:
        """Take readings; the oldest go when there are too many."""
        for row in rows:
            if len(self.readings) == MOST_READINGS and self.dropped_from_ms is None:
                self.dropped_from_ms = self.readings[0][0]
            self.readings.append(row)

    def add(
        self, statement: str, rows: Iterable[Row], *, is_vital: bool = False
    ) -> None:
        """Take rows for a statement; the oldest go when there are too many.

        Vital ones stay: without the name of a metric its readings mean nothing.
        """
        group = (statement, list(rows))
        if is_vital:
            self._vital.append(group)
            return
        self._rows.append(group)
        self._row_count += len(group[1])
        while self._row_count > MOST_ROWS and len(self._rows) > 1:
            self._row_count -= len(self._rows.popleft()[1])

    def write(self, connection: sqlite3.Connection) -> None:
        """Execute everything within the caller's transaction; forgets nothing."""
        if self.readings:
            connection.executemany(_INSERT_SAMPLE, self.readings)
        for statement, rows in (*self._vital, *self._rows):
            connection.executemany(statement, rows)

    def clear(self) -> None:
        """Forget what was written."""
        self.readings.clear()
        self._vital.clear()
        self._rows.clear()
        self._row_count = 0
        self.dropped_from_ms = None
