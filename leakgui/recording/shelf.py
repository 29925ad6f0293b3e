"""Snapshots that are not in a file: all of them, or those on their way."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import fields

import numpy as np

from leakgui.model.columns import Columns
from leakgui.model.snapshot import Snapshot
from leakgui.model.text_column import TextColumn

MOST_BYTES = 256 << 20


class Shelf:
    """Keeps the newest snapshots that fit; thread-safe."""

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self._most_bytes = most_bytes
        self._held: OrderedDict[int, tuple[Snapshot, int]] = OrderedDict()
        self._lock = threading.Lock()

    def put(self, snapshot: Snapshot) -> None:
        """Keep a snapshot; the oldest go where there is no room, never this one."""
        with self._lock:
            self._held[snapshot.number] = (snapshot, size_of(snapshot))
            while len(self._held) > 1 and self._bytes() > self._most_bytes:
                self._held.popitem(last=False)

    def find(self, number: int) -> Snapshot | None:
        """Return a snapshot that is still here."""
        with self._lock:
            found = self._held.get(number)
            return found[0] if found else None

    def release(self, number: int) -> None:
        """Forget a snapshot that is in the file now."""
        with self._lock:
            self._held.pop(number, None)

    def _bytes(self) -> int:
        return sum(size for _, size in self._held.values())


def size_of(snapshot: Snapshot) -> int:
    """Return about how much memory a snapshot takes."""
    heap = snapshot.heap
    tables = [snapshot.mappings, snapshot.handles, snapshot.threads]
    tables += [getattr(heap, entry.name) for entry in fields(heap)] if heap else []
    return 10_000 + sum(_table_bytes(table) for table in tables)


def _table_bytes(table: object) -> int:
    if not isinstance(table, Columns):
        return 0
    columns = (getattr(table, entry.name) for entry in fields(table))  # type: ignore[arg-type]  # subclasses are dataclasses
    return sum(_column_bytes(column) for column in columns)


def _column_bytes(column: object) -> int:
    if isinstance(column, np.ndarray):
        return int(column.nbytes)
    if isinstance(column, TextColumn):
        return int(column.codes.nbytes) + sum(60 + len(text) for text in column.pool)
    return 0
