"""One pointer from a root or a block to a block: where it lies and where it leads."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from leakgui.worker.blocks.block_map import BlockMap
from leakgui.worker.blocks.lookup import address_of, follow_one, is_start
from leakgui.worker.image import Image
from leakgui.worker.roots.table import Roots


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One pointer: where it lies, and where it leads."""

    address: int
    """Of the word that holds the pointer; the number of a register for one."""
    kind: int | None
    """A ``RootKind``; ``None`` where the word lies in a block."""
    tid: int
    """The thread of the root, or -1."""
    module: int
    """The module of the root, or -1."""
    source: int
    """Address of the block in which the word lies; 0 for a root."""
    offset: int
    """Where in the block the word lies, in bytes; 0 for a root."""
    target: int
    """Address of the block to which the pointer leads."""
    into: int
    """Where in that block it leads, in bytes."""


@dataclass(frozen=True, slots=True)
class Path:
    """The pointers from a root to a block; of a long path its ends."""

    first: tuple[Step, ...] = ()
    """From the root on; empty where no path leads there."""
    left_out: int = 0
    """How many there are between ``first`` and ``last``."""
    last: tuple[Step, ...] = ()

    def __bool__(self) -> bool:
        """Whether there is a path."""
        return bool(self.first)


def read_step(image: Image, blocks: BlockMap, roots: Roots, place: int) -> Step:
    """Return what lies at a place that holds a pointer to a block.

    A place behind the image is a loose root: the number of its row.
    """
    if place >= len(blocks.words):
        return _read_loose(blocks, roots, place - len(blocks.words))
    address = image.find_address(place)
    target, into = _lead(blocks, int(blocks.words[place]))
    kind, tid, module = _find_root(roots, place)
    source = _lead(blocks, address)[0] if kind is None else 0
    return Step(
        address=address,
        kind=kind,
        tid=tid,
        module=module,
        source=source,
        offset=address - source if source else 0,
        target=target,
        into=into,
    )


def _read_loose(blocks: BlockMap, roots: Roots, row: int) -> Step:
    """Return the step that a register makes, or another root in no range."""
    loose = roots.loose
    target, into = _lead(blocks, int(loose.value[row]))
    return Step(
        address=int(loose.number[row]),
        kind=int(loose.kind[row]),
        tid=int(loose.tid[row]),
        module=-1,
        source=0,
        offset=0,
        target=target,
        into=into,
    )


def _lead(blocks: BlockMap, value: int) -> tuple[int, int]:
    """Return the address of the block in which an address lies, and the offset."""
    granule = int(follow_one(blocks, np.uint64(value), -1)[1])
    if granule < 0:
        return 0, 0
    start = int(address_of(blocks, granule))
    return start, value - start


def _find_root(roots: Roots, place: int) -> tuple[int | None, int, int]:
    """Return kind, tid and module of the root that a word is part of, if of any."""
    ranges = roots.ranges
    row = int(np.searchsorted(ranges.first_word, place, "right")) - 1
    if row < 0 or place >= int(ranges.end_word[row]):
        return None, -1, -1
    return int(ranges.kind[row]), int(ranges.tid[row]), int(ranges.module[row])


def find_block(image: Image, blocks: BlockMap, address: int) -> int:
    """Return the granule of the block that begins at an address, or -1."""
    place = image.find_word(address)
    if place is None or address % 16 or not is_start(blocks, place >> 1):
        return -1
    return place >> 1
