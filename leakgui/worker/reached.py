"""What the search for pointers gave: each block in use is in exactly one state."""

from __future__ import annotations

from dataclasses import dataclass

from leakgui.model.columns import I64, U64
from leakgui.model.heap import LeakTotals
from leakgui.worker.image import Bits


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Reach:
    """One bitmap for each state; a bit is set where a block of that state begins."""

    reachable: Bits
    direct: Bits
    indirect: Bits
    possible: Bits
    totals: LeakTotals
    leader_word: I64
    """Place in ``Image.words`` of each directly leaked block, in address order ..."""
    leader_indirect: I64
    """... how many indirectly leaked blocks it leads to, each counted for one leader
    only, whichever others lead to it ..."""
    leader_indirect_bytes: U64
    """... and their usable bytes."""
