"""What walking an allocator gave: which granules begin a block, and how long it is."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from leakgui.model.columns import U64
from leakgui.model.heap import Arenas, BlockTotals
from leakgui.worker.image import Bits


class SizeRule(IntEnum):
    """How a kernel finds the usable size of the block that begins at a word."""

    GLIBC_HEADER = 0
    """The word before it, without its low three bits, less 8; less 16 where bit 1,
    IS_MMAPPED, is set (glibc 2.36 malloc/malloc.c, chunksize and memsize)."""
    COLUMN = 1
    """``Walk.sizes`` at the block's rank: how many blocks begin before it."""
    GLIBC_LESS_8 = 2
    """As ``GLIBC_HEADER``, but always less 8 (2.43: mmap_set_chunk and memsize)."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Walk:
    """The blocks in use of one heap, inside one image."""

    allocator: str
    version: str
    starts: Bits
    """A bit for each granule at which a block in use begins."""
    size_rule: SizeRule
    sizes: U64 | None
    """Usable bytes by rank, for ``SizeRule.COLUMN``."""
    area_start: U64
    area_end: U64
    """All memory of the allocator, its own records included: never searched for roots.
    Sorted, not overlapping."""
    totals: BlockTotals
    arenas: Arenas
    walked_share: float
    is_complete: bool
    resident_in_use_bytes: int
    """Bytes of blocks in use on present pages ..."""
    resident_free_bytes: int
    """... and of free chunks; what is left of the areas' pages is overhead."""
    notes: tuple[str, ...] = ()
