"""A raw snapshot as a header and columns, ready to be sent."""

from __future__ import annotations

import math
from dataclasses import asdict

from leakgui.probe.raw import RawSnapshot, RawTable, RawText
from leakgui.probe.raw_heap import RawEstimate, RawHeapCopy
from leakgui.wire.frames import Header, Sent
from leakgui.wire.passing import MOST_FILES
from leakgui.wire.pools import POOL_SUFFIX, pack_pool
from leakgui.wire.serving import Answer

_PLAIN = (
    "level", "paused_ms", "estimated_ms", "copied_bytes", "resident_bytes",
    "taken_unix_s", "executable", "gaps", "notes",
)  # fmt: skip
"""What of a copied heap is in the header as it is."""


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


def pack_estimate(estimate: RawEstimate) -> Header:
    """Return the header that says what a copy would cost."""
    return {"reply": "estimate-heap", **asdict(estimate)}


def pack_heap_copy(copy: RawHeapCopy) -> Answer:
    """Return header, columns and files of a copied heap, which is closed with them.

    The memory is the first of the files. ``module_fd_places`` says for each module
    which of the files it is, or -1.
    """
    opened = [file for file in copy.module_files if file >= 0]
    kept = opened[: MOST_FILES - 1]
    place_of_file = {file: place for place, file in enumerate(kept, 1)}
    header: Header = {
        "reply": "copy-heap",
        **copy.key._asdict(),
        **{name: getattr(copy, name) for name in _PLAIN},
        "module_fd_places": [place_of_file.get(f, -1) for f in copy.module_files],
    }
    columns: list[tuple[str, Sent]] = [
        *_pack_table("segment", copy.segments),
        ("present", copy.present),
        *_pack_table("region", copy.regions),
        *_pack_table("thread", copy.threads),
        ("thread.registers", copy.registers),
        ("thread.vectors", copy.vectors),
        *_pack_table("module", {"path": copy.modules}),
    ]
    return Answer(header, columns, [copy.memory, *kept], owner=copy)
