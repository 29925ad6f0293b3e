"""Find the words that may hold pointers which the program itself would follow."""

from __future__ import annotations

from typing import TypeVar

import numpy as np
import numpy.typing as npt

from leakgui.model.columns import I64, U64
from leakgui.worker.image import WORD_BYTES, Image
from leakgui.worker.roots.control_blocks import (
    DTV_AT,
    DTV_HEAD,
    ControlBlock,
    find_control_blocks,
)
from leakgui.worker.roots.painting import NOTHING, Painting
from leakgui.worker.roots.table import LooseRoots, RootKind, RootRanges, Roots
from leakgui.worker.roots.thread_locals import count_static_bytes
from leakgui.worker.walked import Walk

RED_ZONE = 128
"""Bytes below the stack pointer that functions use (System V ABI, x86-64, 3.2.2)."""
GENERAL, VECTORS = 27, 32
"""Words a thread in ``Image.registers`` and ``Image.vectors``."""
FIRST_VECTOR = 100
"""``LooseRoots.number`` of the first word of the vector registers."""

Scalar = TypeVar("Scalar", bound=np.generic)
Label = tuple[RootKind, int, int]
"""Kind, tid, module."""


def find_roots(image: Image, walk: Walk) -> Roots:
    """Return copied memory outside the heap, live registers and live stacks.

    Left out are the areas of the allocator, what lies more than 128 bytes below a
    stack pointer (the red zone of the System V ABI for x86-64, §3.2.2), and stacks
    that glibc keeps of threads that have ended. The dtv of each thread, whose only
    pointer leads 16 bytes into its block, is a root by itself.
    """
    labels: list[Label] = []
    painting = Painting()
    _paint_regions(image, painting, labels)
    _leave_out_areas(walk, painting)
    _, first, end = _as_places(image, *painting.finish()[:2])
    blocks = find_control_blocks(image, first, end)
    _paint_threads(image, blocks, painting, labels)
    starts, ends, codes = painting.finish()
    rows, first, end = _as_places(image, starts, ends)
    table = np.array(labels, np.int64).reshape(-1, 3)[codes[rows]]
    ranges = RootRanges(
        first_word=first,
        end_word=end,
        kind=table[:, 0].copy(),
        tid=table[:, 1].copy(),
        module=table[:, 2].copy(),
    )
    return Roots(ranges=ranges, loose=_find_loose(image, blocks))


def _label(labels: list[Label], kind: RootKind, tid: int = -1, module: int = -1) -> int:
    """Add a label and return its number."""
    labels.append((kind, tid, module))
    return len(labels) - 1


def _paint_regions(image: Image, painting: Painting, labels: list[Label]) -> None:
    """Paint all that was copied; memory right behind a module's data is its .bss."""
    regions = image.regions
    module, data_end = -1, 0
    for row in range(len(regions)):
        start, end = int(regions.start[row]), int(regions.end[row])
        path = regions.path[row]
        if path.startswith("/"):
            module, data_end = int(regions.module[row]), end
        elif path or start != data_end:
            module = -1
        if not regions.was_copied[row]:
            continue
        if regions.permissions[row].endswith("s"):
            label = _label(labels, RootKind.SHARED)
        elif module >= 0:
            label = _label(labels, RootKind.GLOBAL, module=module)
        else:
            label = _label(labels, RootKind.MEMORY)
        painting.paint(start, end, label)


def _leave_out_areas(walk: Walk, painting: Painting) -> None:
    """Take the memory of the allocator away: blocks are searched when reached."""
    for start, end in zip(
        walk.area_start.tolist(), walk.area_end.tolist(), strict=True
    ):
        painting.paint(start, end, NOTHING)


def _paint_threads(
    image: Image, blocks: list[ControlBlock], painting: Painting, labels: list[Label]
) -> None:
    """Paint stacks and thread-local memory; leave out what no thread uses any more."""
    static_bytes = count_static_bytes(image.modules)
    for block in blocks:
        if block.tid < 0:
            painting.paint(block.stack_start, block.address, NOTHING)
    owners = {block.tid: block for block in blocks}
    for tid, pointer in zip(
        image.threads.tid.tolist(), image.threads.stack_pointer.tolist(), strict=True
    ):
        start, end = _find_stack(image, owners.get(tid), pointer)
        live = max(pointer - RED_ZONE, 0) // WORD_BYTES * WORD_BYTES
        painting.paint(start, min(live, end), NOTHING)
        painting.paint(max(live, start), end, _label(labels, RootKind.STACK, tid))
    for block in blocks:
        start = block.address - static_bytes if block.tid >= 0 else block.address
        label = _label(labels, RootKind.THREAD_LOCAL, block.tid)
        painting.paint(max(start, 0), block.end, label)


def _find_stack(
    image: Image, block: ControlBlock | None, pointer: int
) -> tuple[int, int]:
    """Return the range of the stack in use; an empty one where it is not known.

    A stack pointer that is neither in the stack that glibc made nor in the kernel's
    is in some stack of the program's own making: nothing is known of its ends, and
    so nothing is left out.
    """
    if block is not None and block.stack_end:
        if block.stack_start <= pointer < block.address:
            return block.stack_start, block.address
        return 0, 0
    regions = image.regions
    row = int(np.searchsorted(regions.start, np.uint64(pointer), "right")) - 1
    is_inside = row >= 0 and pointer < int(regions.end[row])
    if is_inside and regions.path[row] == "[stack]":
        return int(regions.start[row]), int(regions.end[row])
    return 0, 0


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
