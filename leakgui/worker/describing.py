"""One block looked at closely, and the ways to blocks as people read them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from leakgui.formatting import format_bytes
from leakgui.model.block import BlockDetail, Neighbour
from leakgui.model.heap import BlockState, Holders
from leakgui.model.text_column import TextColumn
from leakgui.texts import say
from leakgui.worker.blocks.bits import is_set
from leakgui.worker.blocks.block_map import BlockMap, map_blocks
from leakgui.worker.blocks.lookup import (
    NO_ROW,
    block_around,
    find_row,
    usable_bytes,
)
from leakgui.worker.holding import (
    DescribeRoot,
    HolderRow,
    Path,
    Reference,
    Step,
    path_to,
    referrers,
    retained_by_lost,
    targets,
)
from leakgui.worker.image import Image
from leakgui.worker.naming.names import Names
from leakgui.worker.root_names import RootNames
from leakgui.worker.walked import Walk

if TYPE_CHECKING:
    from leakgui.worker.interpreting import Found, Interpreted

MOST_CONTENT = 256
MOST_NEIGHBOURS = 100
MOST_LOST = 500_000
"""Where more blocks are lost nobody waits for what hangs on one (0.3 s for so many)."""


def tabulate_holders(
    image: Image, walk: Walk, names: Names, rows: Sequence[HolderRow]
) -> Holders:
    """Return rows as columns, with paths as people read them."""
    looking = _Looking(image, map_blocks(image, walk), names)
    return Holders(
        root=TextColumn.of(row.root for row in rows),
        root_kind=TextColumn.of(row.root_kind for row in rows),
        path=TextColumn.of(_path_text(looking, row) for row in rows),
        address=np.array([row.address for row in rows], np.uint64),
        bytes=np.array([row.bytes for row in rows], np.uint64),
        type_name=TextColumn.of(looking.type_at(row.address)[0] for row in rows),
        retained=np.array([row.retained for row in rows], np.int64),
        retained_bytes=np.array([row.retained_bytes for row in rows], np.uint64),
    )


def _path_text(looking: _Looking, row: HolderRow) -> str:
    text = " → ".join(looking.path_texts(row.root, row.path))
    if not row.beside:
        return text
    return say("{path} and {count} more beside it", path=text, count=f"{row.beside:,}")


def describe_block(interpreted: Interpreted, address: int) -> BlockDetail | None:
    """Return the block in use that an address lies in; None where none does."""
    found, image = interpreted.found, interpreted.image
    if found is None:
        return None
    blocks = map_blocks(image, found.walk)
    looking = _Looking(image, blocks, found.names)
    start = looking.start_around(address)
    if start is None:
        return None
    describe = RootNames(image, found.modules).describe
    size, name = looking.size_at(start), looking.type_at(start)[0]
    pointed_from, pointed_from_count = referrers(
        image, found.walk, found.roots, start, MOST_NEIGHBOURS
    )
    points_to, points_to_count = targets(
        image, found.walk, found.roots, start, MOST_NEIGHBOURS
    )
    path = path_to(image, found.walk, found.roots, start)
    retained, retained_bytes = _retained(image, found, looking.granule_at(start))
    return BlockDetail(
        address=start,
        usable_bytes=size,
        state=_state(found, looking.granule_at(start)),
        type_name=name,
        content=image.read(start, min(size, MOST_CONTENT)),
        pointed_from=tuple(looking.source_of(one, describe) for one in pointed_from),
        pointed_from_count=pointed_from_count,
        points_to=tuple(looking.target_of(one) for one in points_to),
        points_to_count=points_to_count,
        path=tuple(looking.path_texts(_root_name(path, describe), path)),
        retained=retained,
        retained_bytes=retained_bytes,
    )


def _retained(image: Image, found: Found, granule: int) -> tuple[int, int]:
    """Return how many blocks and bytes hang on a lost block alone, or zeros."""
    reach = found.reach
    is_lost = is_set(reach.direct | reach.indirect, granule)
    if not is_lost or reach.totals.lost > MOST_LOST:
        return 0, 0
    table = retained_by_lost(image, found.walk, reach)
    row = int(np.searchsorted(table.word, granule * 2))
    return int(table.blocks[row]), int(table.bytes[row])


def _root_name(path: Path, describe: DescribeRoot) -> str:
    if not path or path.first[0].kind is None:
        return ""
    root = path.first[0]
    return describe(root.address, root.kind or 0, root.tid, root.module)


def _state(found: Found, granule: int) -> str:
    reach = found.reach
    for state, bits in (
        (BlockState.DIRECT, reach.direct),
        (BlockState.INDIRECT, reach.indirect),
        (BlockState.POSSIBLE, reach.possible),
    ):
        if is_set(bits, granule):
            return state.value
    return BlockState.REACHABLE.value


class _Looking:
    """Asks for single blocks of one image by address."""

    def __init__(self, image: Image, blocks: BlockMap, names: Names) -> None:
        self._image, self._blocks, self._names = image, blocks, names

    def granule_at(self, start: int) -> int:
        """Return the granule of an address that lies in the image."""
        place = self._image.find_word(start)
        return -1 if place is None else place // 2

    def start_around(self, address: int) -> int | None:
        """Return where the block begins that an address lies in."""
        wanted = np.uint64(address)
        row = find_row(self._blocks, wanted, NO_ROW)
        granule = -1 if row < 0 else block_around(self._blocks, wanted, row)
        return None if granule < 0 else self._image.find_address(granule * 2)

    def size_at(self, start: int) -> int:
        """Return the usable bytes of the block that begins there."""
        return int(usable_bytes(self._blocks, self.granule_at(start)))

    def type_at(self, start: int) -> tuple[str, str]:
        """Return name and kind of the block that begins there."""
        place = self._image.find_word(start)
        if place is None:
            return "", ""
        name, kind = self._names.type_at(self._image, place, self.size_at(start))
        return name, kind.value

    def label(self, start: int) -> str:
        """Return what to call a block on a path."""
        return self.type_at(start)[0] or format_bytes(self.size_at(start))

    def path_texts(self, root: str, path: Path) -> list[str]:
        """Return the root, then each block with where in the one before it hangs."""
        if not root or not path:
            return []
        texts = [root]
        self._go_on(texts, path.first)
        if path.left_out:
            texts.append(say("… {count} more …", count=f"{path.left_out:,}"))
            texts.append(self.label(path.last[0].source))
        self._go_on(texts, path.last)
        return texts

    def _go_on(self, texts: list[str], steps: Sequence[Step]) -> None:
        for step in steps:
            if step.kind is None:
                texts[-1] += f"+{step.offset}"
            texts.append(self.label(step.target))

    def source_of(self, one: Reference, describe: DescribeRoot) -> Neighbour:
        """Return who points."""
        if one.kind is not None:
            return Neighbour(
                place=describe(one.address, one.kind, one.tid, one.module),
                address=one.address,
                offset=0,
                type_name="",
                usable_bytes=0,
            )
        return self._block(one.source, one.offset)

    def target_of(self, one: Reference) -> Neighbour:
        """Return who is pointed to."""
        return self._block(one.target, one.offset)

    def _block(self, start: int, offset: int) -> Neighbour:
        return Neighbour(
            place="block",
            address=start,
            offset=offset,
            type_name=self.type_at(start)[0],
            usable_bytes=self.size_at(start),
        )
