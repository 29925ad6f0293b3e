"""One scale of an envelope: columns that grow in place and forget their oldest rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from leakgui.model.recording import Floats

FACTOR = 16
"""Rows of one scale that make one row of the next (measured: 13 % over the series)."""
_LEAST_CAPACITY = 64


class Rows(NamedTuple):
    """Equally long columns, one row for each block of successive readings."""

    first_s: Floats
    last_s: Floats
    low: Floats
    high: Floats

    def part(self, begin: int, end: int) -> Rows:
        """Return some rows without copying them."""
        return Rows(
            self.first_s[begin:end],
            self.last_s[begin:end],
            self.low[begin:end],
            self.high[begin:end],
        )


class Scale:
    """Growing columns with one writer; what a reader got stays as it was.

    Rows are only ever written behind those that were handed out, and when the room
    is used up new columns are made, so readers need no lock.
    """

    def __init__(self, columns: int) -> None:
        empty = tuple(np.empty(_LEAST_CAPACITY) for _ in range(columns))
        self._published = (empty, 0, 0)

    def __len__(self) -> int:
        _, begin, end = self._published
        return end - begin

    def rows(self) -> Rows:
        """Return what is there now; single readings are blocks of their own."""
        columns, begin, end = self._published
        parts = [column[begin:end] for column in columns]
        if len(parts) == 2:
            return Rows(parts[0], parts[0], parts[1], parts[1])
        return Rows(*parts)

    def append(self, *row: float) -> None:
        """Add one row."""
        columns, begin, end = self._published
        if end == len(columns[0]):
            self._make_room(1)
            columns, begin, end = self._published
        for index, value in enumerate(row):
            columns[index][end] = value
        self._published = (columns, begin, end + 1)

    def extend(self, added: Sequence[Floats]) -> None:
        """Add many rows at once."""
        count = len(added[0])
        columns, begin, end = self._published
        if end + count > len(columns[0]):
            self._make_room(count)
            columns, begin, end = self._published
        for column, values in zip(columns, added, strict=True):
            column[end : end + count] = values
        self._published = (columns, begin, end + count)

    def drop(self, count: int) -> None:
        """Forget the oldest rows; their room is used again when columns are made."""
        columns, begin, end = self._published
        self._published = (columns, begin + count, end)

    def _make_room(self, count: int) -> None:
        columns, begin, end = self._published
        held = end - begin
        capacity = max(_LEAST_CAPACITY, held + held // 2 + count)
        roomy = tuple(np.empty(capacity) for _ in columns)
        for new, old in zip(roomy, columns, strict=True):
            new[:held] = old[begin:end]
        self._published = (roomy, 0, held)


def join(pieces: Sequence[Rows]) -> Rows:
    """Put pieces one behind the other."""
    if len(pieces) == 1:
        return pieces[0]
    if not pieces:
        none = np.empty(0)
        return Rows(none, none, none, none)
    return Rows(*(np.concatenate(columns) for columns in zip(*pieces, strict=True)))


def condense(rows: Rows, starts: np.ndarray[tuple[int], np.dtype[np.intp]]) -> Rows:
    """Join runs of rows into one each; ``starts`` says where each run begins."""
    if len(starts) == 0:
        return rows.part(0, 0)
    ends = np.append(starts[1:], len(rows.low)) - 1
    return Rows(
        rows.first_s[starts],
        rows.last_s[ends],
        np.minimum.reduceat(rows.low, starts),
        np.maximum.reduceat(rows.high, starts),
    )
