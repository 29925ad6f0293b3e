"""From a received frame to a snapshot whose columns are NumPy arrays."""

from __future__ import annotations

import math
from typing import TypeVar

import numpy as np

from leakgui.model.columns import Columns
from leakgui.model.snapshot import Gap, GapReason, Handles, Mappings, Snapshot, Threads
from leakgui.wire.frames import Frame, Header, broken
from leakgui.wire.tables import has_table, unpack_numbers, unpack_table

Table = TypeVar("Table", bound=Columns)


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
    if not has_table(frame, "handles"):
        return None
    numbers = unpack_numbers(frame, "handles.number", "i8")
    # The helper sees one moment; how long a handle is open, the recording knows.
    ages = np.full(len(numbers), math.nan)
    return unpack_table(frame, "handles", Handles, first_seen_s=ages)


def _unpack_table(frame: Frame, name: str, table: type[Table]) -> Table | None:
    return unpack_table(frame, name, table) if has_table(frame, name) else None


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
