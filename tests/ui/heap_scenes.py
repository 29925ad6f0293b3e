"""Invented heaps for tests of the window: small, huge, refused, partly walked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from leakgui.model.block import BlockDetail, Neighbour
from leakgui.model.columns import F64, I64, U64
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
from leakgui.model.snapshot import Gap, GapReason, Snapshot
from leakgui.model.text_column import TextColumn

MIB = 1 << 20


def u64(*values: int) -> U64:
    return np.array(values, dtype=np.uint64)


def i64(*values: int) -> I64:
    return np.array(values, dtype=np.int64)


def f64(*values: float) -> F64:
    return np.array(values, dtype=np.float64)


def texts(*values: str) -> TextColumn:
    return TextColumn.of(values)


_GROUP_ROWS: Sequence[tuple[str, str, int, int, str, int, int, str]] = (
    ("net::Session", "class", 184, 184, "reachable", 4_000, 736_000, "GET /index.html"),
    ("net::Session", "class", 184, 184, "direct", 12_000, 2_208_000, "GET /index.html"),
    ("net::Session", "class", 184, 184, "possible", 3, 552, ""),
    ("", "size", 24, 24, "reachable", 260_000, 6_240_000, ""),
    ("", "size", 24, 24, "indirect", 12_345, 296_280, ""),
    ("", "size", 1025, 2048, "reachable", 21_000, 31_000_000, ""),
    ("text", "text", 40, 40, "reachable", 310_000, 12_400_000, "user-0000017@example"),
    ("std::map<std::string, std::vector<cache::Entry>>", "class", 72, 72, "reachable",
     90_000, 6_480_000, ""),
    ("Polygon", "class", 56, 56, "reachable", 67, 3_752, ""),
)  # fmt: skip


def groups() -> BlockGroups:
    """Six kinds of blocks, some of them lost."""
    name, kind, least, most, state, count, size, peek = zip(*_GROUP_ROWS, strict=True)
    return BlockGroups(
        type_name=texts(*name), type_kind=texts(*kind), least_bytes=u64(*least),
        most_bytes=u64(*most), state=texts(*state), count=i64(*count),
        bytes=u64(*size), peek=texts(*peek),
    )  # fmt: skip


def lost() -> LostBlocks:
    """Three leaders, the largest first."""
    return LostBlocks(
        address=u64(0x55D0_0000_12A0, 0x55D0_0000_1360, 0x7F10_0000_0010),
        bytes=u64(184, 184, 4096),
        type_name=texts("net::Session", "net::Session", ""),
        type_kind=texts("class", "class", "size"),
        indirect=i64(1_200, 4, 0),
        indirect_bytes=u64(28_800, 96, 0),
        peek=texts("GET /index.html", "", ""),
    )


def possible() -> PossibleBlocks:
    return PossibleBlocks(
        bytes=u64(552, 184), offset=i64(64, -1), count=i64(12, 3),
        type_name=texts("", "net::Session"),
    )  # fmt: skip


def intrusive() -> IntrusiveBlocks:
    return IntrusiveBlocks(bytes=u64(72), offset=i64(16), count=i64(5_000))


def arenas() -> Arenas:
    return Arenas(
        address=u64(0x7F10_0000_0C60, 0x7F10_1000_0030),
        label=texts("main", "thread 1"),
        system_bytes=u64(90 * MIB, 4 * MIB), in_use=i64(690_000, 9_400),
        in_use_bytes=u64(58 * MIB, MIB), free=i64(900, 12),
        free_bytes=u64(20 * MIB, 3 * MIB), walked_share=f64(1.0, 0.62),
    )  # fmt: skip


def holders() -> Holders:
    return Holders(
        root=texts("global g_cache (libfoo.so)", "stack of thread 12"),
        root_kind=texts("global", "stack"),
        path=texts("g_cache → std::map+16 → 24 bytes", "→ 1.00 KiB"),
        address=u64(0x55D0_0001_0000, 0x55D0_0002_0000), bytes=u64(72, 1032),
        type_name=texts("std::map<std::string, std::vector<cache::Entry>>", ""),
        retained=i64(420_000, 3), retained_bytes=u64(41_000_000, 3_000),
    )  # fmt: skip


def suspects() -> DestructorSuspects:
    return DestructorSuspects(
        class_name=texts("Polygon"), base_name=texts("Shape"),
        certainty=texts("likely"), objects=i64(67), lost_bytes_each=u64(56),
        lost=i64(900), lost_bytes=u64(50_400), offset=i64(8), owned=i64(67),
        owned_by_all=i64(67),
    )  # fmt: skip


def composition() -> Composition:
    kinds = ("in-use", "lost", "possible", "free", "overhead", "stacks", "files",
             "shared", "other", "kernel")  # fmt: skip
    labels = ("In use", "Lost", "Possibly lost", "Free in the allocator", "Overhead",
              "Stacks", "Files", "Shared", "Other", "Counted otherwise")  # fmt: skip
    sizes = (56_860_000, 2_504_280, 552, 23 * MIB, 4_200_000, 200_704, 9_400_000,
             120_000, 1_300_000, -40_960)  # fmt: skip
    return Composition(kind=texts(*kinds), label=texts(*labels), bytes=i64(*sizes))


def heap() -> Heap:
    """A service of 94 MiB that loses sessions."""
    rows = composition()
    return Heap(
        allocator="glibc", version="2.27 to 2.42", level=Level.PAUSE, looks=2,
        paused_ms=(31.0, 29.4), copied_bytes=96 * MIB,
        resident_bytes=int(rows.bytes.sum()), walked_share=1.0, is_complete=True,
        blocks=BlockTotals(in_use=709_415, in_use_bytes=59_364_584, free=912,
                           free_bytes=23 * MIB, cached=300, cached_bytes=30_000),
        leaked=LeakTotals(direct=12_000, direct_bytes=2_208_000, indirect=12_345,
                          indirect_bytes=296_280, possible=3, possible_bytes=552,
                          reachable=685_067, reachable_bytes=56_859_752),
        groups=groups(), lost=lost(), possible=possible(), intrusive=intrusive(),
        arenas=arenas(), holders=holders(), suspects=suspects(), composition=rows,
    )  # fmt: skip


def partly_walked() -> Heap:
    """Totals disagree: blocks are known in part, and nothing is called lost."""
    return replace(
        heap(), walked_share=0.62, is_complete=False, leaked=None, lost=None,
        possible=None, intrusive=None, holders=None, suspects=None, looks=1,
        paused_ms=(31.0,), notes=("A fork was not possible: a seccomp filter is set.",),
    )  # fmt: skip


def refused() -> Heap:
    """A program with another allocator: copied, and not understood."""
    return Heap(
        allocator="jemalloc", version="", level=Level.PAUSE, looks=1,
        paused_ms=(12.0,), copied_bytes=8 * MIB, resident_bytes=9 * MIB,
        walked_share=0.0, is_complete=False,
    )  # fmt: skip


def huge(rows: int = 20_000) -> Heap:
    """A C++ program with very many types of very long names."""
    random = np.random.default_rng(3)
    sizes = random.integers(1, 4096, rows).astype(np.uint64) * np.uint64(16)
    counts = random.integers(1, 5_000, rows)
    names = [f"ns{n % 97}::Template<{'std::pair<int, ' * 12}T{n}>" for n in range(rows)]
    states = np.array(["reachable", "direct", "indirect"])[random.integers(0, 3, rows)]
    return replace(
        heap(),
        groups=BlockGroups(
            type_name=texts(*names), type_kind=texts(*["class"] * rows),
            least_bytes=sizes, most_bytes=sizes, state=texts(*states), count=counts,
            bytes=sizes * counts.astype(np.uint64), peek=texts(*[""] * rows),
        ),
    )  # fmt: skip


def snapshot(kept: Heap | None, number: int = 1, gaps: Sequence[Gap] = ()) -> Snapshot:
    return Snapshot(
        number=number, name=str(number), elapsed_s=12.0 * number,
        taken_unix_s=1_700_000_000.0 + 12 * number, counters={}, mappings=None,
        handles=None, threads=None, gaps=tuple(gaps), was_stopped=True,
        paused_ms=31.0, heap=kept,
    )  # fmt: skip


JEMALLOC = Gap(
    where="heap",
    reason=GapReason.UNSUPPORTED,
    detail="This program uses jemalloc; leakgui reads only glibc's malloc, so it says "
    "nothing about lost blocks.",
)
DENIED = Gap(
    where="heap",
    reason=GapReason.DENIED,
    detail="Yama allows only children to be traced.",
)


def block(address: int = 0x55D0_0000_12A0) -> BlockDetail:
    """A lost block with a name, some bytes, and neighbours on both sides."""
    return BlockDetail(
        address=address, usable_bytes=184, state="direct", type_name="net::Session",
        content=bytes(range(64)) + b"GET /index.html\0" + bytes(176),
        pointed_from=(), pointed_from_count=0,
        points_to=(
            Neighbour(place="block", address=address + 0x200, offset=8,
                      type_name="", usable_bytes=24),
            Neighbour(place="block", address=address + 0x400, offset=16,
                      type_name="net::Buffer", usable_bytes=4096),
        ),
        points_to_count=12, path=(), retained=13, retained_bytes=6_184,
    )  # fmt: skip


def held_block(address: int = 0x55D0_0001_0000) -> BlockDetail:
    """A reachable block, pointed to from a global and a stack."""
    return BlockDetail(
        address=address, usable_bytes=72, state="reachable",
        type_name="std::map<std::string, std::vector<cache::Entry>>",
        content=bytes(72),
        pointed_from=(
            Neighbour(place="global g_cache", address=0x7F00_0000_1000, offset=0,
                      type_name="", usable_bytes=0),
            Neighbour(place="block", address=address - 0x100, offset=24,
                      type_name="Registry", usable_bytes=64),
        ),
        pointed_from_count=2, points_to=(), points_to_count=0,
        path=("global g_cache", "Registry+24", "std::map"),
    )  # fmt: skip
