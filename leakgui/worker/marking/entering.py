"""Where in possibly leaked blocks the pointers to them lead."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from leakgui.model.columns import I64
from leakgui.worker.blocks.bits import count_before, is_set, rank_of
from leakgui.worker.blocks.block_map import BlockMap, closed
from leakgui.worker.blocks.compiling import kernel, part
from leakgui.worker.blocks.lookup import (
    follow_one,
    is_page_present,
    offset_in,
    row_of_place,
    usable_in_row,
)
from leakgui.worker.blocks.machine import lowest_one
from leakgui.worker.image import Bits
from leakgui.worker.marking.spreading import Pieces

PAGE_WORDS = 512
NOWHERE = np.iinfo(np.int64).max


class Entries(NamedTuple):
    """For each block of ``targets``, by rank, the least and the greatest offset.

    ``NOWHERE`` and 0 where no inner address of it was found.
    """

    targets: Bits
    ranks: I64
    least: I64
    most: I64


def find_entries(
    blocks: BlockMap, pieces: Pieces, sources: Bits, targets: Bits, hands: int
) -> Entries:
    """Return the inner offsets to which the roots and some blocks point.

    A block's pointers into itself do not count, nor do pointers to starts.
    """
    ranks = count_before(targets)
    edges = np.linspace(0, len(sources), hands + 1).astype(np.int64)
    parts = [_new_entries(targets, ranks) for _ in range(hands)]
    sources = closed(sources)

    def enter(number: int) -> None:
        first, end = edges[number], edges[number + 1]
        _enter_from_blocks(blocks, sources, first, end, parts[number])

    _share_out(enter, hands)
    _enter_from_roots(blocks, pieces, parts[0])
    for other in parts[1:]:
        np.minimum(parts[0].least, other.least, out=parts[0].least)
        np.maximum(parts[0].most, other.most, out=parts[0].most)
    return parts[0]


def _share_out(work: Callable[[int], None], hands: int) -> None:
    """Do a work's parts in threads; what no thread can be had for is done here.

    Raises what a part raised.
    """
    failures: list[BaseException] = []

    def attempt(number: int) -> None:
        try:
            work(number)
        except BaseException as failure:  # noqa: BLE001  # raised again below
            failures.append(failure)

    threads = [
        threading.Thread(target=attempt, args=(hand,)) for hand in range(1, hands)
    ]
    started, left = [], [0]
    for number, thread in enumerate(threads, start=1):
        try:
            thread.start()
            started.append(thread)
        except RuntimeError:
            left.append(number)
    for number in left:
        attempt(number)
    for thread in started:
        thread.join()
    if failures:
        raise failures[0]


def _new_entries(targets: Bits, ranks: I64) -> Entries:
    """Return entries of which none has been found."""
    count = int(ranks[-1])
    return Entries(
        closed(targets),
        closed(ranks),
        np.full(count, NOWHERE, np.int64),
        np.zeros(count, np.int64),
    )


@kernel
def _enter_from_blocks(
    blocks: BlockMap, sources: Bits, first: int, end: int, entries: Entries
) -> None:
    """Look at all blocks of some words of the bitmap."""
    for index in range(first, end):
        rest = sources[index]
        while rest:
            granule = index * 64 + lowest_one(rest)
            rest &= rest - np.uint64(1)
            row = row_of_place(blocks, granule * 2)
            size = usable_in_row(blocks, granule, row)
            _enter_from(
                blocks, granule * 2, granule * 2 + (size >> 3), granule, entries
            )


@kernel
def _enter_from_roots(blocks: BlockMap, pieces: Pieces, entries: Entries) -> None:
    """Look at all roots."""
    for piece in range(len(pieces.first)):
        _enter_from(blocks, pieces.first[piece], pieces.end[piece], -1, entries)
    row = 0
    for number in range(len(pieces.loose)):
        row = _enter(blocks, pieces.loose[number], row, -1, entries)


@part
def _enter_from(
    blocks: BlockMap, place: int, end: int, granule: int, entries: Entries
) -> None:
    """Look at some words of the image, where their pages were copied."""
    row = 0
    while place < end:
        last = min(end, (place // PAGE_WORDS + 1) * PAGE_WORDS)
        if is_page_present(blocks, place):
            for index in range(place, last):
                row = _enter(blocks, blocks.words[index], row, granule, entries)
        place = last


@part
def _enter(
    blocks: BlockMap, value: np.uint64, row: int, source: int, entries: Entries
) -> int:
    """Note where one pointer enters a block; return the row of its segment."""
    row, granule = follow_one(blocks, value, row)
    if granule < 0 or granule == source or not is_set(entries.targets, granule):
        return row
    offset = offset_in(blocks, granule, row, value)
    if offset:
        rank = rank_of(entries.targets, entries.ranks, granule)
        entries.least[rank] = min(entries.least[rank], offset)
        entries.most[rank] = max(entries.most[rank], offset)
    return row
