"""Targets, snapshots and session files for the tests of this folder."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from leakgui.model.process import ProcessKey, Target
from leakgui.model.snapshot import (
    Gap,
    GapReason,
    Handles,
    Mappings,
    Snapshot,
    Threads,
)
from leakgui.model.text_column import TextColumn
from leakgui.session.store import SessionWriter

TARGET = Target(
    key=ProcessKey(4242, 777),
    name="server",
    command="/usr/bin/server --port 80",
    user="alice",
    started_unix_s=1_700_000_000.25,
    executable="/usr/bin/server",
)
STARTED = 1_700_000_100.5


def new_session(folder: Path, name: str = "one.leak") -> SessionWriter:
    return SessionWriter.create(folder / name, TARGET, STARTED, {"system": "test"})


def a_snapshot(number: int = 1, elapsed_s: float = 3.5) -> Snapshot:
    return Snapshot(
        number=number,
        name=f"nr {number}",
        elapsed_s=elapsed_s,
        taken_unix_s=STARTED + elapsed_s,
        counters={"rss_bytes": 4096.0 * number, "handles": 3.0},
        mappings=Mappings(
            start=np.array([4096, 2**64 - 4096], dtype=np.uint64),
            end=np.array([8192, 2**64 - 1], dtype=np.uint64),
            permissions=TextColumn.of(["rw-p", "r-xp"]),
            offset=np.zeros(2, dtype=np.uint64),
            inode=np.array([0, 7], dtype=np.uint64),
            path=TextColumn.of(["[heap]", "/lib/\udc80 \n x"]),
            rss=np.array([4096, 0], dtype=np.uint64),
        ),
        handles=Handles(
            number=np.array([0, 1, 2], dtype=np.int64),
            kind=TextColumn.of(["file", "file", "pipe"]),
            target=TextColumn.of(["/dev/null", "/tmp/a", "pipe:[5]"]),
            state=TextColumn.of(["", "", ""]),
            peer=TextColumn.of(["", "", ""]),
            inode=np.array([1, 2, 5], dtype=np.uint64),
            first_seen_s=np.array([0.0, np.nan, 2.0]),
        ),
        threads=None,
        gaps=(Gap(where="threads", reason=GapReason.DENIED, detail="no rights"),),
        was_stopped=True,
        paused_ms=1.5,
        cost_ms=20.25,
        note="a note",
        facts={"mappings_from": "smaps"},
    )


def some_threads(count: int) -> Threads:
    return Threads(
        tid=np.arange(count, dtype=np.int64),
        name=TextColumn.of(["worker"] * count),
        state=TextColumn.of(["S"] * count),
        waits_in=TextColumn.of(["futex"] * count),
        stack_used=np.full(count, np.nan),
        stack_limit=np.full(count, 8e6),
    )
