"""Rows of readings as series, as far as a file can be read."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator

import numpy as np

from leakgui.formatting import printable
from leakgui.model.recording import Floats, Series
from leakgui.session.connecting import DATABASE_ERRORS
from leakgui.session.doubtful import LONGEST_MS

_ROWS_AT_ONCE = 50_000

_SAMPLES = (
    "SELECT metric, elapsed_ms, value FROM sample"
    " WHERE typeof(elapsed_ms) = 'integer' AND typeof(metric) = 'integer'"
    " AND typeof(value) IN ('real', 'integer') ORDER BY elapsed_ms {way}, metric {way}"
)
_SPANS = (
    "SELECT metric, from_ms, to_ms, count, least, most FROM thinned"
    " WHERE typeof(from_ms) = 'integer' AND typeof(to_ms) = 'integer'"
    " AND typeof(metric) = 'integer' AND typeof(count) = 'integer'"
    " AND typeof(least) IN ('real', 'integer') AND typeof(most) IN ('real', 'integer')"
    " ORDER BY level {way}, from_ms {way}, metric {way}"
)


def read_series(connection: sqlite3.Connection, damage: list[str]) -> dict[int, Series]:
    """Return a series for each metric number; what fails is told in ``damage``."""
    samples = _read_table(connection, _SAMPLES, 3, damage)
    spans = _read_table(connection, _SPANS, 6, damage)
    points = np.concatenate([_expand(spans), samples])
    sane = np.isfinite(points).all(axis=1) & (np.abs(points[:, 1]) < LONGEST_MS)
    points = points[sane]
    order = np.lexsort((points[:, 1], points[:, 0]))
    return dict(_split(points[order]))


def _split(points: Floats) -> Iterator[tuple[int, Series]]:
    numbers, starts = np.unique(points[:, 0], return_index=True)
    ends = [*starts[1:].tolist(), len(points)][: len(starts)]
    for number, begin, end in zip(numbers, starts, ends, strict=True):
        times, values = points[begin:end, 1], points[begin:end, 2]
        is_new = np.diff(times, prepend=-np.inf) > 0
        yield int(number), Series(times[is_new] / 1000, values[is_new].copy())


def _expand(spans: Floats) -> Floats:
    """Turn each span into its least value at its start and its most in its middle."""
    metric, from_ms, to_ms, count, least, most = spans.T
    first = np.column_stack([metric, from_ms, least])
    is_wide = (count > 1) & (to_ms > from_ms)
    middle = from_ms + np.maximum((to_ms - from_ms) // 2, 1)
    second = np.column_stack([metric, middle, most])[is_wide]
    return np.concatenate([first, second])


def _read_table(
    connection: sqlite3.Connection, query: str, columns: int, damage: list[str]
) -> Floats:
    """Return all rows; from a damaged table those before and those after the damage."""
    forwards, backwards = query.format(way="ASC"), query.format(way="DESC")
    try:
        return _as_array(_fetch(connection, forwards, _ROWS_AT_ONCE), columns)
    except DATABASE_ERRORS as error:
        damage.append(printable(str(error), most=200))
    head = _as_array(_until_damage(connection, forwards), columns)
    tail = _as_array(_until_damage(connection, backwards), columns)
    return np.concatenate([head, tail[::-1]])


def _as_array(parts: Iterator[list[tuple[float, ...]]], columns: int) -> Floats:
    arrays = [np.array(rows, dtype=np.float64) for rows in parts]
    return np.concatenate([np.empty((0, columns)), *arrays])


def _fetch(
    connection: sqlite3.Connection, query: str, at_once: int
) -> Iterator[list[tuple[float, ...]]]:
    cursor = connection.execute(query)
    while rows := cursor.fetchmany(at_once):
        yield rows


def _until_damage(
    connection: sqlite3.Connection, query: str
) -> Iterator[list[tuple[float, ...]]]:
    """Fetch row by row, for an error takes all rows that are fetched with it."""
    with contextlib.suppress(*DATABASE_ERRORS):
        yield from _fetch(connection, query, 1)
