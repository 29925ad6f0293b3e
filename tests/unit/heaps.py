"""Heaps and snapshots that hold them, for the tests of several packages."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from leakgui.model.heap import (
    Arenas,
    BlockGroups,
    BlockTotals,
    Composition,
    DestructorSuspects,
    Heap,
    Holders,
    IntrusiveBlocks,
    LeakTotals,
    Level,
    LostBlocks,
    PossibleBlocks,
)
from leakgui.model.snapshot import Snapshot
from leakgui.model.text_column import TextColumn

Row = tuple[str, str, int, int, str, int, int, str]
"""Type name, type kind, least and most bytes, state, count, bytes, peek."""


def u64(*values: int) -> np.ndarray:
    return np.array(values, np.uint64)


def i64(*values: int) -> np.ndarray:
    return np.array(values, np.int64)


def block_groups(rows: list[Row]) -> BlockGroups:
    columns = list(zip(*rows, strict=True)) if rows else [()] * 8
    return BlockGroups(
        type_name=TextColumn.of(columns[0]),
        type_kind=TextColumn.of(columns[1]),
        least_bytes=u64(*columns[2]),
        most_bytes=u64(*columns[3]),
        state=TextColumn.of(columns[4]),
        count=i64(*columns[5]),
        bytes=u64(*columns[6]),
        peek=TextColumn.of(columns[7]),
    )


def heap(
    groups: list[Row] | None,
    direct: tuple[int, int] = (0, 0),
    indirect: tuple[int, int] = (0, 0),
    without: str = "",
    **others: object,
) -> Heap:
    """Return a heap; ``without`` names totals that are not known."""
    rows = groups or []
    reachable = [row for row in rows if row[4] == "reachable"]
    made = Heap(
        allocator="glibc",
        version="2.27 to 2.42",
        level=Level.PAUSE,
        looks=2,
        paused_ms=(12.5, 11.25),
        copied_bytes=1 << 20,
        resident_bytes=4 << 20,
        walked_share=1.0,
        is_complete=True,
        blocks=BlockTotals(
            in_use=sum(row[5] for row in rows),
            in_use_bytes=sum(row[6] for row in rows),
            free=4,
            free_bytes=4000,
            cached=1,
            cached_bytes=24,
        ),
        leaked=LeakTotals(
            direct=direct[0],
            direct_bytes=direct[1],
            indirect=indirect[0],
            indirect_bytes=indirect[1],
            possible=0,
            possible_bytes=0,
            reachable=sum(row[5] for row in reachable),
            reachable_bytes=sum(row[6] for row in reachable),
        ),
        groups=None if groups is None else block_groups(groups),
    )
    return replace(made, **({without: None} if without else {}), **others)


def full_heap() -> Heap:
    """Return a heap with every table filled."""
    return heap(
        groups=[
            ("Node", "class", 48, 48, "reachable", 10, 480, ""),
            ("Node", "class", 48, 48, "direct", 5, 240, "secret \u2713"),
            ("", "size", 8192, 10232, "indirect", 2, 20000, ""),
            ("text", "text", 24, 24, "possible", 3, 72, "GET /home/alice"),
        ],
        direct=(5, 240),
        indirect=(2, 20000),
        lost=LostBlocks(
            address=u64(0x7F0000001010, 0x7F0000002010),
            bytes=u64(48, 48),
            type_name=TextColumn.of(["Node", ""]),
            type_kind=TextColumn.of(["class", "size"]),
            indirect=i64(2, 0),
            indirect_bytes=u64(20000, 0),
            peek=TextColumn.of(["secret \u2713", ""]),
        ),
        possible=PossibleBlocks(
            bytes=u64(24), offset=i64(-1), count=i64(3), type_name=TextColumn.of([""])
        ),
        intrusive=IntrusiveBlocks(bytes=u64(64), offset=i64(16), count=i64(30)),
        arenas=Arenas(
            address=u64(0x7F0000000C60),
            label=TextColumn.of(["main"]),
            system_bytes=u64(135168),
            in_use=i64(20),
            in_use_bytes=u64(20792),
            free=i64(4),
            free_bytes=u64(4000),
            walked_share=np.array([1.0]),
        ),
        holders=Holders(
            root=TextColumn.of(["global g_cache (libfoo.so)"]),
            root_kind=TextColumn.of(["global"]),
            path=TextColumn.of(["g_cache → Node+16 → 64 bytes"]),
            address=u64(0x7F0000003010),
            bytes=u64(64),
            type_name=TextColumn.of(["Node"]),
            retained=i64(10),
            retained_bytes=u64(480),
        ),
        suspects=DestructorSuspects(
            class_name=TextColumn.of(["Polygon"]),
            base_name=TextColumn.of(["Shape"]),
            certainty=TextColumn.of(["likely"]),
            objects=i64(100),
            lost_bytes_each=u64(136),
            lost=i64(900),
            lost_bytes=u64(122400),
            offset=i64(8),
            owned=i64(67),
            owned_by_all=i64(67),
        ),
        composition=Composition(
            kind=TextColumn.of(["in-use", "files", "kernel"]),
            label=TextColumn.of(["in use", "/usr/lib/libfoo.so", "counted otherwise"]),
            bytes=i64(2 << 20, (2 << 20) + 4096, -4096),
        ),
        notes=("No fork was made: seccomp.",),
    )


def snapshot_of(heap: Heap | None, number: int = 1) -> Snapshot:
    return Snapshot(
        number=number,
        name=str(number),
        elapsed_s=10.0 * number,
        taken_unix_s=1_700_000_000.0 + 10 * number,
        counters={"rss_bytes": 4e6},
        mappings=None,
        handles=None,
        threads=None,
        gaps=(),
        heap=heap,
    )
