"""Where the blocks of an image are: bitmaps, and a map from addresses to words.

A block is named by its *granule*: the place of its first word in ``Image.words``,
divided by two. All sizes come from foreign memory and are cut at the end of the
segment and at the next block, so that no block overlaps another one.
"""

from __future__ import annotations

from typing import NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt

from leakgui.model.columns import I64, U64
from leakgui.worker.blocks.bits import count_before
from leakgui.worker.image import Bits, Image
from leakgui.worker.walked import SizeRule, Walk

Scalar = TypeVar("Scalar", bound=np.generic)


class BlockMap(NamedTuple):
    """All that kernels need to find blocks; arrays are read-only views."""

    words: U64
    present: npt.NDArray[np.uint8]
    starts: Bits
    filled: Bits
    """One bit for each word of ``starts`` that isn't 0 ..."""
    filled_more: Bits
    """... and one for each word of ``filled``."""
    ranks: I64
    """How many blocks begin before word ``RANK_STEP * i`` of ``starts``."""
    segment_start: U64
    """Segments in which blocks begin, sorted by address ..."""
    segment_bytes: U64
    segment_word: I64
    """... and each one's first place in ``words``."""
    low: np.uint64
    """Lowest address of these segments ..."""
    span: np.uint64
    """... and the bytes from there to the end of the last."""
    sizes: U64
    """Usable bytes by rank, for ``SizeRule.COLUMN``, else one 0."""
    rule: int


def map_blocks(image: Image, walk: Walk) -> BlockMap:
    """Index the blocks of a walk; takes a fifth of the memory of its bitmap.

    Raises ValueError where a column of sizes has not one for each block.
    """
    starts = walk.starts
    filled = _summarise(starts)
    rows = _rows_with_blocks(image, starts)
    start = image.segments.start[rows]
    size = image.segments.end[rows] - start
    ranks = count_before(closed(starts))
    sizes = walk.sizes if walk.sizes is not None else np.zeros(1, np.uint64)
    if walk.size_rule == SizeRule.COLUMN and len(sizes) != ranks[-1]:
        message = f"{len(sizes)} sizes for {ranks[-1]} blocks"
        raise ValueError(message)
    return BlockMap(
        words=closed(image.words),
        present=closed(image.present),
        starts=closed(starts),
        filled=closed(filled),
        filled_more=closed(_summarise(filled)),
        ranks=closed(ranks),
        segment_start=closed(start),
        segment_bytes=closed(size),
        segment_word=closed(image.segments.first_word[rows]),
        low=start[0] if len(start) else np.uint64(0),
        span=start[-1] + size[-1] - start[0] if len(start) else np.uint64(0),
        sizes=closed(sizes),
        rule=int(walk.size_rule),
    )


def closed(array: npt.NDArray[Scalar]) -> npt.NDArray[Scalar]:
    """Return a read-only view, so that kernels are compiled for one type only."""
    view = np.ascontiguousarray(array).view()
    view.flags.writeable = False
    return view


def _rows_with_blocks(image: Image, starts: Bits) -> I64:
    """Return the rows of the segments in which a block begins."""
    first = image.segments.first_word >> 7
    if not len(first):
        return np.zeros(0, np.int64)
    blocks = np.add.reduceat(starts != 0, first, dtype=np.int64)
    return np.flatnonzero(blocks)


def _summarise(bits: Bits) -> Bits:
    """Return one bit for each word that isn't 0."""
    packed = np.packbits(bits != 0, bitorder="little")
    summary = np.zeros((len(bits) + 63) // 64, np.uint64)
    summary.view(np.uint8)[: len(packed)] = packed
    return summary
