"""Groups of blocks, summed by type, by size, or by both, in columns."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt

from leakgui.model.columns import F64, I64, U64, Columns
from leakgui.model.heap import BlockGroups, BlockState
from leakgui.model.text_column import TextColumn

Places = npt.NDArray[np.intp]
_LOST = (BlockState.DIRECT, BlockState.INDIRECT)


class By(StrEnum):
    """What blocks are put together by."""

    TYPE_AND_SIZE = "type-and-size"
    TYPE = "type"
    SIZE = "size"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SummedBlocks(Columns):
    """Blocks in use by type, size class or both; the rows with most bytes first."""

    type_name: TextColumn
    """Empty where only the size is known, or where types were not told apart."""
    type_kind: TextColumn
    least_bytes: U64
    """The smallest block of the row ..."""
    most_bytes: U64
    """... and the largest, by their size classes."""
    count: I64
    bytes: F64
    lost: I64
    lost_bytes: F64
    possible_bytes: F64
    peek: TextColumn


def sum_groups(groups: BlockGroups, by: By) -> SummedBlocks:
    """Put rows together that differ only in what does not matter now."""
    if not len(groups):
        return _summed(groups, np.empty(0, np.intp), np.empty(0, np.intp))
    keys = np.stack(_keys(groups, by))
    order = np.lexsort(keys)
    changes = (keys[:, order[1:]] != keys[:, order[:-1]]).any(axis=0)
    numbers = np.concatenate(([0], np.cumsum(changes)))
    place = np.empty(len(order), dtype=np.intp)
    place[order] = numbers
    first = order[np.concatenate(([True], changes))]
    return _summed(groups, place, first)


def _keys(groups: BlockGroups, by: By) -> list[U64]:
    kinds = groups.type_kind.codes.astype(np.uint64)
    # Two codes of one pool are two texts, so the codes do.
    types = [groups.type_name.codes.astype(np.uint64), kinds]
    sizes = [groups.least_bytes, groups.most_bytes]
    return {By.TYPE: types, By.SIZE: sizes, By.TYPE_AND_SIZE: types + sizes}[by]


def _summed(groups: BlockGroups, place: Places, first: Places) -> SummedBlocks:
    """Add up; ``place`` is the new row of each old one, ``first`` an old one."""
    rows = len(first)
    lost, possible = _is_state(groups, _LOST), _is_state(groups, (BlockState.POSSIBLE,))
    count, size = groups.count.astype(np.float64), groups.bytes.astype(np.float64)

    def add(values: F64) -> F64:
        return np.bincount(place, weights=values, minlength=rows).astype(np.float64)

    total = add(size)
    order = np.argsort(-total, kind="stable")
    least, most = _bounds(groups, place, rows)
    peek = _peeks(groups, place, first)
    chosen = first[order]
    return SummedBlocks(
        type_name=_rows(groups.type_name, chosen),
        type_kind=_rows(groups.type_kind, chosen),
        least_bytes=least[order],
        most_bytes=most[order],
        count=add(count)[order].astype(np.int64),
        bytes=total[order],
        lost=add(count * lost)[order].astype(np.int64),
        lost_bytes=add(size * lost)[order],
        possible_bytes=add(size * possible)[order],
        peek=_rows(groups.peek, peek[order]),
    )


def _is_state(groups: BlockGroups, states: tuple[BlockState, ...]) -> F64:
    wanted = np.array([text in states for text in groups.state.pool], dtype=np.float64)
    return wanted[groups.state.codes] if len(wanted) else np.empty(0)


def _bounds(groups: BlockGroups, place: Places, rows: int) -> tuple[U64, U64]:
    least = np.full(rows, np.iinfo(np.uint64).max, dtype=np.uint64)
    most = np.zeros(rows, dtype=np.uint64)
    np.minimum.at(least, place, groups.least_bytes)
    np.maximum.at(most, place, groups.most_bytes)
    return least, most


def _peeks(groups: BlockGroups, place: Places, first: Places) -> Places:
    """Return for each new row an old one that has something to peek at."""
    chosen = first.copy()
    has_peek = np.array([bool(text) for text in groups.peek.pool], dtype=np.bool_)
    if has_peek.any():
        rows = np.flatnonzero(has_peek[groups.peek.codes])[::-1]
        chosen[place[rows]] = rows
    return chosen


def _rows(column: TextColumn, rows: Places) -> TextColumn:
    return TextColumn(column.codes[rows], column.pool)
