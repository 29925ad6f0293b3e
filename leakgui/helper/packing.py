"""A raw snapshot as a header and columns, ready to be sent."""

from __future__ import annotations

import json
import math

from leakgui.probe.raw import RawSnapshot, RawTable, RawText
from leakgui.wire.frames import Header, Sent

POOL_SUFFIX = ".pool"
"""A text column travels as its codes and, under its name with this, its texts."""

_TEXTS_IN_A_LINE = 1024


def pack_snapshot(taken: RawSnapshot) -> tuple[Header, list[tuple[str, Sent]]]:
    """Return the header and the columns ``table.field`` of a snapshot.

    A table without columns is one that could not be read; its gap says why.
    """
    header: Header = {
        "reply": "snapshot",
        "taken_unix_s": taken.taken_unix_s,
        "cost_ms": taken.cost_ms,
        # JSON has no NaN and no infinity, and an absent metric means unknown.
        "counters": {k: v for k, v in taken.counters.items() if math.isfinite(v)},
        "gaps": [list(gap) for gap in taken.gaps],
        "facts": taken.facts,
    }
    columns: list[tuple[str, Sent]] = []
    for name, table in taken.tables.items():
        if table is not None:
            columns += _pack_table(name, table)
    return header, columns


def _pack_table(name: str, table: RawTable) -> list[tuple[str, Sent]]:
    columns: list[tuple[str, Sent]] = []
    for field, column in table.items():
        place = f"{name}.{field}"
        if isinstance(column, RawText):
            columns.append((place, column.codes))
            columns.append((place + POOL_SUFFIX, pack_pool(column.pool)))
        else:
            columns.append((place, column))
    return columns


def pack_pool(pool: list[str]) -> bytes:
    """Return texts as lines of JSON, each a list of some.

    Not one list: parsing it would keep the window's interpreter locked all the while.
    """
    return b"\n".join(
        json.dumps(pool[begin : begin + _TEXTS_IN_A_LINE]).encode("ascii")
        for begin in range(0, len(pool), _TEXTS_IN_A_LINE)
    )
