"""Find the words that may hold pointers which the program itself would follow."""

from __future__ import annotations

from typing import TypeVar

import numpy as np
import numpy.typing as npt

from leakgui.model.columns import I64, U64
from leakgui.worker.image import Image
from leakgui.worker.roots.control_blocks import (
    DTV_AT,
    DTV_HEAD,
    ControlBlock,
    find_control_blocks,
)
from leakgui.worker.roots.labels import Labels
from leakgui.worker.roots.painting import NOTHING, Painting
from leakgui.worker.roots.table import LooseRoots, RootKind, RootRanges, Roots
from leakgui.worker.roots.thread_painting import ThreadPainting
from leakgui.worker.walked import Walk

GENERAL, VECTORS = 27, 32
"""Words a thread in ``Image.registers`` and ``Image.vectors``."""
FIRST_VECTOR = 100
"""``LooseRoots.number`` of the first word of the vector registers."""

Scalar = TypeVar("Scalar", bound=np.generic)


def find_roots(image: Image, walk: Walk) -> Roots:
    """Return copied memory outside the heap, live registers and live stacks.

    Left out are the areas of the allocator, what lies more than 128 bytes below a
    stack pointer (the red zone of the System V ABI for x86-64, §3.2.2), and stacks
    that glibc keeps of threads that have ended. The dtv of each thread, whose only
    pointer leads 16 bytes into its block, is a root by itself.
    """
    labels, painting = Labels(), Painting()
    _paint_regions(image, painting, labels)
    _leave_out_areas(walk, painting)
    _, first, end = _as_places(image, *painting.finish()[:2])
    blocks = find_control_blocks(image, first, end)
    threads = ThreadPainting(image, blocks, painting)
    threads.paint_all(labels)
    # How far thread-local memory reaches is only estimated: no block is part of it.
    _leave_out_areas(walk, painting)
    threads.paint_those_in_heap(walk, labels)
    starts, ends, codes = painting.finish()
    rows, first, end = _as_places(image, starts, ends)
    kind, tid, module = labels.look_up(codes[rows])
    ranges = RootRanges(
        first_word=first, end_word=end, kind=kind, tid=tid, module=module
    )
    return Roots(ranges=ranges, loose=_find_loose(image, blocks))


def _paint_regions(image: Image, painting: Painting, labels: Labels) -> None:
    """Paint all that was copied; memory right behind a module's data is its .bss."""
    regions = image.regions
    module, data_end = -1, 0
    for row in range(len(regions)):
        start, end = int(regions.start[row]), int(regions.end[row])
        path = regions.path[row]
        if path.startswith("/"):
            is_data = "w" in regions.permissions[row]
            module, data_end = int(regions.module[row]), end if is_data else 0
        elif path or start != data_end:
            module = -1
        if not regions.was_copied[row]:
            continue
        if regions.permissions[row].endswith("s"):
            label = labels.add(RootKind.SHARED)
        elif module >= 0:
            label = labels.add(RootKind.GLOBAL, module=module)
        else:
            label = labels.add(RootKind.MEMORY)
        painting.paint(start, end, label)


def _leave_out_areas(walk: Walk, painting: Painting) -> None:
    """Take the memory of the allocator away: blocks are searched when reached."""
    for start, end in zip(
        walk.area_start.tolist(), walk.area_end.tolist(), strict=True
    ):
        painting.paint(start, end, NOTHING)


def _as_places(image: Image, starts: U64, ends: U64) -> tuple[I64, I64, I64]:
    """Cut ranges at the segments: row of the range, first word, word behind it."""
    segments = image.segments
    first = np.searchsorted(segments.end, starts, "right")
    last = np.searchsorted(segments.start, ends, "left")
    counts = np.maximum(last - first, 0)
    rows = np.repeat(np.arange(len(starts)), counts)
    number = np.arange(len(rows)) - np.repeat(np.cumsum(counts) - counts, counts)
    segment = first[rows] + number
    start = np.maximum(starts[rows], segments.start[segment])
    end = np.minimum(ends[rows], segments.end[segment])
    begin = segments.start[segment]
    base = segments.first_word[segment]
    first_word = base + ((start - begin + np.uint64(7)) >> np.uint64(3)).astype(
        np.int64
    )
    end_word = base + ((end - begin) >> np.uint64(3)).astype(np.int64)
    return rows, first_word, np.maximum(first_word, end_word)


def _find_loose(image: Image, blocks: list[ControlBlock]) -> LooseRoots:
    """Return the registers of all threads, and each thread's dtv."""
    dtvs = [
        (word - DTV_HEAD, block.tid)
        for block in blocks
        if (word := image.read_word(block.address + DTV_AT)) and word > DTV_HEAD
    ]
    tids = np.asarray(image.threads.tid, np.int64)
    number = np.concatenate([np.arange(GENERAL), np.arange(VECTORS) + FIRST_VECTOR])
    registers = np.concatenate(
        [image.registers.reshape(-1, GENERAL), image.vectors.reshape(-1, VECTORS)], 1
    )
    kinds = [int(RootKind.REGISTER), int(RootKind.THREAD_LOCAL)]
    return LooseRoots(
        value=_join(registers.ravel(), [word for word, _ in dtvs]),
        kind=np.repeat(kinds, [registers.size, len(dtvs)]),
        tid=_join(tids.repeat(GENERAL + VECTORS), [tid for _, tid in dtvs]),
        number=_join(np.tile(number, len(tids)), [-1] * len(dtvs)),
    )


def _join(column: npt.NDArray[Scalar], more: list[int]) -> npt.NDArray[Scalar]:
    """Return a column with some rows more."""
    return np.concatenate([column, np.array(more, column.dtype)])
