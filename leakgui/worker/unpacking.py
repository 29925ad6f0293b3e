"""From JSON and columns back to a dataclass of the model, as its fields declare it.

The other side has read memory that somebody may have prepared, so nothing is taken
that the declared types don't allow.
"""

from __future__ import annotations

import math
from dataclasses import fields, is_dataclass
from enum import Enum
from types import NoneType
from typing import TypeVar, cast, get_args, get_origin, get_type_hints

from leakgui.model.columns import Columns
from leakgui.model.heap import BlockState, Heap, TypeKind
from leakgui.wire.frames import Frame, broken
from leakgui.wire.tables import unpack_table

Found = TypeVar("Found")

_LARGEST = 1 << 64


def unpack(frame: Frame, name: str, kind: type[Found]) -> Found:
    """Return what the header has under a name, with the tables of the frame.

    ``kind`` is what ``leakgui.worker.packing.pack`` was given: a dataclass.

    Raises:
        HelperFailed: it is not of this kind, or not wholly.
    """
    try:
        value = _unpack(frame, frame.header[name], kind, "")
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        raise broken(f"a {name} that is none") from error
    return cast("Found", value)


def _unpack(frame: Frame, value: object, kind: object, place: str) -> object:
    """Return a value of a declared type, for example ``tuple[str, ...]``."""
    options = get_args(kind)
    if NoneType in options:
        if value is None:
            return None
        (kind,) = (option for option in options if option is not NoneType)
        return _unpack(frame, value, kind, place)
    if get_origin(kind) is tuple:
        entries = _expect(value, list)
        return tuple(_unpack(frame, entry, options[0], place) for entry in entries)
    if isinstance(kind, type) and issubclass(kind, Columns):
        return _unpack_table(frame, value, kind, place)
    if is_dataclass(kind) and isinstance(kind, type):
        return _unpack_fields(frame, _expect(value, dict), kind, place)
    return _unpack_plain(value, kind)


def _unpack_table(
    frame: Frame, value: object, kind: type[Columns], place: str
) -> Columns:
    if value is not True:
        raise TypeError(place)
    return unpack_table(frame, place, kind)


def _unpack_fields(
    frame: Frame, values: dict[str, object], kind: type, place: str
) -> object:
    hints = get_type_hints(kind)
    found = {}
    for field in fields(kind):
        inside = f"{place}.{field.name}" if place else field.name
        found[field.name] = _unpack(
            frame, values[field.name], hints[field.name], inside
        )
    return kind(**found)


def _unpack_plain(value: object, kind: object) -> object:
    if kind is float:
        return _unpack_float(value)
    if kind is bytes:
        return bytes.fromhex(_expect(value, str))
    if kind is int:
        number = _expect(value, int)
        if not -_LARGEST < number < _LARGEST:
            raise ValueError(number)
        return number
    if isinstance(kind, type) and issubclass(kind, Enum):
        return kind(value)
    if kind is bool or kind is str:
        return _expect(value, kind)
    raise TypeError(kind)


def _unpack_float(value: object) -> float:
    if value is None:
        return math.nan
    if type(value) is not int and type(value) is not float:
        raise TypeError(type(value))
    return float(value)


def _expect(value: object, kind: type[Found]) -> Found:
    """Return a value of exactly this type: True is an int, and no number."""
    if type(value) is not kind:
        raise TypeError(type(value))
    return value


def unpack_heap(frame: Frame) -> Heap:
    """Return the heap in the worker's answer; raises ``HelperFailed`` for others.

    States and kinds are checked here: whoever shows them looks them up.
    """
    heap = unpack(frame, "heap", Heap)
    groups, lost = heap.groups, heap.lost
    words = [] if groups is None else [*groups.type_kind.pool]
    words += [] if lost is None else [*lost.type_kind.pool]
    states = [] if groups is None else [*groups.state.pool]
    if not ({*words} <= {*TypeKind} and {*states} <= {*BlockState}):
        raise broken("a heap with unknown words")
    return heap
