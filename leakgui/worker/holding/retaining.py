"""What would be freed with a block: blocks that every path to them goes through."""

from __future__ import annotations

from dataclasses import dataclass

from leakgui.model.columns import I64, U64, Columns
from leakgui.worker.giving_up import Cancelled, never
from leakgui.worker.image import Image
from leakgui.worker.reached import Reach
from leakgui.worker.walked import Walk


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Retained(Columns):
    """Blocks in address order, each with what hangs on it alone, itself included."""

    word: I64
    """Place in ``Image.words`` at which the block begins."""
    blocks: I64
    bytes: U64
    dominator: I64
    """Row of the block that it hangs on; -1 where several do, or a root."""


def retained_by_lost(
    image: Image, walk: Walk, reach: Reach, cancelled: Cancelled = never
) -> Retained:
    """Return the retained sizes of the directly and indirectly leaked blocks.

    The direct ones count as roots: what hangs on two of them hangs on neither.
    """
    raise NotImplementedError
