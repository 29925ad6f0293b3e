"""Take a snapshot: counters, mappings, handles and threads of one process."""

from __future__ import annotations

import math
import time
from array import array
from collections.abc import Callable

from leakgui.errors import AccessDenied, TargetError, Unsupported
from leakgui.model.metric import Tier
from leakgui.probe.face import Reader
from leakgui.probe.handles import SeenHandle
from leakgui.probe.mapping_rows import MappingRows
from leakgui.probe.mappings import (
    Ranges,
    SmapsTooSlow,
    read_maps,
    read_smaps,
)
from leakgui.probe.raw import Progress, RawSnapshot, RawTable, text_column
from leakgui.probe.threads import MainStack, read_threads, tabulate_threads
from leakgui.texts import say, say_count

_WHERE_OF_TIER = {
    Tier.COUNTERS: "counters",
    Tier.LIMITS: "limits",
    Tier.SHARES: "shares",
    Tier.MAPPINGS: "mappings",
}


def take_raw_snapshot(reader: Reader, progress: Progress | None = None) -> RawSnapshot:
    """Read everything that can be read of the reader's process, stopping nothing.

    ``Platform.take_raw_snapshot(key, progress)`` opens the reader and closes it;
    this function does not know the platform, so that the platform may know it.
    ``progress`` is told rows: mappings, handles and threads.

    Raises:
        ProcessGone: the process ended or the pid is another's, before or meanwhile.
        AccessDenied: not even the counters may be read.

    Everything else that the system refuses is a gap, not an error.
    """
    return _Taking(reader, progress or _tell_nobody).run()


def _tell_nobody(done: int, total: int) -> None:
    """Stand in where nobody waits for progress."""


class _Taking:
    """One snapshot on its way."""

    def __init__(self, reader: Reader, progress: Progress) -> None:
        self._reader = reader
        self._pid = reader.key.pid
        self._progress = progress
        self._taken = RawSnapshot(taken_unix_s=time.time())
        self._ranges: Ranges | None = None
        self._done = 0

    def run(self) -> RawSnapshot:
        begun_s = time.perf_counter()
        taken = self._taken
        # The reader refuses a pid that is another's: this is the first check ...
        taken.counters.update(self._reader.read(Tier.COUNTERS))
        for tier in (Tier.MAPPINGS, Tier.LIMITS, Tier.SHARES):
            self._read_tier(tier)
        self._tell()
        taken.tables["mappings"] = self._part("mappings", self._read_mappings)
        taken.tables["threads"] = self._part("threads", self._read_threads)
        taken.tables["handles"] = self._part("handles", self._read_handles)
        # ... and this the second: what was read in between is of one process.
        self._reader.read(Tier.COUNTERS)
        taken.facts = dict(self._reader.facts())
        taken.cost_ms = (time.perf_counter() - begun_s) * 1000
        return taken

    def _read_tier(self, tier: Tier) -> None:
        try:
            self._taken.counters.update(self._reader.read(tier))
        except (AccessDenied, Unsupported) as error:
            self._gap(_WHERE_OF_TIER[tier], _reason(error), _describe(error))

    def _part(self, where: str, read: Callable[[], RawTable]) -> RawTable | None:
        try:
            table = read()
        except (AccessDenied, Unsupported, OSError) as error:
            self._gap(where, _reason(error), _describe(error))
            return None
        self._done += _rows(table)
        self._tell()
        return table

    def _read_mappings(self) -> RawTable:
        rows = self._read_mapping_rows()
        if rows.unparsable:
            detail = say_count(
                "{count} mapping could not be understood.",
                "{count} mappings could not be understood.",
                rows.unparsable,
            )
            self._gap("mappings", "unparsable", detail)
        elif not len(rows):
            raise Unsupported(
                say("The system shows no memory of it."),
                say("Its first thread has ended, or it is a thread of the kernel."),
            )
        self._ranges = Ranges.of(rows)
        self._taken.counters["mappings"] = float(len(rows))
        return rows.table()

    def _read_mapping_rows(self) -> MappingRows:
        try:
            return read_smaps(self._pid, self._tell)
        except SmapsTooSlow:
            self._gap(
                "mapping-sizes",
                "unreadable",
                say("Reading the sizes takes too long; only the ranges were read."),
            )
        except OSError as error:
            self._gap("mapping-sizes", _reason(error), _describe(error))
        return read_maps(self._pid)

    def _read_threads(self) -> RawTable:
        threads = read_threads(self._pid)
        if any(thread.is_denied for thread in threads):
            detail = say("The system tells stack pointers only to a debugger.")
            self._gap("thread-stacks", "denied", detail)
        counters = self._taken.counters
        main_stack = MainStack(
            counters.get("stack_bytes", math.nan),
            counters.get("limit_stack_bytes", math.nan),
        )
        return tabulate_threads(threads, self._pid, self._ranges, main_stack)

    def _read_handles(self) -> RawTable:
        reading, handles = self._reader.read_handles()
        self._taken.counters.update(reading)
        return tabulate_handles(handles)

    def _gap(self, where: str, reason: str, detail: str) -> None:
        self._taken.gaps.append((where, reason, detail))

    def _tell(self, rows_of_part: int = 0) -> None:
        counters = self._taken.counters
        expected = sum(
            counters.get(key, 0.0) for key in ("mappings", "threads", "handles")
        )
        done = self._done + rows_of_part
        self._progress(done, max(done, int(expected)))


def tabulate_handles(handles: list[SeenHandle]) -> RawTable:
    """Return the columns of ``leakgui.model.snapshot.Handles`` but the age."""
    return {
        "number": array("q", [handle.number for handle in handles]),
        "kind": text_column(handle.kind for handle in handles),
        "target": text_column(handle.target for handle in handles),
        "state": text_column(handle.state for handle in handles),
        "peer": text_column(handle.peer for handle in handles),
        "inode": array("Q", [handle.inode for handle in handles]),
    }


def _rows(table: RawTable) -> int:
    column = next(iter(table.values()))
    return len(column)


def _reason(error: TargetError | OSError) -> str:
    if isinstance(error, AccessDenied | PermissionError):
        return "denied"
    if isinstance(error, ProcessLookupError | FileNotFoundError):
        return "vanished"
    return "unsupported" if isinstance(error, Unsupported) else "unreadable"


def _describe(error: TargetError | OSError) -> str:
    if isinstance(error, OSError):
        return error.strerror or str(error)
    return f"{error.message} {error.hint}".strip()
