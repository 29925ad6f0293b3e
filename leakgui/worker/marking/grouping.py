"""Group possibly leaked blocks; take a constant inner offset for a header."""

from __future__ import annotations

from leakgui.model.heap import IntrusiveBlocks, PossibleBlocks
from leakgui.worker.image import Image
from leakgui.worker.reached import Reach
from leakgui.worker.roots.table import Roots
from leakgui.worker.walked import Walk

LEAST_INTRUSIVE = 20
"""So many blocks of one size entered at one inner offset are no coincidence."""


def group_possible(
    image: Image, walk: Walk, roots: Roots, reach: Reach
) -> tuple[PossibleBlocks, IntrusiveBlocks, Reach]:
    """Return possible blocks by size and offset, headers, and the states then.

    At least ``LEAST_INTRUSIVE`` blocks of one size, each entered at one and the same
    inner offset only, have a header before what the program points to: they become
    reachable, and so does what hangs on them. ``type_name`` is left empty.
    """
    raise NotImplementedError
