"""Types of possibly leaked blocks, which are grouped by size and inner offset."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from leakgui.model.heap import BlockGroups, BlockState, PossibleBlocks, TypeKind
from leakgui.model.text_column import TextColumn
from leakgui.worker.naming.size_classes import class_of, limits_of


def name_possible(rows: PossibleBlocks, groups: BlockGroups) -> PossibleBlocks:
    """Return the rows with the type that more than half of the blocks of each have.

    The groups don't know where pointers lead, so a name is given where it follows from
    the numbers: if of 10 blocks of a size 9 are of a class, at least 6 of those 7 are
    that are entered at one offset. Empty where nothing follows.
    """
    classes = [limits_of(class_of(size))[0] for size in rows.bytes.tolist()]
    whole: dict[int, int] = {}
    for size, count in zip(classes, rows.count.tolist(), strict=True):
        whole[size] = whole.get(size, 0) + count
    most = _most_common(groups)
    names = []
    for size, count in zip(classes, rows.count.tolist(), strict=True):
        known, name = most.get(size, (0, ""))
        others = whole[size] - count
        names.append(name if 2 * (known - others) > count else "")
    return replace(rows, type_name=TextColumn.of(names))


def _most_common(groups: BlockGroups) -> dict[int, tuple[int, str]]:
    """Return by least size the type that most possible blocks have, and how many."""
    found: dict[int, tuple[int, str]] = {}
    is_possible = [state == BlockState.POSSIBLE for state in groups.state.pool]
    for row in np.flatnonzero(np.array(is_possible, bool)[groups.state.codes]).tolist():
        if groups.type_kind[row] != TypeKind.SIZE:
            size = int(groups.least_bytes[row])
            here = (int(groups.count[row]), groups.type_name[row])
            found[size] = max(found.get(size, here), here)
    return found
