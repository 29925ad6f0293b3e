"""Blocks that hold text, and the first printable characters of a block."""

from __future__ import annotations

import re

import numpy as np
import numpy.typing as npt
from numba import njit

from leakgui.formatting import printable
from leakgui.model.columns import U64
from leakgui.worker.blocks.block_map import closed
from leakgui.worker.image import PAGE_BYTES, WORD_BYTES, Image

PEEK_LETTERS = 48
PEEK_BYTES = 256
"""So far into a block a printable run is looked for."""
LEAST_TEXT = 6
"""So many printable bytes are no coincidence ..."""
MOST_TEXT = 64
"""... and so many are looked at."""
# A lone \r is no end of a line but a number in a table, as in SQLite's pages.
_RUN = re.compile(rb"(?:[\t\n\x20-\x7e]|\r\n|[\xc2-\xf4][\x80-\xbf]{1,3}){6,}")


def peek(image: Image, place: int, size: int) -> str:
    """Return the first printable run of the block at a place in ``words``, or empty.

    At most ``PEEK_LETTERS`` characters, fit for one line of a window.
    """
    if not 0 <= place < len(image.words) or not image.is_present(place):
        return ""
    size = min(size, PEEK_BYTES, PAGE_BYTES - place * WORD_BYTES % PAGE_BYTES)
    words = image.words[place : place + (size + WORD_BYTES - 1) // WORD_BYTES]
    found = _RUN.search(_without_pointers(image, words).tobytes()[:size])
    if found is None:
        return ""
    text = found[0].decode("utf-8", "surrogateescape")[:PEEK_LETTERS]
    return printable(text)[:PEEK_LETTERS]


def _without_pointers(image: Image, words: U64) -> U64:
    """Return words with 0 in place of pointers, which may look like text."""
    regions = image.regions
    row = np.searchsorted(regions.start, words, "right") - 1
    is_pointer = (row >= 0) & (words < regions.end[row])
    return np.where(is_pointer, np.uint64(0), words)


def begins_with_text(image: Image, place: int, size: int) -> bool:
    """Whether the block at a place in ``words``, on a present page, begins with text.

    That is UTF-8 of ``LEAST_TEXT`` printable bytes at least and then a NUL, or up to
    where nobody looks; not a pointer into a mapping that happens to look like it.
    """
    regions = image.regions
    return is_text(
        closed(image.words), place, size, closed(regions.start), closed(regions.end)
    )


@njit(cache=True, nogil=True)
def is_text(
    words: npt.NDArray[np.uint64],
    place: int,
    size: int,
    region_start: npt.NDArray[np.uint64],
    region_end: npt.NDArray[np.uint64],
) -> bool:
    """Be ``begins_with_text``; ``size`` bytes from ``place`` on lie in ``words``."""
    first = words[place]
    if not may_begin_text(first):
        return False
    length = _text_length(words, place, size)
    if length < LEAST_TEXT:
        return False
    is_pointer_long = first >> np.uint64(48) == 0
    return not (is_pointer_long and _is_mapped(first, region_start, region_end))


@njit(cache=True, nogil=True)
def may_begin_text(first: np.uint64) -> bool:
    """Whether the first bytes are printable or parts of letters; most words fail."""
    for shift in range(0, LEAST_TEXT * 8, 8):
        byte = (first >> np.uint64(shift)) & np.uint64(0xFF)
        if not (_is_printable(byte) or byte >= 0x80):
            return False
    return True


@njit(cache=True, nogil=True)
def _is_printable(byte: np.uint64) -> bool:
    is_blank = 9 <= byte <= 13 and byte != 11 and byte != 12  # noqa: PLR1714  # numba
    return bool(0x20 <= byte < 0x7F or is_blank)


@njit(cache=True, nogil=True)
def _text_length(words: npt.NDArray[np.uint64], place: int, size: int) -> int:
    """Return how many bytes of text a block begins with; 0 where other bytes follow."""
    # Neither the page after this one, which may be absent, nor more than enough.
    limit = min(size, MOST_TEXT, PAGE_BYTES - (place * WORD_BYTES) % PAGE_BYTES)
    waited = 0
    for at in range(limit):
        byte = words[place + (at >> 3)] >> np.uint64((at & 7) * 8) & np.uint64(0xFF)
        if waited > 0:
            if byte & np.uint64(0xC0) != 0x80:
                return 0
            waited -= 1
        elif byte == 0:
            return at
        elif 0xC2 <= byte < 0xF5:
            waited = 1 if byte < 0xE0 else 2 if byte < 0xF0 else 3
        elif not _is_printable(byte):
            return 0
    return limit


@njit(cache=True, nogil=True)
def _is_mapped(
    address: np.uint64,
    region_start: npt.NDArray[np.uint64],
    region_end: npt.NDArray[np.uint64],
) -> bool:
    row = np.searchsorted(region_start, address, side="right") - 1
    return bool(row >= 0 and address < region_end[row])
