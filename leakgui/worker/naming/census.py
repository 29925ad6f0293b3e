"""Blocks counted by type, size class and state."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from leakgui.model.columns import I64
from leakgui.model.heap import BlockGroups, BlockState, TypeKind
from leakgui.model.text_column import TextColumn
from leakgui.texts import say
from leakgui.worker.image import Image
from leakgui.worker.naming.counting import STATES, Counted, count_groups
from leakgui.worker.naming.names import TEXT, Names
from leakgui.worker.naming.size_classes import limits_of
from leakgui.worker.naming.slices import FIRST_CLASS, SIZE_TYPE, TEXT_TYPE
from leakgui.worker.naming.text import peek
from leakgui.worker.reached import Reach
from leakgui.worker.walked import Walk

MOST_ROWS = 20_000
MOST_PEEKS = 5_000
"""Groups, those with most bytes first, of which a block is looked into."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    """A row of ``BlockGroups``."""

    type_name: str
    type_kind: TypeKind
    least_bytes: int
    most_bytes: int
    state: BlockState
    count: int
    bytes: int
    peek: str


def count_blocks(image: Image, walk: Walk, reach: Reach, names: Names) -> BlockGroups:
    """Return all blocks in use, one row a type, size class and state; most bytes first.

    Of more than ``MOST_ROWS`` groups the smallest are summed into last rows, one for
    each state, which say so in their names.
    """
    counted = count_groups(image, walk, reach, names)
    is_rest = counted.type_number < 0
    order = np.lexsort((-counted.bytes.astype(np.int64), is_rest))
    kept = order[: MOST_ROWS - len(STATES)]
    kept = kept[~is_rest[kept]]
    rows = [_as_row(image, counted, row, at) for at, row in enumerate(kept.tolist())]
    rows += _sum_rest(counted, order[len(kept) :])
    return BlockGroups(
        type_name=TextColumn.of(row.type_name for row in rows),
        type_kind=TextColumn.of(row.type_kind for row in rows),
        least_bytes=np.array([row.least_bytes for row in rows], np.uint64),
        most_bytes=np.array([row.most_bytes for row in rows], np.uint64),
        state=TextColumn.of(row.state for row in rows),
        count=np.array([row.count for row in rows], np.int64),
        bytes=np.array([row.bytes for row in rows], np.uint64),
        peek=TextColumn.of(row.peek for row in rows),
    )


def _as_row(image: Image, counted: Counted, row: int, place: int) -> _Row:
    name, kind = _type_of(counted, row)
    least, most = limits_of(int(counted.size_class[row]))
    return _Row(
        type_name=name,
        type_kind=kind,
        least_bytes=least,
        most_bytes=most,
        state=STATES[int(counted.state[row])],
        count=int(counted.count[row]),
        bytes=int(counted.bytes[row]),
        peek=_peek_of(image, counted, row, least) if place < MOST_PEEKS else "",
    )


def _type_of(counted: Counted, row: int) -> tuple[str, TypeKind]:
    number = int(counted.type_number[row])
    if number == SIZE_TYPE:
        return "", TypeKind.SIZE
    if number == TEXT_TYPE:
        return TEXT, TypeKind.TEXT
    return counted.class_name[number - FIRST_CLASS], TypeKind.CLASS


def _peek_of(image: Image, counted: Counted, row: int, size: int) -> str:
    """Look into one block, and where it shows nothing into one other of the group."""
    one, other = int(counted.sample[row]), int(counted.last[row])
    return peek(image, one, size) or (peek(image, other, size) if other > one else "")


def _sum_rest(counted: Counted, rows: I64) -> list[_Row]:
    """Return one row for each state that occurs in the other groups."""
    classes = counted.size_class[rows]
    # Size class 0 stands for groups that were too many to be kept apart: any size.
    greatest = limits_of(int(classes.max()))[1] if len(rows) else 0
    found = []
    for number, state in enumerate(STATES):
        chosen = rows[counted.state[rows] == number]
        if len(chosen):
            found.append(
                _Row(
                    type_name=say("(all smaller groups)"),
                    type_kind=TypeKind.SIZE,
                    least_bytes=0,
                    most_bytes=greatest,
                    state=state,
                    count=int(counted.count[chosen].sum()),
                    bytes=int(counted.bytes[chosen].sum()),
                    peek="",
                )
            )
    return found
