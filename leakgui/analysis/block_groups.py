"""Groups of blocks summed up: by type, and by size class."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from leakgui.analysis.grouping import Integers, Label, Labels
from leakgui.formatting import format_size_range
from leakgui.model.columns import I64, Columns
from leakgui.model.heap import BlockGroups, BlockState, TypeKind
from leakgui.model.text_column import TextColumn

LOST_STATES = (BlockState.DIRECT.value, BlockState.INDIRECT.value)

NameRow = Callable[[BlockGroups, int], Label]
"""Gives the kind and the key under which a row of groups is summed up."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class BlockSums(Columns):
    """Blocks in use, one row for each type or size class, the largest first."""

    key: TextColumn
    """A class, ``text``, or a size class: ``48 bytes``, ``8.0–9.9 KiB``."""
    kind: TextColumn
    """One of ``TypeKind``."""
    count: I64
    bytes: I64
    lost: I64
    """Of these, blocks that nothing reaches: direct and indirect."""
    lost_bytes: I64


def name_by_type(groups: BlockGroups, row: int) -> Label:
    """Return a class or ``text``; where neither is known, the size class."""
    kind, type_name = groups.type_kind[row], groups.type_name[row]
    if kind == TypeKind.SIZE or not type_name:
        return name_by_size(groups, row)
    return kind, type_name


def name_by_size(groups: BlockGroups, row: int) -> Label:
    """Return the size class."""
    least, most = int(groups.least_bytes[row]), int(groups.most_bytes[row])
    return TypeKind.SIZE.value, format_size_range(least, most)


def sum_by_type(groups: BlockGroups) -> BlockSums:
    """Sum up blocks in use by class, text or, where neither is known, by size."""
    return _sum(groups, name_by_type)


def sum_by_size(groups: BlockGroups) -> BlockSums:
    """Sum up blocks in use by size class."""
    return _sum(groups, name_by_size)


def find_lost(groups: BlockGroups) -> npt.NDArray[np.bool_]:
    """Return for each row whether nothing reaches its blocks."""
    lost = np.array([state in LOST_STATES for state in groups.state.pool], bool)
    return lost[groups.state.codes] if len(groups) else np.zeros(0, bool)


def find_peeks(groups: BlockGroups, labels: Labels, name: NameRow) -> list[str]:
    """Return for each label what the first of its blocks with text begins with."""
    known = dict.fromkeys(zip(*labels.kinds_and_keys(), strict=True), "")
    filled = np.array([bool(peek) for peek in groups.peek.pool], bool)
    rows = np.flatnonzero(filled[groups.peek.codes]) if len(groups) else ()
    for row in map(int, rows):
        label = name(groups, row)
        if known.get(label) == "":
            known[label] = groups.peek[row]
    return list(known.values())


def _sum(groups: BlockGroups, name: NameRow) -> BlockSums:
    labels = Labels()
    group = labels.codes([name(groups, row) for row in range(len(groups))])
    sizes = groups.bytes.astype(np.int64)
    is_lost = find_lost(groups)
    columns = (groups.count, sizes, groups.count * is_lost, sizes * is_lost)
    count, size, lost, lost_bytes = (
        _add_up(group, column, len(labels)) for column in columns
    )
    order = np.lexsort((-count, -size))
    kinds, keys = labels.kinds_and_keys()
    return BlockSums(
        key=TextColumn.of(keys[row] for row in order.tolist()),
        kind=TextColumn.of(kinds[row] for row in order.tolist()),
        count=count[order],
        bytes=size[order],
        lost=lost[order],
        lost_bytes=lost_bytes[order],
    )


def _add_up(group: Integers, column: I64, groups: int) -> I64:
    total = np.zeros(groups, np.int64)
    np.add.at(total, group, column)
    return total
