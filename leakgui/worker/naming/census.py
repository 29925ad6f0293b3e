"""Blocks counted by type, size class and state, and the largest lost ones."""

from __future__ import annotations

from leakgui.model.heap import BlockGroups, LostBlocks
from leakgui.worker.image import Image
from leakgui.worker.naming.names import Names
from leakgui.worker.reached import Reach
from leakgui.worker.walked import Walk

MOST_ROWS = 20_000
MOST_LOST = 10_000


def count_blocks(image: Image, walk: Walk, reach: Reach, names: Names) -> BlockGroups:
    """Return all blocks in use, one row a type, size class and state; most bytes first.

    Of more than ``MOST_ROWS`` groups the smallest are summed into one last row.
    """
    raise NotImplementedError


def list_lost(image: Image, walk: Walk, reach: Reach, names: Names) -> LostBlocks:
    """Return the ``MOST_LOST`` directly leaked blocks that hold most, largest first."""
    raise NotImplementedError
