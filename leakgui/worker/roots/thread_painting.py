"""Paint what belongs to threads: stacks in use, thread-local memory, ended threads."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from leakgui.worker.image import WORD_BYTES, Image
from leakgui.worker.roots.control_blocks import ControlBlock
from leakgui.worker.roots.labels import Labels
from leakgui.worker.roots.painting import NOTHING, Painting
from leakgui.worker.roots.table import RootKind
from leakgui.worker.roots.thread_locals import count_static_bytes
from leakgui.worker.walked import Walk

RED_ZONE = 128
"""Bytes below the stack pointer that functions use (System V ABI, x86-64, 3.2.2)."""


class ThreadPainting:
    """The threads of an image, to be painted over its memory."""

    def __init__(
        self, image: Image, blocks: list[ControlBlock], painting: Painting
    ) -> None:
        self._image, self._blocks, self._painting = image, blocks, painting
        self._static_bytes = count_static_bytes(image.modules)
        threads = image.threads
        self._pointers = dict(
            zip(threads.tid.tolist(), threads.stack_pointer.tolist(), strict=True)
        )

    def paint_all(self, labels: Labels) -> None:
        """Paint all threads; leave out what no thread uses any more."""
        for block in self._blocks:
            if block.tid < 0:
                self._painting.paint(block.stack_start, block.address, NOTHING)
                label = labels.add(RootKind.THREAD_LOCAL)
                self._painting.paint(block.address, block.end, label)
        owners = {block.tid: block for block in self._blocks if block.tid >= 0}
        self._paint(((tid, owners.get(tid)) for tid in self._pointers), labels)

    def paint_those_in_heap(self, walk: Walk, labels: Labels) -> None:
        """Paint those threads once more whose stack is memory that malloc gave."""
        if not len(walk.area_start):
            return
        own = [one for one in self._blocks if one.tid >= 0 and one.stack_end]
        stacks = np.array([block.stack_start for block in own], np.uint64)
        row = np.searchsorted(walk.area_start, stacks, "right") - 1
        is_in = (row >= 0) & (stacks < walk.area_end[np.maximum(row, 0)])
        chosen = (own[place] for place in np.flatnonzero(is_in).tolist())
        self._paint(((block.tid, block) for block in chosen), labels)

    def _paint(
        self, threads: Iterable[tuple[int, ControlBlock | None]], labels: Labels
    ) -> None:
        for tid, block in threads:
            pointer = self._pointers[tid]
            start, end = _find_stack(self._image, block, pointer)
            live = max(pointer - RED_ZONE, 0) // WORD_BYTES * WORD_BYTES
            self._painting.paint(start, min(live, end), NOTHING)
            label = labels.add(RootKind.STACK, tid)
            self._painting.paint(max(live, start), end, label)
            if block is not None:
                label = labels.add(RootKind.THREAD_LOCAL, tid)
                # On a stack of glibc's the dead part below stays left out.
                lowest = live if start <= block.address <= end else 0
                variables = max(block.address - self._static_bytes, lowest)
                self._painting.paint(variables, block.end, label)


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
