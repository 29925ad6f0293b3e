"""The copied memory of one process, as one array of words with a map of addresses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from leakgui.model.columns import I64, U64, Columns
from leakgui.model.heap import Level
from leakgui.model.text_column import TextColumn

PAGE_BYTES = 4096
WORD_BYTES = 8
GRANULE_BYTES = 16
"""Blocks begin at multiples of this; one bit of a bitmap stands for one granule."""

Bits = npt.NDArray[np.uint64]
"""One bit for each granule of ``Image.words``: bit ``g & 63`` of word ``g >> 6``."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Segments(Columns):
    """Ranges of addresses that lie in ``Image.words``, sorted, not overlapping.

    Starts and ends are multiples of a page, and so is each first word's place, so that
    alignment of addresses is alignment in ``words``.
    """

    start: U64
    end: U64
    first_word: I64
    """Index in ``Image.words`` of the word at ``start``."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Regions(Columns):
    """All mappings of the target while it stood still, as in ``/proc/PID/maps``."""

    start: U64
    end: U64
    permissions: TextColumn
    """``rw-p`` and the like, see proc(5)."""
    offset: U64
    path: TextColumn
    """Path, ``[heap]``, ``[stack]``, ... or empty."""
    resident: U64
    """Bytes whose pages were present (``/proc/PID/pagemap``)."""
    module: I64
    """Index in ``Image.modules`` of the file behind it, or -1."""
    was_copied: I64
    """1 where its present pages are in ``Image.words``."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ThreadStates(Columns):
    """The threads while they stood still."""

    tid: I64
    name: TextColumn
    stack_pointer: U64
    fs_base: U64
    """The thread control block (x86-64: %fs)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Module:
    """A file that the target has mapped, opened by the helper."""

    path: str
    fd: int
    """Readable; closed with the image. -1 where it could not be opened."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Image:
    """One process, copied while it stood still. Every array is read-only."""

    words: npt.NDArray[np.uint64]
    """The copied segments one behind the other; zero where no page was present."""
    present: npt.NDArray[np.uint8]
    """One bit a page of ``words``: page p is bit ``p & 7`` of byte ``p >> 3``."""
    segments: Segments
    regions: Regions
    threads: ThreadStates
    registers: U64
    """27 words for each thread, ``struct user_regs_struct`` of x86-64."""
    vectors: U64
    """32 words for each thread: XMM0 to XMM15."""
    modules: tuple[Module, ...] = ()
    pid: int = 0
    executable: str = ""
    resident_bytes: int = 0
    """RSS while it stood still."""
    level: Level = Level.PAUSE
    paused_ms: float = 0.0
    """How long the target stood still for it."""
    copied_bytes: int = 0
    is_whole: bool = True
    """Whether nothing that was to be copied is missing."""

    def find_word(self, address: int) -> int | None:
        """Return the place in ``words`` of the word that holds this address."""
        if not 0 <= address < 1 << 63:
            return None
        row = int(np.searchsorted(self.segments.start, np.uint64(address), "right")) - 1
        if row < 0 or address >= int(self.segments.end[row]):
            return None
        inside = address - int(self.segments.start[row])
        return int(self.segments.first_word[row]) + inside // WORD_BYTES

    def read_word(self, address: int) -> int | None:
        """Return the word at an address that is a multiple of 8; None outside."""
        place = self.find_word(address)
        return None if place is None else int(self.words[place])

    def read(self, address: int, size: int) -> bytes:
        """Return copied bytes from an address on, fewer where a segment ends."""
        place = self.find_word(address)
        if place is None or size <= 0:
            return b""
        row = int(np.searchsorted(self.segments.start, np.uint64(address), "right")) - 1
        size = min(size, int(self.segments.end[row]) - address)
        skip = address % WORD_BYTES
        last = place + (skip + size + WORD_BYTES - 1) // WORD_BYTES
        return self.words[place:last].tobytes()[skip : skip + size]

    def find_address(self, place: int) -> int:
        """Return the address of a word of ``words``."""
        row = int(np.searchsorted(self.segments.first_word, place, "right")) - 1
        inside = place - int(self.segments.first_word[row])
        return int(self.segments.start[row]) + inside * WORD_BYTES

    def is_present(self, place: int) -> bool:
        """Whether the page of a word was copied, not only zero for lack of a page."""
        page = place * WORD_BYTES // PAGE_BYTES
        return bool(self.present[page >> 3] >> (page & 7) & 1)

    def new_bits(self) -> Bits:
        """Return an empty bitmap for all of ``words``; memory is taken when used."""
        granules = len(self.words) * WORD_BYTES // GRANULE_BYTES
        return np.zeros((granules + 63) // 64, np.uint64)


def lay_out(starts: Sequence[int], ends: Sequence[int]) -> Segments:
    """Return segments for these ranges, one behind the other without room between."""
    start, end = np.array(starts, np.uint64), np.array(ends, np.uint64)
    words = ((end - start) // np.uint64(WORD_BYTES)).astype(np.int64)
    first = np.concatenate([np.zeros(1, np.int64), np.cumsum(words)[:-1]])
    return Segments(start=start, end=end, first_word=first[: len(start)])
