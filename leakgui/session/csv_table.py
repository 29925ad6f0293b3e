"""Rows of text as columns of numbers, with line and column of whatever is wrong."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import UTC, datetime

import numpy as np

from leakgui.errors import SessionUnreadable
from leakgui.formatting import printable
from leakgui.model.metric import METRICS
from leakgui.model.recording import Floats, Series
from leakgui.texts import say

ELAPSED, TIMESTAMP = "elapsed_s", "timestamp_utc"
MOST_VALUE = 2.0**63
"""Greater numbers are no bytes and no counts of anything."""
MOST_ELAPSED_S = 1e9
"""Some 30 years."""
_UNKNOWN = frozenset({"", "nan", "n/a", "na", "null", "none"})
_ROWS_AT_ONCE = 10_000


class CsvTable:
    """The columns that are understood, as they fill; raises ``SessionUnreadable``."""

    def __init__(self, name: str, line: int, header: Sequence[str]) -> None:
        """Take the header row of a file; of equal titles the first counts."""
        self.name = name
        titles = [title.strip().lower() for title in header]
        self._at = {title: index for index, title in reversed([*enumerate(titles)])}
        self._keys = [metric.key for metric in METRICS if metric.key in self._at]
        self._check_header(line, header)
        self._columns = [key for key in (ELAPSED, *self._keys) if key in self._at]
        self._indices = [self._at[column] for column in self._columns]
        self._stamps: list[float] = []
        self._lines: list[int] = []
        self._rows: list[list[float]] = []
        self._parts: list[Floats] = []

    def add(self, line: int, cells: Sequence[str]) -> None:
        """Take one row; missing cells at its end are unknown."""
        try:
            row = [float(cells[i]) if cells[i] else math.nan for i in self._indices]
        except (ValueError, IndexError):
            row = [self._number(line, cells, column) for column in self._columns]
        self._stamps.append(self._stamp(line, cells, row))
        self._lines.append(line)
        self._rows.append(row)
        if len(self._rows) == _ROWS_AT_ONCE:
            self._pack()

    def series(self) -> tuple[dict[str, Series], float]:
        """Return the series, sorted, and the wall-clock time at their zero.

        Of two rows of one time the later one counts.
        """
        self._pack()
        if not self._lines:
            raise unreadable(self.name, say("there is no row under the header"))
        rows = np.concatenate(self._parts)
        self._check_range(rows)
        elapsed_ms, started_unix_s = self._resolve_times(rows)
        order = np.argsort(elapsed_ms, kind="stable")
        found = {
            key: _known(elapsed_ms[order], rows[order, self._columns.index(key)])
            for key in self._keys
        }
        return {key: one for key, one in found.items() if len(one)}, started_unix_s

    def _pack(self) -> None:
        rows = np.array(self._rows, dtype=np.float64)
        self._parts.append(rows.reshape(-1, len(self._columns)))
        self._rows.clear()

    def _elapsed(self, rows: Floats) -> Floats:
        known = ELAPSED in self._at
        return rows[:, 0] if known else np.full(len(rows), np.nan)

    def _resolve_times(self, rows: Floats) -> tuple[Floats, float]:
        times, stamps = self._elapsed(rows), np.array(self._stamps)
        both = np.flatnonzero(~np.isnan(times) & ~np.isnan(stamps))
        if len(both):
            started = stamps[both[0]] - times[both[0]]
        else:
            started = 0.0 if np.isnan(stamps).all() else np.nanmin(stamps)
        elapsed_s = np.where(np.isnan(times), stamps - started, times)
        return np.rint(elapsed_s * 1000), round(float(started) * 1000) / 1000

    def _stamp(self, line: int, cells: Sequence[str], row: list[float]) -> float:
        """Return the wall-clock time where it is needed: one anchors the rest."""
        has_elapsed = ELAPSED in self._at and not math.isnan(row[0])
        if has_elapsed and self._stamps:
            return math.nan
        text = self._cell(cells, TIMESTAMP)
        if text.lower() not in _UNKNOWN:
            return self._parse_stamp(line, text)
        if not has_elapsed:
            reason = say(
                "line {line} says neither {a} nor {b}",
                line=line,
                a=ELAPSED,
                b=TIMESTAMP,
            )
            raise unreadable(self.name, reason)
        return math.nan

    def _parse_stamp(self, line: int, text: str) -> float:
        try:
            moment = datetime.fromisoformat(text)
            if moment.tzinfo is None:
                moment = moment.replace(tzinfo=UTC)
            return moment.timestamp()
        except (ValueError, OverflowError):
            raise self._wrong(line, TIMESTAMP, text, say("no ISO 8601 time")) from None

    def _number(self, line: int, cells: Sequence[str], column: str) -> float:
        text = self._cell(cells, column)
        if text.lower() in _UNKNOWN:
            return math.nan
        try:
            return float(text)
        except ValueError:
            raise self._wrong(line, column, text, say("no number")) from None

    def _check_range(self, rows: Floats) -> None:
        least = [-MOST_ELAPSED_S if c == ELAPSED else 0.0 for c in self._columns]
        most = [MOST_ELAPSED_S if c == ELAPSED else MOST_VALUE for c in self._columns]
        wrong = np.argwhere((rows < np.array(least)) | (rows > np.array(most)))
        if len(wrong):
            row, column = wrong[0]
            raise self._wrong(
                self._lines[row],
                self._columns[column],
                f"{rows[row, column]:g}",
                say("out of range"),
            )

    def _cell(self, cells: Sequence[str], column: str) -> str:
        index = self._at.get(column, len(cells))
        return cells[index].strip() if index < len(cells) else ""

    def _wrong(
        self, line: int, column: str, text: str, reason: str
    ) -> SessionUnreadable:
        where = say("line {line}, column {column}", line=line, column=column)
        return unreadable(self.name, f"{where}: {reason}: {printable(text, most=60)}")

    def _check_header(self, line: int, header: Sequence[str]) -> None:
        if ELAPSED not in self._at and TIMESTAMP not in self._at:
            reason = say(
                "line {line} has no column {a} or {b}",
                line=line,
                a=ELAPSED,
                b=TIMESTAMP,
            )
            raise unreadable(self.name, reason + _separator_hint(header))
        if not self._keys:
            reason = say("line {line} names no metric of leakgui", line=line)
            raise unreadable(self.name, reason)


def unreadable(name: str, reason: str) -> SessionUnreadable:
    """Say why a table could not be read, and what is expected."""
    return SessionUnreadable(
        say("{file} cannot be read: {reason}.", file=printable(name), reason=reason),
        say(
            "A table needs a header row with elapsed_s or timestamp_utc and columns "
            "such as {keys}; cells are plain numbers.",
            keys=", ".join(metric.key for metric in METRICS[:3]),
        ),
    )


def _known(elapsed_ms: Floats, values: Floats) -> Series:
    known = ~np.isnan(values)
    times, values = elapsed_ms[known], values[known]
    is_last_of_its_time = np.diff(times, append=np.inf) > 0
    return Series(times[is_last_of_its_time] / 1000, values[is_last_of_its_time])


def _separator_hint(header: Sequence[str]) -> str:
    for separator, called in ((";", "semicolons"), ("\t", "tabs")):
        if any(separator in title for title in header):
            return " " + say("(it is separated by {what}; use commas)", what=called)
    return ""
