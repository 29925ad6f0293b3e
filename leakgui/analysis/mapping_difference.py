"""What changed in the address space, by what backs it."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from leakgui.analysis.grouping import (
    Integers,
    Label,
    Labels,
    Side,
    combine,
    count_texts,
    join_details,
    list_changes,
    list_counts,
)
from leakgui.formatting import format_bytes
from leakgui.model.columns import F64
from leakgui.model.difference import Changes
from leakgui.model.snapshot import Mappings
from leakgui.texts import say

MANY_OF_ONE_SIZE = 4
"""So many anonymous mappings of one size get a row of their own: thread stacks, and
leaked mappings, which usually all have the size that the program asks for."""

_DELETED = " (deleted)"
_ANONYMOUS = "anonymous"
_THREAD_STACK = re.compile(r"\[stack:\d+\]")
_KIND_BY_START: tuple[tuple[str, str], ...] = (
    ("[heap]", "heap"),
    ("[stack", "stack"),
    ("[anon_shmem:", "shared memory"),
    ("[anon:", _ANONYMOUS),
    ("[", "kernel"),
    ("/memfd:", "memfd"),
    ("/SYSV", "SysV"),
    ("/dev/shm/", "shared memory"),  # noqa: S108  # a name to recognise
    ("/dev/zero", "shared memory"),
    ("/anon_hugepage", _ANONYMOUS),
    ("/dev/", "device"),
    ("anon_inode:", "device"),
)
"""How proc(5) and mm/shmem.c, ipc/shm.c, mm/memfd.c name what is no file."""


def compare_mappings(before: Mappings, after: Mappings) -> Changes:
    """Return the mappings of two snapshots by backing.

    Bytes are resident ones, private and shared; where a snapshot has none, the
    detail tells the address space instead, and that orders the rows.
    """
    tables = (before, after)
    labels = Labels()
    groups = _group(tables, labels)
    sides = [
        Side(group=group, bytes_of=None if table.rss is None else _floats(table.rss))
        for group, table in zip(groups, tables, strict=True)
    ]
    sizes = [
        np.bincount(group, _sizes(table), len(labels)).astype(np.float64)
        for group, table in zip(groups, tables, strict=True)
    ]
    has_bytes = all(side.bytes_of is not None for side in sides)
    details = _details(tables, groups, len(labels))
    if not has_bytes:
        details = [
            join_details(detail, _address_space(*pair))
            for detail, *pair in zip(details, *(s.tolist() for s in sizes), strict=True)
        ]
    return list_changes(labels, sides[0], sides[1], details, sizes[1] - sizes[0])


def classify_backing(path: str) -> Label | None:
    """Return kind and key of what stands behind a mapping; None: nothing, anonymous."""
    if not path:
        return None
    for start, kind in _KIND_BY_START:
        if path.startswith(start):
            return kind, _key(kind, path)
    if path.endswith(_DELETED):
        return "deleted file", path
    return ("file" if path.startswith("/") else "other"), path


def _key(kind: str, path: str) -> str:
    if kind == "memfd":
        return path.removeprefix("/").removesuffix(_DELETED)
    return _THREAD_STACK.sub("[stack:#]", path) if kind == "stack" else path


def _group(tables: Sequence[Mappings], labels: Labels) -> list[Integers]:
    groups = [_group_backed(table, labels) for table in tables]
    bare = [np.flatnonzero(group < 0) for group in groups]
    named = _group_anonymous(tables, bare, labels)
    for group, rows, codes in zip(groups, bare, named, strict=True):
        group[rows] = codes
    return groups


def _group_backed(table: Mappings, labels: Labels) -> Integers:
    """Return the group of each row that has a backing, −1 for the others."""
    found = [classify_backing(path) for path in table.path.pool]
    codes = [-1 if label is None else labels.code(label) for label in found]
    return np.array(codes, dtype=np.int64)[table.path.codes]


def _group_anonymous(
    tables: Sequence[Mappings], bare: Sequence[Integers], labels: Labels
) -> list[Integers]:
    """Return groups by permissions, and by size where many have the same.

    Both snapshots are looked at together, so that a size is named in both or none.
    """
    pairs = list(zip(tables, bare, strict=True))
    rights = Labels()
    right = np.concatenate([_rights(table, rights)[rows] for table, rows in pairs])
    size = np.concatenate([(table.end - table.start)[rows] for table, rows in pairs])
    combination, first = combine((right, size))
    begin = len(bare[0])
    most = np.maximum(
        np.bincount(combination[:begin], minlength=len(first)),
        np.bincount(combination[begin:], minlength=len(first)),
    )
    names = rights.kinds_and_keys()[1]
    found = [
        _name_anonymous(names[right[row]], int(size[row]) if many else None)
        for row, many in zip(first.tolist(), most >= MANY_OF_ONE_SIZE, strict=True)
    ]
    codes = labels.codes(found)[combination]
    return [codes[:begin], codes[begin:]]


def _rights(table: Mappings, rights: Labels) -> Integers:
    """Return for each row a number for ``rw``, ``rw shared``, ``no access``, ..."""
    names = [("", _name_rights(text)) for text in table.permissions.pool]
    return rights.codes(names)[table.permissions.codes]


def _name_rights(permissions: str) -> str:
    allowed = permissions[:3].replace("-", "") or "no access"
    return f"{allowed} shared" if permissions[3:] == "s" else allowed


def _name_anonymous(rights: str, size_bytes: int | None) -> Label:
    if size_bytes is None:
        return _ANONYMOUS, f"anonymous {rights}"
    return _ANONYMOUS, f"anonymous {rights} {format_bytes(size_bytes)}"


def _details(
    tables: Sequence[Mappings], groups: Sequence[Integers], count: int
) -> list[str]:
    """Return the permissions that occur, after, or before where all are gone."""
    old, new = (
        count_texts(group, table.permissions, count)
        for group, table in zip(groups, tables, strict=True)
    )
    return [list_counts(late or early) for early, late in zip(old, new, strict=True)]


def _address_space(before: float, after: float) -> str:
    return say(
        "address space {before} → {after}",
        before=format_bytes(before),
        after=format_bytes(after),
    )


def _sizes(table: Mappings) -> F64:
    return _floats(table.end - table.start)


def _floats(column: np.ndarray[tuple[int], np.dtype[np.uint64]]) -> F64:
    return column.astype(np.float64)
