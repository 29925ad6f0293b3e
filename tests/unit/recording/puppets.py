"""A process, a platform and a helper that do what the test says."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Self

import numpy as np

from leakgui.errors import LeakguiError, ProcessGone
from leakgui.model.heap import Heap, Level
from leakgui.model.metric import Reading, Tier
from leakgui.model.process import Access, Process, ProcessKey, Target
from leakgui.model.snapshot import Gap, Handles, Snapshot
from leakgui.model.text_column import TextColumn
from leakgui.probe.handles import SeenHandle

KEY = ProcessKey(4242, 777)
TARGET = Target(
    key=KEY,
    name="server",
    command="server --port 80",
    user="alice",
    started_unix_s=1_700_000_000.0,
    executable="/usr/bin/server",
)
READINGS = {
    Tier.COUNTERS: {"rss_bytes": 4096.0, "handles": 3.0},
    Tier.HANDLES: {"handles_file": 3.0},
    Tier.SHARES: {"pss_bytes": 4000.0},
    Tier.MAPPINGS: {"mappings": 20.0},
    Tier.LIMITS: {"limit_handles": 1024.0},
}


class PuppetReader:
    """Answers every tier; ``errors`` and ``before`` change that."""

    def __init__(self, key: ProcessKey = KEY) -> None:
        self.key = key
        self.errors: dict[Tier, Exception] = {}
        self.before: dict[Tier, Callable[[], None]] = {}
        self.reads: list[Tier] = []
        self.handles: list[SeenHandle] = []
        self.is_gone = False
        self.is_closed = False

    def describe(self) -> Target:
        return replace(TARGET, key=self.key)

    def facts(self) -> dict[str, str]:
        return {"system": "puppet"}

    def read(self, tier: Tier) -> Reading:
        self.reads.append(tier)
        self.before.get(tier, lambda: None)()
        if self.is_gone:
            message = "gone"
            raise ProcessGone(message)
        if tier in self.errors:
            raise self.errors[tier]
        return dict(READINGS[tier])

    def read_handles(self) -> tuple[Reading, list[SeenHandle]]:
        return self.read(Tier.HANDLES), list(self.handles)

    def read_state(self) -> str:
        return "S"

    def close(self) -> None:
        self.is_closed = True


class PuppetPlatform:
    """Knows one process, or the list that it is given."""

    name = "puppet"

    def __init__(self, reader: PuppetReader | None = None) -> None:
        self.reader = reader or PuppetReader()
        self.processes: list[Process] = []

    def open_reader(self, key: ProcessKey) -> PuppetReader:
        if key != self.reader.key:
            message = "another process has this pid now"
            raise ProcessGone(message)
        return self.reader

    def list_processes(self) -> list[Process]:
        return self.processes


class PuppetCopy:
    """A copied heap that tells when it is closed."""

    def __init__(self, paused_ms: float = 12.5) -> None:
        self.paused_ms = paused_ms
        self.gaps: tuple[Gap, ...] = ()
        self.notes: tuple[str, ...] = ()
        self.is_closed = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.is_closed = True


class PuppetHelper:
    """Takes a snapshot at once, or fails as told."""

    def __init__(self) -> None:
        self.error: LeakguiError | None = None
        self.copies: list[PuppetCopy | LeakguiError] = []
        """What is given for the next heaps; after the last a plain copy."""
        self.given: list[tuple[PuppetCopy, Level]] = []
        self.is_closed = False

    def estimate_heap_copy(self, key):
        return "an estimate"

    def copy_heap(self, key, level, progress, *, cancelled):
        progress(1, 2)
        next_one = self.copies.pop(0) if self.copies else PuppetCopy()
        if isinstance(next_one, LeakguiError):
            raise next_one
        self.given.append((next_one, level))
        return next_one

    def take_snapshot(self, key, progress=None, *, cancelled=None, timeout_s=120.0):
        if self.error:
            raise self.error
        return Snapshot(
            number=0,
            name="",
            elapsed_s=0.0,
            taken_unix_s=0.0,
            counters={"rss_bytes": 4096.0, "handles": 1.0},
            mappings=None,
            handles=some_handles(),
            threads=None,
        )

    def close(self) -> None:
        self.is_closed = True


class PuppetWorker:
    """Finds the heaps it is told to find."""

    def __init__(self, *found: Heap | LeakguiError) -> None:
        self.found = list(found)
        """The last one again and again."""
        self.asked: list[bool] = []
        """For each interpretation whether it was to confirm."""
        self.is_warm = self.is_closed = self.is_new = False
        self.forgotten = 0
        self.before = lambda: None

    def warm_up(self) -> None:
        self.is_warm = True

    def is_cold(self) -> bool:
        return self.is_new

    def interpret(self, copied, progress, *, cancelled, confirm):
        assert self.is_warm
        assert not copied.is_closed
        progress(0, 1)
        self.before()
        self.asked.append(confirm)
        found = self.found.pop(0) if len(self.found) > 1 else self.found[0]
        if isinstance(found, LeakguiError):
            raise found
        return found

    def describe_block(self, address):
        return f"block at {address}"

    def forget(self) -> None:
        self.forgotten += 1

    def close(self) -> None:
        self.is_closed = True


def some_handles() -> Handles:
    return Handles(
        number=np.array([3, 4, 5], dtype=np.int64),
        kind=TextColumn.of(["file", "socket", "file"]),
        target=TextColumn.of(["/a", "tcp 1 → 2", "/new"]),
        state=TextColumn.of(["", "ESTABLISHED", ""]),
        peer=TextColumn.of(["", "2", ""]),
        inode=np.array([7, 8, 9], dtype=np.uint64),
        first_seen_s=np.full(3, np.nan),
    )


def seen(number: int, target: str, inode: int = 0, kind: str = "file") -> SeenHandle:
    return SeenHandle(number, kind, target, inode, "", "")


def listed(pid: int, command: str, name: str = "server") -> Process:
    return Process(
        key=ProcessKey(pid, pid * 10),
        parent_pid=1,
        name=name,
        command=command,
        user="alice",
        started_unix_s=0.0,
        state="S",
        rss_bytes=1,
        handles=1,
        threads=1,
        access=Access.FULL,
    )
