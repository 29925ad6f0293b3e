"""A native heap as rows of a session, and back with every doubt."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, fields
from typing import Any, TypeVar, cast

import numpy as np

from leakgui.formatting import printable
from leakgui.model.columns import Columns
from leakgui.model.heap import (
    Arenas,
    BlockGroups,
    BlockState,
    BlockTotals,
    Composition,
    DestructorSuspects,
    Heap,
    Holders,
    IntrusiveBlocks,
    LeakTotals,
    Level,
    LostBlocks,
    PossibleBlocks,
    TypeKind,
)
from leakgui.model.snapshot import Gap, GapReason
from leakgui.model.text_column import TextColumn
from leakgui.session.columns import PackedColumn
from leakgui.session.tables import build_table, table_rows

PREFIX = "heap."
"""Sections of a heap: ``heap.groups``, ``heap.lost``, ..."""
TABLES: Mapping[str, type[Columns]] = {
    "groups": BlockGroups,
    "lost": LostBlocks,
    "possible": PossibleBlocks,
    "intrusive": IntrusiveBlocks,
    "arenas": Arenas,
    "holders": Holders,
    "suspects": DestructorSuspects,
    "composition": Composition,
}
SECTIONS = frozenset(PREFIX + name for name in TABLES)

_MOST_TEXT = 1 << 20
"""Facts of a heap longer than this are not ours."""
_END = (1 << 63) - 1
"""Nothing in a process has so many bytes, and sums stay below it too."""
_MAY_BE_NEGATIVE = frozenset({"possible.offset", "suspects.offset"})
_OF_EITHER_SIGN = frozenset({"composition.bytes"})
_WORDS = {
    "state": frozenset(state.value for state in BlockState),
    "type_kind": frozenset(kind.value for kind in TypeKind),
}
_PLAIN_FACTS = (
    *("allocator", "version", "level", "looks", "paused_ms", "copied_bytes"),
    *("resident_bytes", "walked_share", "is_complete", "notes"),
)

Totals = TypeVar("Totals", BlockTotals, LeakTotals)


def heap_text(heap: Heap) -> str:
    """Return everything but the tables as JSON."""
    facts = {name: getattr(heap, name) for name in _PLAIN_FACTS}
    totals = {"blocks": heap.blocks, "leaked": heap.leaked}
    return json.dumps(
        facts | {name: one and asdict(one) for name, one in totals.items()}
    )


def heap_column_rows(number: int, heap: Heap) -> Iterator[tuple[object, ...]]:
    """Return the rows of ``snapshot_column`` for each table of a heap."""
    for name in TABLES:
        yield from table_rows(number, PREFIX + name, getattr(heap, name))


def build_heap(
    text: object, columns: Mapping[str, Mapping[str, PackedColumn]], gaps: list[Gap]
) -> Heap | None:
    """Put a heap together; a part that is damaged is None and becomes a gap.

    Args:
        text: what ``heap_text`` wrote; None where the snapshot has no heap.
        columns: packed columns by section and name.
        gaps: takes what is damaged.
    """
    if text is None:
        return None
    try:
        facts = _read_facts(text)
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        gaps.append(_damaged("heap", error))
        return None
    tables: dict[str, Any] = {}
    for name, kind in TABLES.items():
        try:
            tables[name] = _build(name, kind, columns.get(PREFIX + name))
        except (ValueError, TypeError, RecursionError) as error:
            tables[name] = None
            gaps.append(_damaged(PREFIX + name, error))
    return Heap(**facts, **tables)


def read_lost_bytes(text: object) -> tuple[bool, float | None]:
    """Return whether there is a heap, and what nothing reaches in it, for a list."""
    if text is None:
        return False, None
    try:
        leaked = _read_facts(text)["leaked"]
    except (ValueError, TypeError, KeyError, RecursionError):
        return False, None
    return True, None if leaked is None else float(leaked.lost_bytes)


def _damaged(where: str, error: Exception) -> Gap:
    detail = printable(str(error), most=200)
    return Gap(where=where, reason=GapReason.UNPARSABLE, detail=detail)


# --- facts -----------------------------------------------------------------------


def _read_facts(text: object) -> dict[str, Any]:
    if not isinstance(text, str) or len(text) > _MOST_TEXT:
        message = "facts of a heap that are none"
        raise ValueError(message)
    found = json.loads(text)
    return {
        "allocator": _text(found["allocator"]),
        "version": _text(found["version"]),
        "level": Level(found["level"]),
        "looks": _whole(found["looks"]),
        "paused_ms": tuple(_number(one) for one in _list(found["paused_ms"])),
        "copied_bytes": _whole(found["copied_bytes"]),
        "resident_bytes": _whole(found["resident_bytes"]),
        "walked_share": min(_number(found["walked_share"]), 1.0),
        "is_complete": found["is_complete"] is True,
        "notes": tuple(_text(one) for one in _list(found["notes"])),
        "blocks": _totals(BlockTotals, found["blocks"]),
        "leaked": _totals(LeakTotals, found["leaked"]),
    }


def _totals(kind: type[Totals], found: object) -> Totals | None:
    if found is None:
        return None
    if not isinstance(found, dict):
        raise TypeError(type(found).__name__)
    return kind(**{entry.name: _whole(found[entry.name]) for entry in fields(kind)})


def _whole(value: object) -> int:
    if type(value) is not int or not 0 <= value < _END:
        message = f"{str(value)[:40]} is no number of things"
        raise ValueError(message)
    return value


def _number(value: object) -> float:
    if type(value) not in {int, float} or not 0 <= cast("float", value) < _END:
        message = f"{str(value)[:40]} is no amount"
        raise ValueError(message)
    return float(cast("float", value))


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(type(value).__name__)
    return value


def _list(value: object) -> list[object]:
    if not isinstance(value, list):
        raise TypeError(type(value).__name__)
    return value


# --- tables ----------------------------------------------------------------------


def _build(
    name: str, kind: type[Columns], packed: Mapping[str, PackedColumn] | None
) -> Columns | None:
    if packed is None:
        return None
    table = build_table(kind, packed)
    for entry in fields(kind):  # type: ignore[arg-type]  # subclasses are dataclasses
        _check(f"{name}.{entry.name}", getattr(table, entry.name))
    return table


def _check(place: str, column: Any) -> None:  # noqa: ANN401  # any kind of column
    """Refuse what the model excludes; raises ``ValueError``."""
    words = _WORDS.get(place.partition(".")[2])
    if isinstance(column, TextColumn):
        strangers = set(column.pool) - words if words else set()
        if strangers:
            message = f"{place} holds {str(min(strangers))[:40]!r}"
            raise ValueError(message)
    elif column.dtype == np.float64:
        _check_range(place, column, 0, 1)
    elif column.dtype == np.int64 and place not in _OF_EITHER_SIGN:
        _check_range(place, column, -1 if place in _MAY_BE_NEGATIVE else 0, _END)
    elif column.dtype == np.uint64 and not place.endswith(".address"):
        _check_range(place, column, 0, _END)


def _check_range(place: str, column: Any, least: int, most: int) -> None:  # noqa: ANN401  # any kind of numbers
    """Refuse what is beyond, NaN too, and what no longer adds up in 63 bits."""
    if len(column) == 0:
        return
    is_within = least <= column.min().item() and column.max().item() <= most
    if not is_within or column.sum(dtype=np.float64) >= _END:
        message = f"{place} holds numbers that cannot be"
        raise ValueError(message)
