"""What is known while the search runs, shared by the threads that search.

``white`` loses a bit when a block is reached for the first time, with one atomic
instruction, so that exactly one thread finds it. A block that is reached and not yet
searched is on the stack of that thread, or, where the stack is full, in ``waiting``,
from where any thread takes it, in the order of addresses.
"""

# The compiler knows the type of a number; to mypy one from an array is another kind.
# mypy: disable-error-code="no-any-return,return-value,arg-type,assignment"

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from leakgui.model.columns import I64, U64
from leakgui.worker.blocks.compiling import part
from leakgui.worker.blocks.machine import (
    atomic_and,
    atomic_or,
    atomic_swap,
    highest_one,
)
from leakgui.worker.image import Bits

ONE = np.uint64(1)
REGION_WORDS = 512
"""One word of ``dirty`` for so many words of ``waiting``: half a MiB of heap."""
AHEAD = 16
"""So many blocks are asked from memory before the first of them is searched."""
STACK_BLOCKS = 4096
"""More than this a thread does not keep for itself ..."""
DENSE_BLOCKS = 32
"""... and nothing, while so many blocks wait in a region: they are near each other."""

DEPTH, BLOCKS, BYTES, REGION, LIMIT = range(5)
"""Places in ``Hand.numbers``: how much is on the stack; blocks searched, and their
usable bytes; where in ``dirty`` to go on; how much may be put on the stack now."""


class Frontier(NamedTuple):
    """The state that all threads share."""

    white: Bits
    """Blocks that nothing reached yet."""
    waiting: Bits
    """Blocks reached, to be searched by whoever comes first."""
    dirty: U64
    """Not 0 where a region of ``waiting`` may have a bit set."""
    entered: Bits
    """Blocks that a pointer to an inner address leads to, from what is reachable."""
    next_piece: I64
    """One number: the next piece of the roots to be searched."""


class Hand(NamedTuple):
    """The state of one thread."""

    stack: I64
    queue: I64
    """Blocks taken from the stack and asked from memory, not searched yet."""
    numbers: I64


def new_frontier(white: Bits) -> Frontier:
    """Return the state before the search; ``white`` is changed by it."""
    return Frontier(
        white=white,
        waiting=np.zeros_like(white),
        dirty=np.zeros((len(white) + REGION_WORDS - 1) // REGION_WORDS, np.uint64),
        entered=np.zeros_like(white),
        next_piece=np.zeros(1, np.int64),
    )


def new_hand(number: int, hands: int, frontier: Frontier) -> Hand:
    """Return the state of thread ``number``, which starts at its share of the heap."""
    numbers = np.zeros(16, np.int64)
    numbers[REGION] = len(frontier.dirty) * number // hands
    stack = np.empty(STACK_BLOCKS + REGION_WORDS * 64 + AHEAD, np.int64)
    return Hand(stack, np.empty(AHEAD, np.int64), numbers)


@part
def push(hand: Hand, granule: int) -> None:
    """Put a block on the stack, which has room."""
    hand.stack[hand.numbers[DEPTH]] = granule
    hand.numbers[DEPTH] += 1


@part
def pop(hand: Hand) -> int:
    """Take a block from the stack, which is not empty."""
    hand.numbers[DEPTH] -= 1
    return hand.stack[hand.numbers[DEPTH]]


@part
def reach(frontier: Frontier, hand: Hand, granule: int) -> None:
    """Take a white block: exactly one of the threads that try will search it."""
    index, bit = granule >> 6, ONE << np.uint64(granule & 63)
    if not atomic_and(frontier.white, index, ~bit) & bit:
        return
    if hand.numbers[DEPTH] < hand.numbers[LIMIT]:
        push(hand, granule)
        return
    atomic_or(frontier.waiting, index, bit)
    # After the bit: who clears the mark first and looks then misses nothing.
    atomic_swap(frontier.dirty, index // REGION_WORDS, ONE)


@part
def take_waiting(frontier: Frontier, hand: Hand) -> bool:
    """Move the blocks of one region onto the empty stack, lowest on top."""
    regions = len(frontier.dirty)
    region = hand.numbers[REGION]
    for _ in range(regions):
        if region >= regions:
            region = 0
        if frontier.dirty[region] and atomic_swap(frontier.dirty, region, np.uint64(0)):
            depth = _take_region(frontier, hand, region)
            if depth:
                hand.numbers[REGION] = region + 1
                hand.numbers[DEPTH] = depth
                hand.numbers[LIMIT] = 0 if depth >= DENSE_BLOCKS else STACK_BLOCKS
                return True
        region += 1
    hand.numbers[REGION] = region
    return False


@part
def _take_region(frontier: Frontier, hand: Hand, region: int) -> int:
    """Put all that waits in a region on the stack, which holds a whole region."""
    first = region * REGION_WORDS
    end = min(first + REGION_WORDS, len(frontier.waiting))
    depth = 0
    for index in range(end - 1, first - 1, -1):
        if not frontier.waiting[index]:
            continue
        rest = atomic_swap(frontier.waiting, index, np.uint64(0))
        while rest:
            highest = highest_one(rest)
            hand.stack[depth] = index * 64 + highest
            depth += 1
            rest ^= ONE << np.uint64(highest)
    return depth
