"""What was found, over the wire: the same on the other side, or refused."""

from __future__ import annotations

import copy
import math
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import fields, is_dataclass, replace
from enum import Enum
from types import NoneType
from typing import get_args, get_origin, get_type_hints

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leakgui.errors import HelperFailed
from leakgui.model.block import BlockDetail
from leakgui.model.columns import F64, I64, U64, Columns
from leakgui.model.heap import BlockState, Heap, TypeKind
from leakgui.model.text_column import TextColumn
from leakgui.wire.frames import WIDTH_BY_DTYPE, Frame
from leakgui.worker.packing import pack
from leakgui.worker.unpacking import unpack, unpack_heap
from tests.unit.worker.parcels import across

WORDS = {"state": BlockState, "type_kind": TypeKind}
TEXTS = st.text(st.characters(), max_size=6)


def tables(kind: type[Columns]) -> st.SearchStrategy:
    hints = get_type_hints(kind)

    @st.composite
    def build(draw):
        rows = draw(st.integers(0, 4))

        def column(name: str, hint: object):
            if hint is TextColumn:
                known = WORDS.get(name)
                texts = st.sampled_from([*known]).map(str) if known else TEXTS
                chosen = st.lists(texts, min_size=rows, max_size=rows)
                return TextColumn.of(draw(chosen))
            dtype = {U64: np.uint64, I64: np.int64, F64: np.float64}[hint]
            numbers = {
                np.uint64: st.integers(0, (1 << 64) - 1),
                np.int64: st.integers(-(1 << 63), (1 << 63) - 1),
                np.float64: st.floats(),
            }[dtype]
            return np.array(
                draw(st.lists(numbers, min_size=rows, max_size=rows)), dtype
            )

        return kind(**{f.name: column(f.name, hints[f.name]) for f in fields(kind)})

    return build()


def values(kind: object) -> st.SearchStrategy:
    """Anything that a field of this declared type may hold."""
    options = get_args(kind)
    if NoneType in options:
        (inner,) = (option for option in options if option is not NoneType)
        return st.none() | values(inner)
    if get_origin(kind) is tuple:
        return st.lists(values(options[0]), max_size=3).map(tuple)
    if isinstance(kind, type) and issubclass(kind, Columns):
        return tables(kind)
    if is_dataclass(kind):
        hints = get_type_hints(kind)
        return st.builds(kind, **{f.name: values(hints[f.name]) for f in fields(kind)})
    if isinstance(kind, type) and issubclass(kind, Enum):
        return st.sampled_from([*kind])
    return {
        int: st.integers(-(1 << 63), (1 << 64) - 1),
        float: st.floats(allow_infinity=False),
        bool: st.booleans(),
        str: TEXTS,
        bytes: st.binary(max_size=20),
    }[kind]


def sent(name: str, value: object) -> Frame:
    packed, columns = pack(value)
    return across({name: packed}, columns)


def plain(value: object) -> object:
    """A value that can be compared, whatever it is made of."""
    if isinstance(value, TextColumn):
        return value.as_list()
    if isinstance(value, np.ndarray):
        return value.tobytes()
    if is_dataclass(value):
        return {f.name: plain(getattr(value, f.name)) for f in fields(value)}
    if isinstance(value, tuple):
        return [plain(entry) for entry in value]
    if isinstance(value, float) and math.isnan(value):
        return "unknown"
    return value


@given(values(Heap))
def test_any_heap_arrives_as_it_was(heap):
    assert plain(unpack_heap(sent("heap", heap))) == plain(heap)


@given(values(BlockDetail))
def test_any_block_arrives_as_it_was(block):
    assert unpack(sent("block", block), "block", BlockDetail) == block


def a_heap() -> Heap:
    """One with something in every field, the same each time."""
    return _fill(Heap)


def _fill(kind: object) -> object:
    options = get_args(kind)
    if NoneType in options:
        return _fill(next(option for option in options if option is not NoneType))
    if get_origin(kind) is tuple:
        return (_fill(options[0]),)
    if kind is TextColumn:
        return TextColumn.of(["text"])
    if is_dataclass(kind):
        hints = get_type_hints(kind)
        return kind(
            **{
                f.name: TextColumn.of([str(*[*WORDS[f.name]][:1])])
                if hints[f.name] is TextColumn and f.name in WORDS
                else _fill(hints[f.name])
                for f in fields(kind)
            }
        )
    if isinstance(kind, type) and issubclass(kind, Enum):
        return next(iter(kind))
    made = {U64: np.uint64, I64: np.int64, F64: np.float64}.get(kind)
    return np.ones(1, made) if made else kind(1) if kind is not bytes else b"x"


def test_what_is_absent_stays_absent():
    heap = replace(a_heap(), lost=None, blocks=None, notes=())
    got = unpack_heap(sent("heap", heap))
    assert (got.lost, got.blocks, got.notes) == (None, None, ())


def test_columns_cannot_be_written():
    got = unpack_heap(sent("heap", a_heap()))
    assert got.groups is not None
    assert not got.groups.count.flags.writeable


def _places(value: object, path: tuple[object, ...] = ()) -> Iterator[tuple]:
    """Every place in a JSON value."""
    yield path
    entries = (
        value.items()
        if isinstance(value, dict)
        else enumerate(value)
        if isinstance(value, list)
        else ()
    )
    for key, inner in entries:
        yield from _places(inner, (*path, key))


_PACKED, _COLUMNS = pack(a_heap())
_WRONG = [None, True, False, -1, 1 << 64, 0.5, "x", [], [[]], {}, {"a": 1}, "inf"]


@given(st.sampled_from([*_places(_PACKED)]), st.sampled_from(_WRONG))
def test_a_header_of_another_shape_is_taken_or_refused(path, wrong):
    holder = {"heap": copy.deepcopy(_PACKED)}
    *above, last = ("heap", *path)
    inner = holder
    for key in above:
        inner = inner[key]
    inner[last] = wrong
    with suppress(HelperFailed):
        got = unpack_heap(across(holder, _COLUMNS))
        # What was taken has the declared types all the way down.
        pack(got)


@pytest.mark.parametrize("path", [p for p in _places(_PACKED) if p])
def test_a_header_that_lacks_something_is_refused(path):
    holder = copy.deepcopy(_PACKED)
    *above, last = path
    inner = holder
    for key in above:
        inner = inner[key]
    if isinstance(inner, list):
        return
    del inner[last]
    with pytest.raises(HelperFailed):
        unpack_heap(across({"heap": holder}, _COLUMNS))


@pytest.mark.parametrize("name", [name for name, _ in _COLUMNS])
def test_a_column_that_is_missing_or_of_another_kind_is_refused(name):
    without = [(n, c) for n, c in _COLUMNS if n != name]
    for columns in (without, [*without, (name, b"1")]):
        with pytest.raises(HelperFailed):
            unpack_heap(across({"heap": _PACKED}, columns))


@given(st.data())
def test_damaged_bytes_of_columns_are_taken_or_refused(data):
    frame = across({"heap": _PACKED}, _COLUMNS)
    place = data.draw(st.sampled_from(frame.places))
    size = place.rows * WIDTH_BY_DTYPE[place.dtype]
    at = place.offset + data.draw(st.integers(0, size - 1))
    frame.payload[at] = data.draw(st.integers(0, 255))
    with suppress(HelperFailed):
        unpack_heap(frame)


@pytest.mark.parametrize(
    ("table", "field"),
    [("groups", "state"), ("groups", "type_kind"), ("lost", "type_kind")],
)
def test_words_that_nobody_knows_are_refused(table, field):
    heap = a_heap()
    changed = replace(getattr(heap, table), **{field: TextColumn.of(["weather"])})
    with pytest.raises(HelperFailed):
        unpack_heap(sent("heap", replace(heap, **{table: changed})))


def test_a_heap_in_place_of_a_block_is_refused():
    with pytest.raises(HelperFailed):
        unpack(sent("block", a_heap()), "block", BlockDetail)
    with pytest.raises(HelperFailed):
        unpack(across({}, []), "block", BlockDetail)


def test_numbers_of_numpy_are_numbers():
    for number in (np.int64(-1), np.uint64(1 << 63), np.float64(0.5), np.bool_(True)):
        assert pack(number) == (number.item(), [])


def test_what_is_no_part_of_the_model_is_not_sent():
    for foreign in ([1], {"a": 1}, object(), 1j):
        with pytest.raises(TypeError):
            pack(foreign)
