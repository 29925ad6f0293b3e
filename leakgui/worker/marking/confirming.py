"""Keep as lost only what was lost in an earlier look too."""

from __future__ import annotations

from dataclasses import dataclass

from leakgui.model.columns import U64, Columns
from leakgui.worker.image import Image
from leakgui.worker.reached import Reach
from leakgui.worker.walked import Walk


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LostBefore(Columns):
    """The blocks that nothing reached in an earlier look, sorted by address."""

    address: U64
    bytes: U64


def lost_of(image: Image, walk: Walk, reach: Reach) -> LostBefore:
    """Return the directly and indirectly leaked blocks, for a later look."""
    raise NotImplementedError


def confirm(image: Image, walk: Walk, reach: Reach, lost_before: LostBefore) -> Reach:
    """Return the states with only those blocks lost that were lost before too.

    A block counts as the same when address and usable bytes are the same. The
    others become reachable and are counted in ``totals.unconfirmed``: a pointer to
    them may have been in flight. What stays lost is sorted into direct and
    indirect anew.
    """
    raise NotImplementedError
