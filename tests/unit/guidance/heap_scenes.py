"""Made-up looks into a heap, and the differences between them."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
from scenes import MIB

from leakgui.model.heap import (
    BlockGroups,
    BlockTotals,
    Composition,
    DestructorSuspects,
    Heap,
    HeapDifference,
    Holders,
    LeakTotals,
    Level,
)
from leakgui.model.snapshot import Snapshot
from leakgui.model.text_column import TextColumn

Blocks = dict[str | int, int]
"""How many blocks of a class, of a size in bytes, or of ``text``."""
CLASS_BYTES = 64
TEXT_BYTES = 40


def one_size(key: str | int) -> int:
    if isinstance(key, int):
        return key
    return TEXT_BYTES if key == "text" else CLASS_BYTES


def kind_of(key: str | int) -> str:
    if isinstance(key, int):
        return "size"
    return "text" if key == "text" else "class"


def heap(
    held: Blocks | None = None,
    lost: Blocks | None = None,
    hanging: Blocks | None = None,
    possible: Blocks | None = None,
    free: float = 1.0 * MIB,
    unconfirmed: tuple[int, int] = (0, 0),
    **others: object,
) -> Heap:
    """A heap of these blocks; ``hanging`` ones are lost indirectly, sizes in bytes.

    ``unconfirmed`` says how many of the held ones, and bytes of them, a second look
    found lost.
    """
    parts = {
        "reachable": {4096: 256} if held is None else held,
        "direct": lost or {},
        "indirect": hanging or {},
        "possible": possible or {},
    }
    rows = [
        (key, state, count) for state in parts for key, count in parts[state].items()
    ]
    totals = {state: sum(parts[state].values()) for state in parts}
    totals |= {
        f"{state}_bytes": sum(n * one_size(key) for key, n in parts[state].items())
        for state in parts
    }
    made = Heap(
        allocator="glibc",
        version="2.27 to 2.42",
        level=Level.PAUSE,
        looks=2,
        paused_ms=(4.0, 4.0),
        copied_bytes=8 * 2**20,
        resident_bytes=16 * 2**20,
        walked_share=1.0,
        is_complete=True,
        blocks=BlockTotals(
            in_use=sum(totals[state] for state in parts),
            in_use_bytes=sum(totals[f"{state}_bytes"] for state in parts),
            free=20,
            free_bytes=int(free),
            cached=0,
            cached_bytes=0,
        ),
        leaked=LeakTotals(
            **totals, unconfirmed=unconfirmed[0], unconfirmed_bytes=unconfirmed[1]
        ),
        groups=groups(rows),
    )
    return replace(made, **others)


def groups(rows: list[tuple[str | int, str, int]]) -> BlockGroups:
    sizes = np.array([one_size(key) for key, *_ in rows], np.uint64)
    counts = np.array([count for *_, count in rows], np.int64)
    return BlockGroups(
        type_name=TextColumn.of(
            "" if isinstance(key, int) else key for key, *_ in rows
        ),
        type_kind=TextColumn.of(kind_of(key) for key, *_ in rows),
        least_bytes=sizes,
        most_bytes=sizes.copy(),
        state=TextColumn.of(state for _, state, _ in rows),
        count=counts,
        bytes=sizes * counts.astype(np.uint64),
        peek=TextColumn.of([""] * len(rows)),
    )


def looks(
    *heaps: Heap, from_s: float = 5.0, every_s: float = 20.0
) -> tuple[HeapDifference, ...]:
    """The differences of successive looks, the first at ``from_s``."""
    return tuple(
        HeapDifference(
            from_number=number,
            to_number=number + 1,
            from_elapsed_s=from_s + every_s * (number - 1),
            to_elapsed_s=from_s + every_s * number,
            in_use_bytes=new.blocks.in_use_bytes - old.blocks.in_use_bytes,
            free_bytes=new.blocks.free_bytes - old.blocks.free_bytes,
            lost=new.leaked.lost - old.leaked.lost,
            lost_bytes=new.leaked.lost_bytes - old.leaked.lost_bytes,
            possible_bytes=new.leaked.possible_bytes - old.leaked.possible_bytes,
            before=old,
            after=new,
        )
        for number, (old, new) in enumerate(pairwise(heaps), start=1)
    )


def snapshot_of_heap(look: Heap | None, elapsed_s: float = 30.0) -> Snapshot:
    return Snapshot(
        number=1,
        name="",
        elapsed_s=elapsed_s,
        taken_unix_s=1_700_000_110.0,
        counters={},
        mappings=None,
        handles=None,
        threads=None,
        heap=look,
    )


def suspect(
    name: str = "Picture",
    each: int = 2056,
    lost: int = 100,
    owned: int = 60,
    owned_by_all: int = 60,
    objects: int = 60,
    certainty: str = "likely",
    base: str = "Message",
) -> DestructorSuspects:
    """One class without a virtual destructor."""
    return DestructorSuspects(
        class_name=TextColumn.of([name]),
        base_name=TextColumn.of([base]),
        certainty=TextColumn.of([certainty]),
        objects=np.array([objects], np.int64),
        lost_bytes_each=np.array([each], np.uint64),
        lost=np.array([lost], np.int64),
        lost_bytes=np.array([lost * each], np.uint64),
        offset=np.array([8], np.int64),
        owned=np.array([owned], np.int64),
        owned_by_all=np.array([owned_by_all], np.int64),
    )


def holder(root: str, retained_bytes: float) -> Holders:
    """One root, and what hangs on it."""
    return Holders(
        root=TextColumn.of([root]),
        root_kind=TextColumn.of(["global"]),
        path=TextColumn.of(["g_cache → Map+16 → 80 bytes"]),
        address=np.array([0x5000], np.uint64),
        bytes=np.array([80], np.uint64),
        type_name=TextColumn.of([""]),
        retained=np.array([10], np.int64),
        retained_bytes=np.array([int(retained_bytes)], np.uint64),
    )


def composition(**sizes: float) -> Composition:
    """Where resident memory is; kinds by name, an underscore for a hyphen."""
    kinds = [kind.replace("_", "-") for kind in sizes]
    return Composition(
        kind=TextColumn.of(kinds),
        label=TextColumn.of(kinds),
        bytes=np.array([int(size) for size in sizes.values()], np.int64),
    )
