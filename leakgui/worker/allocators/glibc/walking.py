"""Walk the pieces of all arenas into one bitmap of blocks in use."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from leakgui.model.columns import I64
from leakgui.worker.allocators.glibc.chains import (
    find_chain,
    find_divided,
    is_chain,
    is_chunk,
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
from leakgui.worker.allocators.glibc.standing import is_one_at_work, rest_sizes
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
        walked = Walked(piece, Ending.PAUSED, piece.first, self._new_counts(places))
        self._go(walked, places)
        if not walked.is_whole and (arena.is_locked or is_one_at_work(self.image)):
            self._resume(walked, places)
        self.candidate_count = int(walked.counts[Tally.CANDIDATES])
        self._count_rest(walked, places[1])
        self._claim_only_walked(walked)
        return walked

    def _new_counts(self, places: tuple[int, int]) -> I64:
        counts = np.zeros(TALLIES, np.int64)
        counts[Tally.PLACE] = places[0]
        counts[Tally.CANDIDATES] = self.candidate_count
        counts[Tally.TRAIL :] = -1
        return counts

    def _go(
        self, walked: Walked, places: tuple[int, int], patch: tuple[int, int] = (-1, -1)
    ) -> None:
        """Walk on from where the counts say, to an end; ``patch`` as in ``Way``."""
        image = self.image
        way = (places[1], _find_top(walked.piece, places), *patch, _CHUNKS_AT_ONCE)
        walked.ending = Ending.PAUSED
        while walked.ending == Ending.PAUSED:
            self.check()
            walked.ending = Ending(
                walk_chunks(
                    image.words,
                    image.present,
                    self.starts,
                    way,
                    walked.counts,
                    self.candidates,
                )
            )
        place = int(walked.counts[Tally.PLACE])
        walked.end = walked.piece.first + (place - places[0]) * WORD_BYTES

    def _resume(self, walked: Walked, places: tuple[int, int]) -> None:
        """Go over what a thread inside the arena was just dividing.

        What is left over of a chunk has no header yet. The walk may have gone some
        steps into it, led by old data, so the piece is walked again.
        """
        words, counts = self.image.words, walked.counts
        place, limit = int(counts[Tally.PLACE]), places[1]
        if is_fence(words, place, limit):
            return
        trail, budget = counts[Tally.TRAIL :], np.array([_LOOKS], np.int64)
        top = _find_top(walked.piece, places)
        chunk = int(trail.max())
        resumed = self._find_rest(walked, places, top, budget)
        if resumed < 0:
            resumed = find_divided(words, trail, limit, FORBIDDEN, budget)
            if resumed >= 0:
                chunk = resumed - int(words[resumed]) // WORD_BYTES
        if resumed < 0:
            span = (place + 2, limit, top, 2)
            resumed = find_chain(words, self.image.present, span, FORBIDDEN, budget)
        if resumed >= 0 and chunk >= 0:
            clear_bits(self.starts, *places)
            walked.counts = self._new_counts(places)
            self._go(walked, places, (chunk, resumed))

    def _find_rest(
        self, walked: Walked, places: tuple[int, int], top: int, budget: I64
    ) -> int:
        """Return the place behind a rest without a header, by the registers, or -1.

        What follows may know already that the rest is free.
        """
        words, limit = self.image.words, places[1]
        for size in rest_sizes(self.image, walked.end):
            behind = int(walked.counts[Tally.PLACE]) + size // WORD_BYTES
            if behind + 1 >= limit:
                break
            begin, head = behind, int(words[behind + 1])
            if not head & 1 and is_chunk(words, behind, limit, FORBIDDEN):
                begin += (head & ~7) // WORD_BYTES
            if is_chain(words, (begin, limit, top), FORBIDDEN, budget):
                return behind
        return -1

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


def _find_top(piece: Piece, places: tuple[int, int]) -> int:
    """Return the place of a piece's top, or -1."""
    if not piece.top:
        return -1
    return places[0] + (piece.top - piece.first) // WORD_BYTES
