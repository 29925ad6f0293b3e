"""Walk the pieces of all arenas into one bitmap of blocks in use."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from leakgui.model.columns import I64
from leakgui.worker.allocators.glibc.chains import (
    find_chain,
    find_divided,
    is_fence,
)
from leakgui.worker.allocators.glibc.chunks import (
    TALLIES,
    Ending,
    Tally,
    clear_bits,
    count_resident,
    walk_chunks,
)
from leakgui.worker.allocators.glibc.layouts import FORBIDDEN
from leakgui.worker.allocators.glibc.parts import Arena, Claims, Piece, find_places
from leakgui.worker.giving_up import Cancelled, Progress, stop_if
from leakgui.worker.image import WORD_BYTES, Bits, Image

_CHUNKS_AT_ONCE = 8_000_000
"""Some tenths of a second: how soon a walk is given up."""
_MOST_CANDIDATES = 65_536
_LOOKS = 20_000_000
"""At how many headers the search for where a walk goes on may look."""
_FENCE_BYTES = 64
"""Fenceposts take at most this much at the end of a heap."""


@dataclass(slots=True)
class Walked:
    """One piece after it was walked."""

    piece: Piece
    ending: Ending
    end: int
    """Address of the header at which the walk stopped."""
    counts: I64
    """Indexed by ``Tally``."""
    claimed: int = 0
    """Where the memory ends that belongs to the allocator for certain."""

    @property
    def is_whole(self) -> bool:
        """Whether it ended where such a piece has to end."""
        if self.piece.top:
            return self.ending in {Ending.TOP, Ending.LIMIT}
        is_near = self.piece.limit - self.end <= _FENCE_BYTES
        return self.ending == Ending.FENCE and is_near


class Walker:
    """Holds what the walks of all pieces fill in together."""

    def __init__(self, image: Image, progress: Progress, cancelled: Cancelled) -> None:
        self.image = image
        self.starts: Bits = image.new_bits()
        self.claims = Claims()
        self.candidates = np.zeros(_MOST_CANDIDATES, np.int64)
        """Places of blocks that may be a thread's cache."""
        self.candidate_count = 0
        self._progress = progress
        self._cancelled = cancelled
        self._done_bytes = 0

    def walk(self, piece: Piece, arena: Arena) -> Walked | None:
        """Walk a piece; None where its memory is taken already or was not copied."""
        places = find_places(self.image, piece.first, piece.limit)
        if places is None or not self.claims.take(piece.area, piece.limit):
            return None
        counts = np.zeros(TALLIES, np.int64)
        counts[Tally.PLACE], counts[Tally.BEFORE] = places[0], -1
        counts[Tally.CANDIDATES] = self.candidate_count
        walked = Walked(piece, Ending.PAUSED, piece.first, counts)
        self._go(walked, places)
        if arena.is_locked and not walked.is_whole and self._resume(walked, places):
            self._go(walked, places)
        self.candidate_count = int(counts[Tally.CANDIDATES])
        self._count_rest(walked, places[1])
        self._claim_only_walked(walked)
        return walked

    def _go(self, walked: Walked, places: tuple[int, int]) -> None:
        """Walk on from where the counts say, to an end."""
        piece, image = walked.piece, self.image
        top = places[0] + (piece.top - piece.first) // WORD_BYTES if piece.top else -1
        walked.ending = Ending.PAUSED
        while walked.ending == Ending.PAUSED:
            self.check()
            walked.ending = Ending(
                walk_chunks(
                    image.words,
                    image.present,
                    self.starts,
                    places[1],
                    top,
                    _CHUNKS_AT_ONCE,
                    walked.counts,
                    self.candidates,
                )
            )
        place = int(walked.counts[Tally.PLACE])
        walked.end = piece.first + (place - places[0]) * WORD_BYTES

    def _resume(self, walked: Walked, places: tuple[int, int]) -> bool:
        """Go over what a thread inside the arena was just dividing; False: not found.

        What is left over has no header yet: it counts as one free chunk.
        """
        words, piece, counts = self.image.words, walked.piece, walked.counts
        place, limit = int(counts[Tally.PLACE]), places[1]
        top = places[0] + (piece.top - piece.first) // WORD_BYTES if piece.top else -1
        if is_fence(words, place, limit):
            return False
        budget = np.array([_LOOKS], np.int64)
        before = int(counts[Tally.BEFORE])
        resumed = -1
        if before >= 0:
            resumed = find_divided(words, (before, place, limit), FORBIDDEN, budget)
        if resumed < 0:
            span = (place + 2, limit, top, 2)
            resumed = find_chain(words, self.image.present, span, FORBIDDEN, budget)
        if resumed < 0:
            return False
        counts[Tally.FREE] += 1
        counts[Tally.FREE_BYTES] += (resumed - place) * WORD_BYTES - WORD_BYTES
        counts[Tally.RESIDENT_FREE] += count_resident(
            self.image.present, place + 2, resumed
        )
        counts[Tally.PLACE], counts[Tally.BEFORE] = resumed, place
        return True

    def undo(self, walked: Walked) -> None:
        """Forget what a walk found."""
        piece = walked.piece
        places = find_places(self.image, piece.first, piece.limit)
        if places is not None:
            clear_bits(self.starts, *places)
        self.claims.give_back(piece.area, walked.claimed)
        self._done_bytes -= walked.claimed - piece.area

    def check(self) -> None:
        """Raise ``GivenUp`` where nobody waits any more."""
        stop_if(self._cancelled)

    def _count_rest(self, walked: Walked, limit: int) -> None:
        """Count the top, or what was about to be divided, as one free chunk."""
        place = int(walked.counts[Tally.PLACE])
        if not walked.piece.top or not walked.is_whole or limit - place < 4:
            return
        walked.counts[Tally.FREE] += 1
        walked.counts[Tally.FREE_BYTES] += (limit - place) * 8 - 16
        walked.counts[Tally.RESIDENT_FREE] += count_resident(
            self.image.present, place + 2, limit
        )

    def _claim_only_walked(self, walked: Walked) -> None:
        """Leave what could not be walked to the search for roots."""
        piece = walked.piece
        walked.claimed = piece.limit if walked.is_whole else walked.end
        if walked.claimed != piece.limit:
            self.claims.give_back(piece.area, piece.limit)
            self.claims.take(piece.area, walked.claimed)
        self._done_bytes += walked.claimed - piece.area
        self._progress(self._done_bytes, len(self.image.words) * 8)
