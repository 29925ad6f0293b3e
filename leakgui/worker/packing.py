"""What was found as JSON and columns: any dataclass of the model, field by field.

Tables go into columns named after where they are (``groups.count``) and leave
``true`` in the header; everything else is in the header.
"""

from __future__ import annotations

import math
from dataclasses import fields, is_dataclass
from enum import Enum
from typing import TypeAlias, cast

import numpy as np

from leakgui.model.columns import Columns
from leakgui.wire.frames import Sent
from leakgui.wire.tables import pack_table

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"
Packed = tuple[Json, list[tuple[str, Sent]]]


def pack(value: object) -> Packed:
    """Return a value for the header, and the columns of the tables in it.

    Raises:
        TypeError: it is none of a dataclass, a table, a tuple, bytes, an
            enumeration, a text or a number.
    """
    columns: list[tuple[str, Sent]] = []
    return _pack(value, "", columns), columns


def _pack(value: object, place: str, columns: list[tuple[str, Sent]]) -> Json:
    if isinstance(value, Columns):
        columns += pack_table(place, value)
        return True
    if is_dataclass(value):
        return {
            field.name: _pack(
                getattr(value, field.name), _inside(place, field.name), columns
            )
            for field in fields(value)
        }
    if isinstance(value, tuple):
        return [_pack(entry, place, columns) for entry in value]
    return _pack_plain(value)


def _pack_plain(value: object) -> Json:
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, Enum):
        return _pack_plain(value.value)
    if isinstance(value, np.integer | np.bool_):
        return cast("int | bool", value.item())
    if isinstance(value, float):
        # JSON has no NaN, and NaN means unknown.
        return float(value) if math.isfinite(value) else None
    if value is None or isinstance(value, bool | int | str):
        return value
    raise TypeError(type(value))


def _inside(place: str, name: str) -> str:
    return f"{place}.{name}" if place else name
