"""Sort lost blocks into direct and indirect, and add up what hangs on each leader.

As Valgrind does it (3.19 memcheck/mc_leakcheck.c, lc_push_with_clique_if_a_chunk_ptr):
in the order of addresses each block that is still white becomes a leader, all white
blocks it reaches join it, and an older leader that is reached joins with all it has.
So of a cycle exactly one block is direct, and each block is counted with one leader.
"""

# The compiler knows the type of a number; to mypy one from an array is another kind.
# mypy: disable-error-code="assignment"

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from leakgui.model.columns import I64, U64
from leakgui.worker.blocks.bits import clear_bit, is_set, set_bit
from leakgui.worker.blocks.block_map import BlockMap
from leakgui.worker.blocks.compiling import kernel, part
from leakgui.worker.blocks.lookup import (
    follow_one,
    is_page_present,
    row_of_place,
    usable_in_row,
)
from leakgui.worker.blocks.machine import lowest_one, prefetch
from leakgui.worker.blocks.measuring import count_of
from leakgui.worker.giving_up import Cancelled, stop_if
from leakgui.worker.image import Bits
from leakgui.worker.marking.frontier import AHEAD

SLICE_WORDS = 4_000_000
PAGE_WORDS = 512
WORD, DEPTH, LEADERS = range(3)
"""Places in ``Lost.numbers``: the word of ``white`` to go on with, how much is on the
stack, and how many leaders there have been, demoted ones included."""


class Lost(NamedTuple):
    """The state of the sorting; the last leader is the one being searched."""

    white: Bits
    direct: Bits
    indirect: Bits
    stack: I64
    queue: I64
    """Blocks taken from the stack and asked from memory, not searched yet."""
    leader: I64
    """Granule of each leader, ascending ..."""
    blocks: I64
    """... how many others joined it, ..."""
    bytes: U64
    """... and their usable bytes."""
    numbers: I64


def sort_lost(blocks: BlockMap, white: Bits, cancelled: Cancelled) -> Lost:
    """Return leaders and what joined them; ``white`` is left empty."""
    count = int(count_of(white))
    lost = Lost(
        white=white,
        direct=np.zeros_like(white),
        indirect=np.zeros_like(white),
        stack=np.empty(count, np.int64),
        queue=np.empty(AHEAD, np.int64),
        leader=np.empty(count, np.int64),
        blocks=np.empty(count, np.int64),
        bytes=np.empty(count, np.uint64),
        numbers=np.zeros(3, np.int64),
    )
    while _sort(blocks, lost, SLICE_WORDS):
        stop_if(cancelled)
    return lost


def leaders_of(lost: Lost) -> tuple[I64, I64, U64]:
    """Return the leaders that stayed: granule, blocks and bytes that hang on it."""
    count = int(lost.numbers[LEADERS])
    stayed = np.flatnonzero(lost.blocks[:count] >= 0)
    return lost.leader[stayed], lost.blocks[stayed], lost.bytes[stayed]


@kernel
def _sort(blocks: BlockMap, lost: Lost, budget: int) -> bool:
    """Search about ``budget`` words; False when all is sorted."""
    queue = lost.queue
    head, queued = 0, 0
    while budget > 0:
        while queued < AHEAD and lost.numbers[DEPTH]:
            lost.numbers[DEPTH] -= 1
            granule = lost.stack[lost.numbers[DEPTH]]
            prefetch(blocks.words, granule * 2 - 1 if granule else 0)
            prefetch(blocks.words, granule * 2 + 6)
            queue[(head + queued) & (AHEAD - 1)] = granule
            queued += 1
        if queued:
            budget -= _search(blocks, lost, queue[head])
            head = (head + 1) & (AHEAD - 1)
            queued -= 1
        elif not _choose_leader(lost):
            return False
    for number in range(queued):
        lost.stack[lost.numbers[DEPTH]] = queue[(head + number) & (AHEAD - 1)]
        lost.numbers[DEPTH] += 1
    return True


@part
def _choose_leader(lost: Lost) -> bool:
    """Make the first white block a leader and put it on the empty stack."""
    index = lost.numbers[WORD]
    while index < len(lost.white) and not lost.white[index]:
        index += 1
    lost.numbers[WORD] = index
    if index == len(lost.white):
        return False
    granule = index * 64 + lowest_one(lost.white[index])
    number = lost.numbers[LEADERS]
    lost.leader[number] = granule
    lost.blocks[number] = 0
    lost.bytes[number] = 0
    lost.numbers[LEADERS] = number + 1
    set_bit(lost.direct, granule)
    _push(lost, granule)
    return True


@part
def _push(lost: Lost, granule: int) -> None:
    """Put a white block on the stack: each once, so there is room."""
    clear_bit(lost.white, granule)
    lost.stack[lost.numbers[DEPTH]] = granule
    lost.numbers[DEPTH] += 1


@part
def _search(blocks: BlockMap, lost: Lost, granule: int) -> int:
    """Let all join to which a block points; return about how much work it was."""
    row = row_of_place(blocks, granule * 2)
    size = usable_in_row(blocks, granule, row)
    leader = lost.numbers[LEADERS] - 1
    if granule != lost.leader[leader]:
        lost.blocks[leader] += 1
        lost.bytes[leader] += np.uint64(size)
    place, end = granule * 2, granule * 2 + (size >> 3)
    work = 8
    while place < end:
        last = min(end, (place // PAGE_WORDS + 1) * PAGE_WORDS)
        if is_page_present(blocks, place):
            row = _follow(blocks, lost, place, last, row)
            work += last - place
        place = last
    return work


@part
def _follow(blocks: BlockMap, lost: Lost, place: int, end: int, row: int) -> int:
    """Let the blocks join to which some words lead; return the row of the last."""
    for index in range(place, end):
        value = blocks.words[index]
        # Most words are no pointers: looked at here, they cost no call.
        if value - blocks.low >= blocks.span:
            continue
        row, granule = follow_one(blocks, value, row)
        if granule >= 0:
            _join(blocks, lost, granule)
    return row


@part
def _join(blocks: BlockMap, lost: Lost, granule: int) -> None:
    """Let a block that is pointed to join the leader of now."""
    if is_set(lost.white, granule):
        set_bit(lost.indirect, granule)
        _push(lost, granule)
        return
    leader = lost.numbers[LEADERS] - 1
    if granule == lost.leader[leader] or not is_set(lost.direct, granule):
        return
    _demote(blocks, lost, granule)


@part
def _demote(blocks: BlockMap, lost: Lost, granule: int) -> None:
    """Let an older leader join, with all that it has."""
    clear_bit(lost.direct, granule)
    set_bit(lost.indirect, granule)
    leader = lost.numbers[LEADERS] - 1
    older = np.searchsorted(lost.leader[: leader + 1], granule)
    size = usable_in_row(blocks, granule, row_of_place(blocks, granule * 2))
    lost.blocks[leader] += lost.blocks[older] + 1
    lost.bytes[leader] += lost.bytes[older] + np.uint64(size)
    lost.blocks[older] = -1
