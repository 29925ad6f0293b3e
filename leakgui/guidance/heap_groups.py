"""Blocks of a heap by what tells them apart: class, text, or else their size."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from leakgui.analysis.block_groups import LOST_STATES, name_by_type
from leakgui.formatting import printable
from leakgui.model.heap import BlockState, Heap, TypeKind
from leakgui.texts import say


class Group(NamedTuple):
    """Blocks of one class, or all that is text, or of one size class."""

    kind: str
    """One of ``TypeKind``."""
    key: str
    """The name under which a difference of snapshots lists them."""

    def as_words(self) -> str:
        """Return what they are called in a sentence: ``blocks of 1,032 bytes``."""
        if self.kind == TypeKind.CLASS:
            return printable(self.key, most=60)
        if self.kind == TypeKind.TEXT:
            return say("blocks of text")
        return say("blocks of {size}", size=self.key)


@dataclass(frozen=True, slots=True)
class Amount:
    """How many blocks, and how much they hold."""

    count: int
    bytes: int

    def __add__(self, other: Amount) -> Amount:
        """Return both together."""
        return Amount(self.count + other.count, self.bytes + other.bytes)

    def __sub__(self, other: Amount) -> Amount:
        """Return the change from another one."""
        return Amount(self.count - other.count, self.bytes - other.bytes)


Amounts = Mapping[Group, Amount]
NONE = Amount(0, 0)
_HELD_STATES = (BlockState.REACHABLE.value, BlockState.POSSIBLE.value)


def lost_groups(heap: Heap) -> Amounts:
    """Return the blocks that nothing reaches."""
    return _sums(heap, LOST_STATES)


def held_groups(heap: Heap) -> Amounts:
    """Return the blocks that are reached, be it only at an inner address."""
    return _sums(heap, _HELD_STATES)


def direct_of_size(heap: Heap, usable_bytes: int) -> int:
    """Return how many directly leaked blocks are of the class that holds this size."""
    groups = heap.groups
    if groups is None:
        return 0
    fits = (groups.least_bytes <= usable_bytes) & (usable_bytes <= groups.most_bytes)
    rows = fits.nonzero()[0].tolist()
    return sum(
        int(groups.count[row])
        for row in rows
        if groups.state[row] == BlockState.DIRECT.value
    )


def _sums(heap: Heap, states: tuple[str, ...]) -> Amounts:
    sums: dict[Group, Amount] = {}
    groups = heap.groups
    if groups is None:
        return sums
    for row, state in enumerate(groups.state.as_list()):
        if state in states:
            group = Group(*name_by_type(groups, row))
            amount = Amount(int(groups.count[row]), int(groups.bytes[row]))
            sums[group] = sums.get(group, NONE) + amount
    return sums
