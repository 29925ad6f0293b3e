"""Make old readings coarser, a little at a time, and never lose an extreme.

The last hour is kept as it was read. Before that there is one row for 10 seconds,
and one for 5 minutes before the last day: least, mean and most, with the times of
the first and the last reading.
"""

from __future__ import annotations

import sqlite3

from leakgui.session.schema import FIRST_LEVEL, SECOND_LEVEL

FULL_MS = 3_600_000
FIRST_SPAN_MS = 10_000
FIRST_KEPT_MS = 86_400_000
SECOND_SPAN_MS = 300_000

_FIRST = f"""
INSERT INTO thinned (level, from_ms, metric, to_ms, count, least, mean, most)
SELECT {FIRST_LEVEL}, min(elapsed_ms), metric, max(elapsed_ms), count(*),
       min(value), avg(value), max(value)
FROM sample WHERE elapsed_ms >= ? AND elapsed_ms < ? GROUP BY metric
"""  # noqa: S608  # only numbers of this file are filled in
_SECOND = f"""
INSERT INTO thinned (level, from_ms, metric, to_ms, count, least, mean, most)
SELECT {SECOND_LEVEL}, min(from_ms), metric, max(to_ms), sum(count),
       min(least), sum(mean * count) / sum(count), max(most)
FROM thinned WHERE level = {FIRST_LEVEL} AND from_ms >= ? AND from_ms < ?
GROUP BY metric
"""  # noqa: S608  # only numbers of this file are filled in


def thin(connection: sqlite3.Connection, now_ms: int, most_spans: int = 10) -> int:
    """Thin the oldest spans that are due, within the caller's transaction.

    Returns how many spans were thinned. At ten readings a second one span of 10 s is
    due every 10 s, and is 1,600 rows: some two milliseconds.
    """
    done = 0
    while done < most_spans and _thin_first(connection, now_ms - FULL_MS):
        done += 1
    while done < most_spans and _thin_second(connection, now_ms - FIRST_KEPT_MS):
        done += 1
    return done


def _thin_first(connection: sqlite3.Connection, until_ms: int) -> bool:
    oldest = connection.execute("SELECT min(elapsed_ms) FROM sample").fetchone()[0]
    span = _due_span(oldest, FIRST_SPAN_MS, until_ms)
    if span is None:
        return False
    connection.execute(_FIRST, span)
    connection.execute(
        "DELETE FROM sample WHERE elapsed_ms >= ? AND elapsed_ms < ?", span
    )
    return True


def _thin_second(connection: sqlite3.Connection, until_ms: int) -> bool:
    oldest = connection.execute(
        "SELECT min(from_ms) FROM thinned WHERE level = ?", (FIRST_LEVEL,)
    ).fetchone()[0]
    span = _due_span(oldest, SECOND_SPAN_MS, until_ms)
    if span is None:
        return False
    connection.execute(_SECOND, span)
    connection.execute(
        "DELETE FROM thinned WHERE level = ? AND from_ms >= ? AND from_ms < ?",
        (FIRST_LEVEL, *span),
    )
    return True


def _due_span(
    oldest_ms: int | None, length_ms: int, until_ms: int
) -> tuple[int, int] | None:
    """Return the span that holds the oldest reading, if all of it is old enough."""
    if oldest_ms is None:
        return None
    begin = oldest_ms // length_ms * length_ms
    return (begin, begin + length_ms) if begin + length_ms <= until_ms else None
