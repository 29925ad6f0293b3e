"""Hold what was walked of an arena against what the arena says of itself."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from leakgui.model.columns import I64
from leakgui.worker.allocators.glibc.chunks import TALLIES
from leakgui.worker.allocators.glibc.parts import Arena, Malloc
from leakgui.worker.allocators.glibc.walking import Walked
from leakgui.worker.image import PAGE_BYTES


@dataclass(slots=True)
class WalkedArena:
    """An arena with what was walked of it."""

    arena: Arena
    malloc: Malloc
    label: str = ""
    walked: list[Walked] = field(default_factory=list)
    hole_bytes: int = 0
    """Inside its memory, but the program's own (sbrk)."""

    @property
    def walked_bytes(self) -> int:
        """Bytes that were walked, the arena's own records and such holes included."""
        pieces = sum(walked.claimed - walked.piece.area for walked in self.walked)
        return pieces + self.hole_bytes

    @property
    def counts(self) -> I64:
        """The sums over all pieces, indexed by ``Tally``."""
        sums = np.zeros(TALLIES, np.int64)
        for walked in self.walked:
            sums += walked.counts
        return sums

    def known_bytes(self, most: int) -> int:
        """Return how much memory it has: what it says, if there is so much at all.

        ``most`` is the size of the image; a damaged record may say anything.
        """
        seen = sum(piece.limit - piece.area for piece in self.arena.pieces)
        claimed = self.arena.system_bytes if self.arena.system_bytes <= most else 0
        return max(seen, claimed, self.walked_bytes)

    def is_sound(self) -> bool:
        """Whether everything was walked to its end and the arena's total agrees.

        While a thread stands still inside the arena, the total may be about to be
        written; the chunks are what counts. A page of difference is what an uneven
        start of the brk area makes (malloc/malloc.c, sysmalloc, front_misalign).
        """
        if self.arena.is_empty:
            return True
        is_whole = self.arena.is_whole and all(one.is_whole for one in self.walked)
        has_end = any(walked.piece.top for walked in self.walked)
        difference = abs(self.walked_bytes - self.arena.system_bytes)
        agrees = self.arena.is_locked or difference < PAGE_BYTES
        is_all = len(self.walked) >= len(self.arena.pieces)
        return is_whole and has_end and agrees and is_all

    def find_share(self, most: int) -> float:
        """Return which share was walked without contradiction, 0 to 1."""
        if self.is_sound():
            return 1.0
        known = self.known_bytes(most)
        return min(self.walked_bytes / known, 1.0) if known else 0.0
