"""From a received frame to a snapshot whose columns are NumPy arrays."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import fields
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from leakgui.helper.packing import POOL_SUFFIX
from leakgui.model.columns import Columns
from leakgui.model.snapshot import Gap, GapReason, Handles, Mappings, Snapshot, Threads
from leakgui.model.text_column import TextColumn
from leakgui.wire.frames import Frame, Header, broken

Table = TypeVar("Table", bound=Columns)
Array = npt.NDArray[np.uint8 | np.uint32 | np.int64 | np.uint64 | np.float64]

_DTYPES: Mapping[str, npt.DTypeLike] = {
    "u1": np.dtype("u1"),
    "u4": np.dtype("<u4"),
    "i8": np.dtype("<i8"),
    "u8": np.dtype("<u8"),
    "f8": np.dtype("<f8"),
}
_KIND_OF_COLUMN = {
    **dict.fromkeys(
        ("start", "end", "offset", "inode", "rss", "pss", "private_clean"), "u8"
    ),
    **dict.fromkeys(
        ("private_dirty", "shared_clean", "shared_dirty", "anonymous", "swap"), "u8"
    ),
    **dict.fromkeys(("number", "tid"), "i8"),
    **dict.fromkeys(("stack_used", "stack_limit", "first_seen_s"), "f8"),
}
"""What numbers a column must have; every other one is text."""


def unpack_snapshot(frame: Frame) -> Snapshot:
    """Return the snapshot that a frame holds; its columns lie in the payload.

    Number 0, no name, elapsed 0: the recording gives these.

    Raises:
        HelperFailed: the frame holds something else.
    """
    header = frame.header
    try:
        return Snapshot(
            number=0,
            name="",
            elapsed_s=0.0,
            taken_unix_s=_number(header.get("taken_unix_s")),
            counters=_counters(header),
            mappings=_unpack_table(frame, "mappings", Mappings),
            handles=_unpack_handles(frame),
            threads=_unpack_table(frame, "threads", Threads),
            gaps=unpack_gaps(header),
            cost_ms=_number(header.get("cost_ms")),
            facts=_facts(header),
        )
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        raise broken("a snapshot that is none") from error


def _unpack_handles(frame: Frame) -> Handles | None:
    columns = _columns(frame, "handles")
    if not columns:
        return None
    # The helper sees one moment; how long a handle is open, the recording knows.
    ages = np.full(len(columns["number"]), math.nan)
    return Handles(**columns, first_seen_s=ages)  # type: ignore[arg-type]  # checked by name in _column


def _unpack_table(frame: Frame, name: str, table: type[Table]) -> Table | None:
    columns = _columns(frame, name)
    known = {field.name for field in fields(table)}  # type: ignore[arg-type]  # tables are dataclasses
    if not columns:
        return None
    return table(**{key: column for key, column in columns.items() if key in known})


def _columns(frame: Frame, table: str) -> dict[str, Array | TextColumn]:
    """Return the columns of one table by field name; none where it was not read."""
    arrays = {}
    for place in frame.places:
        owner, _, field = place.name.partition(".")
        if owner == table:
            dtype = _DTYPES[place.dtype]
            arrays[field] = np.frombuffer(
                frame.payload, dtype, count=place.rows, offset=place.offset
            )
    names = [name for name in arrays if not name.endswith(POOL_SUFFIX)]
    return {name: _column(name, arrays) for name in names}


def _column(name: str, arrays: Mapping[str, Array]) -> Array | TextColumn:
    column = arrays[name]
    wanted = _KIND_OF_COLUMN.get(name, "u4")
    if column.dtype != _DTYPES[wanted]:
        message = f"{name} is {column.dtype}"
        raise ValueError(message)
    if wanted != "u4":
        return column
    return TextColumn(column.view(np.uint32), unpack_pool(arrays[name + POOL_SUFFIX]))


def unpack_pool(text: Array) -> tuple[str, ...]:
    """Return the texts of a pool; raises ``ValueError`` where it holds others."""
    if text.dtype != np.uint8:
        raise ValueError(str(text.dtype))
    pool: list[str] = []
    for line in text.tobytes().split(b"\n") if len(text) else ():
        pool += json.loads(line)
    if not all(type(entry) is str for entry in pool):
        message = "a pool of something else than texts"
        raise ValueError(message)
    return tuple(pool)


def _counters(header: Header) -> dict[str, float]:
    counters = header["counters"]
    if not isinstance(counters, dict):
        raise TypeError(type(counters))
    return {key: _number(value) for key, value in counters.items()}


def unpack_gaps(header: Header) -> tuple[Gap, ...]:
    """Return what is missing; raises ``ValueError`` and the like for other things."""
    gaps = header["gaps"]
    if not isinstance(gaps, list):
        raise TypeError(type(gaps))
    return tuple(
        Gap(where=str(where), reason=GapReason(reason), detail=str(detail))
        for where, reason, detail in gaps
    )


def _facts(header: Header) -> dict[str, str]:
    facts = header["facts"]
    if not isinstance(facts, dict):
        raise TypeError(type(facts))
    return {key: str(value) for key, value in facts.items()}


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(type(value))
    return float(value)
