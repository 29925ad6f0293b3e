"""Tables of columns in frames, with NumPy on the side that receives them.

A table is a dataclass of the kind ``leakgui.model.columns.Columns``. Its fields say
what numbers each column must have; what comes is not trusted to know it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from types import NoneType
from typing import Any, TypeVar, get_args, get_type_hints

import numpy as np
import numpy.typing as npt

from leakgui.model.columns import F64, I64, U64, Columns
from leakgui.model.text_column import TextColumn
from leakgui.wire.frames import Frame, Sent, Typed
from leakgui.wire.pools import POOL_SUFFIX, pack_pool, unpack_pool

Table = TypeVar("Table", bound=Columns)
Array = npt.NDArray[Any]

_DTYPES: Mapping[str, npt.DTypeLike] = {
    "u1": np.dtype("u1"),
    "u4": np.dtype("<u4"),
    "i8": np.dtype("<i8"),
    "u8": np.dtype("<u8"),
    "f8": np.dtype("<f8"),
}
_DTYPE_OF_HINT: Mapping[object, str] = {
    U64: "u8", I64: "i8", F64: "f8", TextColumn: "u4",
}  # fmt: skip


def pack_table(name: str, table: Columns) -> list[tuple[str, Sent]]:
    """Return the columns ``name.field`` of a table; absent ones are left out."""
    packed: list[tuple[str, Sent]] = []
    for field, (dtype, _) in _kinds(type(table)).items():
        column = getattr(table, field)
        if column is None:
            continue
        place = f"{name}.{field}"
        if isinstance(column, TextColumn):
            packed.append((place + POOL_SUFFIX, pack_pool(column.pool)))
            column = column.codes
        packed.append((place, _pack_numbers(column, dtype)))
    return packed


def _pack_numbers(column: Array, dtype: str) -> Typed:
    return Typed(dtype, np.ascontiguousarray(column, _DTYPES[dtype]).view("u1").data)


def unpack_table(frame: Frame, name: str, table: type[Table], **others: Array) -> Table:
    """Return a table whose columns lie in the frame.

    Args:
        frame: what was received.
        name: of the table.
        table: what it should be.
        **others: columns that don't travel.

    Raises:
        KeyError: a column is missing.
        TypeError: it has other numbers.
        ValueError: the columns differ in length, or a text has no place in its pool.
    """
    sent = {place.name for place in frame.places}
    found: dict[str, Array | TextColumn] = {}
    for field, (dtype, may_miss) in _kinds(table).items():
        place = f"{name}.{field}"
        if field not in others and (place in sent or not may_miss):
            found[field] = _unpack_column(frame, place, dtype)
    return table(**found, **others)


def has_table(frame: Frame, name: str) -> bool:
    """Return whether a frame has any column of a table."""
    return any(place.name.startswith(f"{name}.") for place in frame.places)


def unpack_numbers(frame: Frame, name: str, dtype: str) -> Array:
    """Return one column; raises ``KeyError``, or ``TypeError`` for other numbers."""
    for place in frame.places:
        if place.name == name:
            if place.dtype != dtype:
                message = f"{name} is {place.dtype}"
                raise TypeError(message)
            return np.frombuffer(
                frame.payload, _DTYPES[dtype], count=place.rows, offset=place.offset
            )
    raise KeyError(name)


def _unpack_column(frame: Frame, name: str, dtype: str) -> Array | TextColumn:
    numbers = unpack_numbers(frame, name, dtype)
    if dtype != "u4":
        return numbers
    pool = unpack_pool(unpack_numbers(frame, name + POOL_SUFFIX, "u1").tobytes())
    return TextColumn(numbers.view(np.uint32), pool)


def _kinds(table: type[Columns]) -> dict[str, tuple[str, bool]]:
    """Return for each field what numbers it has, and whether it may be absent."""
    hints = get_type_hints(table)
    kinds = {}
    for field in fields(table):  # type: ignore[arg-type]  # subclasses are dataclasses
        hint = hints[field.name]
        may_miss = NoneType in get_args(hint)
        if may_miss:
            (hint,) = (part for part in get_args(hint) if part is not NoneType)
        kinds[field.name] = (_DTYPE_OF_HINT[hint], may_miss)
    return kinds
