"""Follow pointers from the roots through all blocks, in slices of bounded work."""

# The compiler knows the type of a number; to mypy one from an array is another kind.
# mypy: disable-error-code="no-any-return,return-value,arg-type,assignment"

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from leakgui.model.columns import I64, U64
from leakgui.worker.blocks.block_map import BlockMap
from leakgui.worker.blocks.compiling import kernel, part
from leakgui.worker.blocks.lookup import (
    block_around,
    find_row,
    is_page_present,
    place_in,
    row_of_place,
    usable_in_row,
)
from leakgui.worker.blocks.machine import atomic_add, atomic_or, prefetch
from leakgui.worker.marking.frontier import (
    AHEAD,
    BLOCKS,
    BYTES,
    DEPTH,
    LIMIT,
    ONE,
    STACK_BLOCKS,
    Frontier,
    Hand,
    pop,
    push,
    reach,
    take_waiting,
)
from leakgui.worker.marking.heuristics import TableRanges, is_as_good_as_start

PAGE_WORDS = 512


class Pieces(NamedTuple):
    """The roots, cut into pieces of bounded length, and the roots in no range."""

    first: I64
    end: I64
    loose: U64


class Search(NamedTuple):
    """All that a kernel needs to search for one thread."""

    blocks: BlockMap
    tables: TableRanges
    pieces: Pieces
    frontier: Frontier
    hand: Hand
    is_definite: int
    """1: blocks searched are reachable, so that a pointer to a start makes another one
    reachable, and one to an inner address only enters it. 0: each pointer reaches the
    block that it leads to, and the roots are not searched."""


@kernel
def spread(search: Search, budget: int) -> bool:
    """Search about ``budget`` words; False when there was nothing left to do."""
    hand, words = search.hand, search.blocks.words
    queue = hand.queue
    head, queued = 0, 0
    while budget > 0:
        while queued < AHEAD and hand.numbers[DEPTH]:
            granule = pop(hand)
            prefetch(words, granule * 2 - 1 if granule else 0)
            prefetch(words, granule * 2 + 6)
            queue[(head + queued) & (AHEAD - 1)] = granule
            queued += 1
        if queued:
            budget -= search_block(search, queue[head])
            head = (head + 1) & (AHEAD - 1)
            queued -= 1
            continue
        searched = search_piece(search)
        if not searched and not take_waiting(search.frontier, hand):
            return False
        budget -= searched
    for number in range(queued):
        push(hand, queue[(head + number) & (AHEAD - 1)])
    return True


@part
def search_block(search: Search, granule: int) -> int:
    """Follow the pointers in a block; return about how much work it was."""
    row = row_of_place(search.blocks, granule * 2)
    size = usable_in_row(search.blocks, granule, row)
    search.hand.numbers[BLOCKS] += 1
    search.hand.numbers[BYTES] += size
    return 8 + search_pages(search, granule * 2, granule * 2 + (size >> 3), row)


@part
def search_piece(search: Search) -> int:
    """Follow the pointers in the next piece of the roots; return how many words."""
    pieces, frontier = search.pieces, search.frontier
    count = len(pieces.first)
    if not search.is_definite or frontier.next_piece[0] > count:
        return 0
    piece = atomic_add(frontier.next_piece, 0, 1)
    search.hand.numbers[LIMIT] = STACK_BLOCKS
    if piece < count:
        return search_pages(search, pieces.first[piece], pieces.end[piece], 0)
    if piece == count:
        follow(search, pieces.loose, 0, len(pieces.loose), 0)
        return len(pieces.loose) + 1
    return 0


@part
def search_pages(search: Search, first: int, end: int, row: int) -> int:
    """Follow the pointers in words of the image, where their pages were copied."""
    searched = 0
    while first < end:
        last = min(end, (first // PAGE_WORDS + 1) * PAGE_WORDS)
        searched += 1
        if is_page_present(search.blocks, first):
            row = follow(search, search.blocks.words, first, last, row)
            searched += last - first
        first = last
    return searched


@part
def follow(search: Search, words: U64, first: int, end: int, row: int) -> int:
    """Reach or enter the blocks to which some words lead; try segment ``row`` first.

    Returns the row of the segment to which the last pointer led.
    """
    blocks, frontier = search.blocks, search.frontier
    for place in range(first, end):
        value = words[place]
        if value - blocks.low >= blocks.span:
            continue
        found = find_row(blocks, value, row)
        if found < 0:
            continue
        row = found
        granule = place_in(blocks, row, value) >> 1
        if not value & np.uint64(15):
            bit = ONE << np.uint64(granule & 63)
            if frontier.white[granule >> 6] & bit:
                reach(frontier, search.hand, granule)
                continue
            if blocks.starts[granule >> 6] & bit:
                continue
        enter(search, value, row)
    return row


@part
def enter(search: Search, value: np.uint64, row: int) -> None:
    """Look at a pointer that leads to no start: perhaps into a block."""
    blocks, frontier = search.blocks, search.frontier
    start = block_around(blocks, value, row)
    if start < 0:
        return
    bit = ONE << np.uint64(start & 63)
    if not frontier.white[start >> 6] & bit:
        return
    offset = (place_in(blocks, row, value) - start * 2) * 8
    offset += np.int64(value & np.uint64(7))
    if not search.is_definite or is_as_good_as_start(
        blocks, search.tables, row, start, offset
    ):
        reach(frontier, search.hand, start)
    elif not frontier.entered[start >> 6] & bit:
        atomic_or(frontier.entered, start >> 6, bit)
