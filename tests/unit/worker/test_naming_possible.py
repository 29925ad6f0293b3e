"""Types of possibly leaked blocks: only where the numbers leave no other way."""

from __future__ import annotations

import numpy as np
import pytest

from leakgui.model.heap import BlockGroups, PossibleBlocks
from leakgui.model.text_column import TextColumn
from leakgui.worker.naming.naming_possible import name_possible

Group = tuple[str, str, int, str, int]
"""Type, kind, size, state, count."""


def groups_of(*rows: Group) -> BlockGroups:
    sizes = np.array([row[2] for row in rows], np.uint64)
    counts = np.array([row[4] for row in rows], np.int64)
    return BlockGroups(
        type_name=TextColumn.of(row[0] for row in rows),
        type_kind=TextColumn.of(row[1] for row in rows),
        least_bytes=sizes,
        most_bytes=sizes.copy(),
        state=TextColumn.of(row[3] for row in rows),
        count=counts,
        bytes=sizes * counts.astype(np.uint64),
        peek=TextColumn.of("" for _ in rows),
    )


def possible_of(*rows: tuple[int, int, int]) -> PossibleBlocks:
    return PossibleBlocks(
        bytes=np.array([row[0] for row in rows], np.uint64),
        offset=np.array([row[1] for row in rows], np.int64),
        count=np.array([row[2] for row in rows], np.int64),
        type_name=TextColumn.of("" for _ in rows),
    )


BOOKS = ("Book", "class", 56, "possible", 9)


@pytest.mark.parametrize(
    ("rows", "groups", "names"),
    [
        ([(56, 8, 9)], [BOOKS], ["Book"]),
        ([(56, 8, 10)], [BOOKS, ("", "size", 56, "possible", 1)], ["Book"]),
        ([(56, 8, 7), (56, 16, 3)], [BOOKS], ["Book", "Book"]),
        ([(56, 8, 8), (56, 16, 2)], [BOOKS], ["Book", ""]),
        ([(56, 8, 30)], [BOOKS], [""]),
        ([(72, 8, 9)], [BOOKS], [""]),
        ([(56, 8, 1)], [("Book", "class", 56, "reachable", 9)], [""]),
        ([(56, 8, 3)], [("text", "text", 56, "possible", 3)], ["text"]),
        ([(56, 8, 3)], [("(rest)", "size", 56, "possible", 3)], [""]),
        ([(1100, 8, 3)], [("Big", "class", 1033, "possible", 3)], ["Big"]),
        ([], [], []),
    ],
)
def test_names(
    rows: list[tuple[int, int, int]], groups: list[Group], names: list[str]
) -> None:
    found = name_possible(possible_of(*rows), groups_of(*groups))
    assert found.type_name.as_list() == names
    assert found.count.tolist() == [row[2] for row in rows]
