"""Rows and columns of the process list, without NumPy: painted before it is loaded."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from PySide6.QtCore import QCoreApplication

from leakgui.formatting import format_bytes, format_change, format_count, printable
from leakgui.model.process import Process, ProcessKey

CHANGE_SPAN_S = 10.0


def tr(text: str) -> str:
    return QCoreApplication.translate("ProcessModel", text)


@dataclass(frozen=True, slots=True)
class Row:
    """A process, how its memory changed lately, and how deep it hangs in the tree."""

    process: Process
    change_bytes: int | None
    depth: int = 0


@dataclass(frozen=True, slots=True)
class ProcessColumn:
    """One column: what it shows and by what it is sorted (None sorts last)."""

    title: str
    text: Callable[[Row], str]
    rank: Callable[[Row], float | str | None]
    is_number: bool = False
    meaning: str = ""


def _started(row: Row) -> str:
    moment = datetime.fromtimestamp(row.process.started_unix_s, tz=UTC).astimezone()
    is_today = moment.date() == datetime.now(tz=UTC).astimezone().date()
    return moment.strftime("%H:%M:%S" if is_today else "%Y-%m-%d %H:%M")


def _change(row: Row) -> str:
    return "" if row.change_bytes == 0 else format_change(row.change_bytes, "bytes")


def _name(row: Row) -> str:
    return "    " * row.depth + printable(row.process.name, most=60)


COLUMNS: tuple[ProcessColumn, ...] = (
    ProcessColumn("Name", _name, lambda row: row.process.name.casefold()),
    ProcessColumn(
        "PID",
        lambda row: str(row.process.key.pid),
        lambda row: row.process.key.pid,
        is_number=True,
    ),
    ProcessColumn(
        "User",
        lambda row: printable(row.process.user, most=24),
        lambda row: row.process.user,
    ),
    ProcessColumn(
        "RSS",
        lambda row: format_bytes(row.process.rss_bytes),
        lambda row: row.process.rss_bytes,
        is_number=True,
        meaning="Resident memory, shared pages included",
    ),
    ProcessColumn(
        "Change in 10 s",
        _change,
        lambda row: row.change_bytes,
        is_number=True,
        meaning="How RSS changed in the last 10 seconds",
    ),
    ProcessColumn(
        "Handles",
        lambda row: format_count(row.process.handles),
        lambda row: row.process.handles,
        is_number=True,
        meaning="Open files, sockets, pipes and the like",
    ),
    ProcessColumn(
        "Threads",
        lambda row: format_count(row.process.threads),
        lambda row: row.process.threads,
        is_number=True,
    ),
    ProcessColumn("Started", _started, lambda row: row.process.started_unix_s),
    ProcessColumn(
        "Allows",
        lambda row: tr(row.process.access.value),
        lambda row: row.process.access.value,
        meaning="What can be seen of it: full, counts only, or not allowed",
    ),
    ProcessColumn(
        "Command",
        lambda row: printable(row.process.command, most=240),
        lambda row: row.process.command,
    ),
)


class MemoryHistory:
    """Remembers the RSS of each process for some seconds."""

    def __init__(self) -> None:
        self._past: dict[ProcessKey, deque[tuple[float, int]]] = {}

    def update(self, processes: Iterable[Process], now_s: float) -> list[Row]:
        """Take the newest list; forget processes that are not in it any more."""
        rows = []
        kept: dict[ProcessKey, deque[tuple[float, int]]] = {}
        for process in processes:
            past = self._past.get(process.key) or deque()
            kept[process.key] = past
            rows.append(Row(process, self._note(past, process.rss_bytes, now_s)))
        self._past = kept
        return rows

    @staticmethod
    def _note(
        past: deque[tuple[float, int]], rss_bytes: int | None, now_s: float
    ) -> int | None:
        if rss_bytes is None:
            return None
        past.append((now_s, rss_bytes))
        while len(past) > 2 and past[1][0] <= now_s - CHANGE_SPAN_S:
            past.popleft()
        return rss_bytes - past[0][1] if len(past) > 1 else None


def as_tree(ordered: Sequence[Row]) -> list[Row]:
    """Put children under their parents; siblings keep the order they come in."""
    present = {row.process.key.pid for row in ordered}
    children: dict[int, list[Row]] = {}
    roots = []
    for row in ordered:
        parent = row.process.parent_pid
        if parent in present and parent != row.process.key.pid:
            children.setdefault(parent, []).append(row)
        else:
            roots.append(row)
    result: list[Row] = []
    waiting = [(row, 0) for row in reversed(roots)]
    while waiting:
        row, depth = waiting.pop()
        result.append(Row(row.process, row.change_bytes, depth))
        below = children.pop(row.process.key.pid, ())
        waiting.extend((child, depth + 1) for child in reversed(below))
    return result
