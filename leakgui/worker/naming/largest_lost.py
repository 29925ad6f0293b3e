"""The directly leaked blocks that hold most, each one by itself."""

from __future__ import annotations

import numpy as np

from leakgui.model.heap import LostBlocks
from leakgui.model.text_column import TextColumn
from leakgui.worker.blocks.block_map import closed, map_blocks
from leakgui.worker.image import Image
from leakgui.worker.naming.names import Names
from leakgui.worker.naming.slices import sizes_of
from leakgui.worker.naming.text import peek
from leakgui.worker.reached import Reach
from leakgui.worker.walked import Walk

MOST_LOST = 10_000


def list_lost(image: Image, walk: Walk, reach: Reach, names: Names) -> LostBlocks:
    """Return the ``MOST_LOST`` directly leaked blocks that hold most, largest first."""
    sizes = sizes_of(map_blocks(image, walk), closed(reach.leader_word // 2))
    held = sizes + reach.leader_indirect_bytes.astype(np.int64)
    rows = np.arange(len(held))
    if len(rows) > MOST_LOST:
        rows = np.sort(np.argpartition(-held, MOST_LOST)[:MOST_LOST])
    rows = rows[np.argsort(-held[rows], kind="stable")]
    places, bytes_each = reach.leader_word[rows].tolist(), sizes[rows].tolist()
    blocks = list(zip(places, bytes_each, strict=True))
    types = [names.type_at(image, place, size) for place, size in blocks]
    return LostBlocks(
        address=np.array([image.find_address(place) for place in places], np.uint64),
        bytes=sizes[rows].astype(np.uint64),
        type_name=TextColumn.of(name for name, _ in types),
        type_kind=TextColumn.of(kind for _, kind in types),
        indirect=reach.leader_indirect[rows],
        indirect_bytes=reach.leader_indirect_bytes[rows],
        peek=TextColumn.of(peek(image, place, size) for place, size in blocks),
    )
