"""A snapshot as rows of a session, and back."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from typing import Any, cast

from leakgui.formatting import printable
from leakgui.model.columns import Columns
from leakgui.model.snapshot import (
    Gap,
    GapReason,
    Handles,
    Mappings,
    Snapshot,
    SnapshotHeading,
    Threads,
)
from leakgui.session.columns import PackedColumn
from leakgui.session.doubtful import (
    duration_ms,
    is_number,
    moment_s,
    wall_clock_s,
    whole,
)
from leakgui.session.heap_rows import SECTIONS as HEAP_SECTIONS
from leakgui.session.heap_rows import build_heap, heap_column_rows, read_lost_bytes
from leakgui.session.tables import build_table, table_rows

TABLES: Mapping[str, type[Columns]] = {
    "mappings": Mappings,
    "handles": Handles,
    "threads": Threads,
}
SECTIONS = HEAP_SECTIONS | TABLES.keys()
"""Values of ``snapshot_column.section``."""
HEADING_COLUMNS = (
    "number, name, elapsed_ms, taken_unix_s, was_stopped, paused_ms, cost_ms, note,"
    " counters, gaps, facts"
)


def clean(text: str) -> str:
    r"""Make a text fit for SQLite: bytes that are no Unicode become ``\udc80``."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def heading_row(snapshot: Snapshot) -> tuple[object, ...]:
    """Return the values of ``HEADING_COLUMNS``."""
    gaps = [(gap.where, gap.reason.value, gap.detail) for gap in snapshot.gaps]
    counters = {k: v for k, v in snapshot.counters.items() if math.isfinite(v)}
    return (
        snapshot.number,
        clean(snapshot.name),
        round(snapshot.elapsed_s * 1000),
        snapshot.taken_unix_s,
        int(snapshot.was_stopped),
        snapshot.paused_ms,
        snapshot.cost_ms,
        clean(snapshot.note),
        json.dumps(counters),
        json.dumps(gaps),
        json.dumps(dict(snapshot.facts)),
    )


def column_rows(snapshot: Snapshot) -> Iterator[tuple[object, ...]]:
    """Return number, section, name, dtype, rows, data and pool of each column."""
    for section in TABLES:
        yield from table_rows(snapshot.number, section, getattr(snapshot, section))
    if snapshot.heap is not None:
        yield from heap_column_rows(snapshot.number, snapshot.heap)


def read_counters(text: object) -> dict[str, float]:
    """Return the finite numbers of a JSON object, and nothing else."""
    found = _read_json(text, dict)
    return {str(key): float(value) for key, value in found.items() if is_number(value)}


def read_heading(row: tuple[Any, ...], heap: object) -> SnapshotHeading | None:
    """Return one line for a list; None where it has no number or no time.

    Args:
        row: values of ``HEADING_COLUMNS``.
        heap: the facts of its heap as JSON; None where it has none.
    """
    try:
        counters = read_counters(row[8])
        has_heap, lost_bytes = read_lost_bytes(heap)
        return SnapshotHeading(
            number=whole(row[0]),
            name=str(row[1]),
            elapsed_s=moment_s(row[2]),
            taken_unix_s=wall_clock_s(row[3]),
            rss_bytes=counters.get("rss_bytes"),
            handles=counters.get("handles"),
            threads=counters.get("threads"),
            note=str(row[7]),
            has_heap=has_heap,
            lost_bytes=lost_bytes,
        )
    except (ValueError, TypeError):
        return None


def build_snapshot(
    heading: tuple[Any, ...],
    columns: Mapping[str, Mapping[str, PackedColumn]],
    heap: object = None,
    lost: str = "",
) -> Snapshot:
    """Put a snapshot together; a part that is damaged becomes a gap.

    Args:
        heading: values of ``HEADING_COLUMNS``.
        columns: packed columns by section and name.
        heap: the facts of its heap as JSON; None where it has none.
        lost: why columns may be missing that were there; empty where none are.
    """
    gaps = [*_read_gaps(heading[9])]
    tables: dict[str, Columns | None] = {}
    for section, kind in TABLES.items():
        packed = columns.get(section)
        try:
            tables[section] = None if packed is None else build_table(kind, packed)
            if packed is None and lost:
                gaps.append(_damaged(section, lost))
        except (ValueError, TypeError, RecursionError) as error:
            tables[section] = None
            gaps.append(_damaged(section, str(error)))
    built_heap = build_heap(heap, columns, gaps)
    return Snapshot(
        number=whole(heading[0]),
        name=str(heading[1]),
        elapsed_s=moment_s(heading[2]),
        taken_unix_s=wall_clock_s(heading[3]),
        counters=read_counters(heading[8]),
        mappings=cast("Mappings | None", tables["mappings"]),
        handles=cast("Handles | None", tables["handles"]),
        threads=cast("Threads | None", tables["threads"]),
        gaps=tuple(gaps),
        was_stopped=bool(heading[4]),
        paused_ms=duration_ms(heading[5]),
        cost_ms=duration_ms(heading[6]),
        note=str(heading[7]),
        facts={str(k): str(v) for k, v in _read_json(heading[10], dict).items()},
        heap=built_heap,
    )


def _damaged(section: str, detail: str) -> Gap:
    return Gap(
        where=section,
        reason=GapReason.UNPARSABLE,
        detail=printable(detail, most=200),
    )


def _read_gaps(text: object) -> Iterator[Gap]:
    for row in _read_json(text, list):
        try:
            where, reason, detail = row
            yield Gap(where=str(where), reason=GapReason(reason), detail=str(detail))
        except (ValueError, TypeError):
            continue


def _read_json(text: object, kind: type) -> Any:  # noqa: ANN401  # JSON is anything
    """Return what the text holds if it is of this kind, else an empty one."""
    try:
        found = json.loads(str(text))
    except (ValueError, RecursionError):
        return kind()
    return found if isinstance(found, kind) else kind()
