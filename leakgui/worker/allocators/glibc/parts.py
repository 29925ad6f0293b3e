"""What was found of glibc's malloc before walking: arenas, and the memory of each."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field

from leakgui.model.columns import I64
from leakgui.worker.allocators.glibc.layouts import ArenaLayout
from leakgui.worker.image import Image


@dataclass(frozen=True, slots=True)
class Piece:
    """One run of chunks without a gap, in addresses."""

    area: int
    """Where the arena's memory begins: before the first chunk there may be records."""
    first: int
    limit: int
    """No chunk reaches beyond."""
    top: int
    """The last chunk, or 0 where this piece is not the arena's last."""


@dataclass(slots=True)
class Arena:
    """One ``struct malloc_state`` and where its chunks are."""

    address: int
    is_main: bool
    top: int
    is_empty: bool
    """It has no memory yet: its top points into itself."""
    is_locked: bool
    """A thread stood still inside it: its totals may be about to be written."""
    is_contiguous: bool
    system_bytes: int
    pieces: list[Piece] = field(default_factory=list)
    is_whole: bool = True
    """Every heap that its records speak of was found."""


@dataclass(slots=True)
class Malloc:
    """One copy of glibc's malloc in the process: usually there is one."""

    layout: ArenaLayout
    data: tuple[int, int]
    """The writable data of the file that it is part of."""
    module: int
    """Index in ``Image.modules`` of that file, or -1."""
    heap_header: int
    """sizeof (heap_info), 0 where no further arena tells."""
    arenas: list[Arena] = field(default_factory=list)

    @property
    def main(self) -> Arena:
        """The first arena."""
        return self.arenas[0]


@dataclass(frozen=True, slots=True)
class Expected:
    """What glibc says about the blocks that have a mapping of their own."""

    count: int
    bytes: int
    sbrk_base: int
    is_exact: bool = True
    """Whether ``bytes`` can be believed, see ``ParLayout.unit``."""

    def agrees(self, size: I64) -> bool:
        """Whether mappings of these sizes are as many and as long as it says."""
        total = int(size.sum())
        is_as_long = total == self.bytes if self.is_exact else total <= self.bytes
        return len(size) == self.count and is_as_long


@dataclass(frozen=True, slots=True)
class Found:
    """What ``recognise`` hands on to ``walk``."""

    mallocs: tuple[Malloc, ...]
    expected: tuple[Expected | None, ...]
    """What each malloc says of its mapped blocks."""
    explained_share: float

    @property
    def version(self) -> str:
        """The versions whose layout was found."""
        return ", ".join(dict.fromkeys(m.layout.versions for m in self.mallocs))


class Claims:
    """Ranges of addresses that are taken, lowest first; none is given twice."""

    def __init__(self) -> None:
        self._starts: list[int] = []
        self._ends: list[int] = []

    def take(self, start: int, end: int) -> bool:
        """Take a range; False, and nothing taken, where it is empty or overlaps."""
        row = bisect_right(self._starts, start)
        is_free_before = row == 0 or self._ends[row - 1] <= start
        is_free_behind = row == len(self._starts) or end <= self._starts[row]
        if start >= end or not is_free_before or not is_free_behind:
            return False
        self._starts.insert(row, start)
        self._ends.insert(row, end)
        return True

    def give_back(self, start: int, end: int) -> None:
        """Undo ``take``; nothing happens where the range was not taken."""
        row = bisect_right(self._starts, start) - 1
        if row >= 0 and (self._starts[row], self._ends[row]) == (start, end):
            del self._starts[row], self._ends[row]

    def gaps(self, start: int, end: int) -> list[tuple[int, int]]:
        """Return what of a range is not taken, lowest first."""
        free, at = [], start
        for row in range(max(0, bisect_right(self._starts, start) - 1), len(self)):
            if self._starts[row] >= end:
                break
            if self._starts[row] > at:
                free.append((at, self._starts[row]))
            at = max(at, self._ends[row])
        if at < end:
            free.append((at, end))
        return free

    def taken(self) -> list[tuple[int, int]]:
        """Return all that is taken."""
        return list(zip(self._starts, self._ends, strict=True))

    def __len__(self) -> int:
        return len(self._starts)


def find_places(image: Image, start: int, end: int) -> tuple[int, int] | None:
    """Return first and last+1 word of a range that lies in one segment, or None."""
    if not 0 <= start < end <= 1 << 47:
        return None
    first, last = image.find_word(start), image.find_word(end - 8)
    if first is None or last is None or (last - first) * 8 != end - 8 - start:
        return None
    return first, last + 1
