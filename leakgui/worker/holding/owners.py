"""What the roots belong to: which words are one variable, one stack, one mapping."""

from __future__ import annotations

from collections.abc import Callable, Hashable

import numpy as np

from leakgui.model.columns import I64

FindOwner = Callable[[int, int, int, int], Hashable | None]
"""From address (or number of a register), kind, tid and module of a root to something
that is equal for roots of one owner; None: nobody knows."""

MOST_QUESTIONS = 50_000
NEAR_WORDS = 2
"""Words of nobody known belong together so close: of a list's two ends, a map's three
words, a hash table's first node and its buckets (gcc 12 bits/stl_list.h, stl_tree.h and
hashtable.h)."""


def number_owners(places: I64, owner_of: Callable[[int], Hashable | None]) -> I64:
    """Return a number for each place of a root, equal where they have one owner.

    ``places`` are sorted, no two equal; the words of one owner mostly lie together.
    """
    ends = np.append(np.flatnonzero(np.diff(places) > NEAR_WORDS) + 1, len(places))
    numbers = np.empty(len(places), np.int64)
    known: dict[Hashable, int] = {}
    asking = _Asking(places, owner_of)
    at = 0
    while at < len(places):
        owner = asking.owner(at)
        end = asking.end(at, owner)
        if owner is None:
            end = min(end, int(ends[np.searchsorted(ends, at, "right")]))
            owner = ("words", at)
        numbers[at:end] = known.setdefault(owner, len(known))
        at = end
    return numbers


class _Asking:
    """Asks for owners, but not of each of a million words of one table."""

    def __init__(self, places: I64, owner_of: Callable[[int], Hashable | None]) -> None:
        self._places, self._owner_of = places, owner_of
        self._left = MOST_QUESTIONS

    def owner(self, row: int) -> Hashable | None:
        """Return whose the word in a row is."""
        self._left -= 1
        return self._owner_of(int(self._places[row])) if self._left > 0 else None

    def end(self, row: int, owner: Hashable) -> int:
        """Return the row behind the last one that belongs to an owner, too."""
        step, low = 1, row
        while low + step < len(self._places) and self.owner(low + step) == owner:
            low, step = low + step, step * 2
        high = min(low + step, len(self._places))
        while high - low > 1:
            middle = (low + high) // 2
            if self.owner(middle) == owner:
                low = middle
            else:
                high = middle
        return high
