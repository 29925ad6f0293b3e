"""Tables in frames: as the dataclass declares them, or not at all."""

from __future__ import annotations

import io
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leakgui.model.columns import F64, I64, U64, Columns
from leakgui.model.text_column import TextColumn
from leakgui.wire.frames import Frame, Sent, read_frame, write_frame
from leakgui.wire.tables import has_table, pack_table, unpack_numbers, unpack_table


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Things(Columns):
    size: U64
    change: I64
    share: F64
    name: TextColumn
    extra: U64 | None = None


def things(names: list[str], extra: bool = False) -> Things:
    rows = len(names)
    return Things(
        size=np.arange(rows, dtype=np.uint64) + np.uint64((1 << 64) - rows - 1),
        change=-np.arange(rows, dtype=np.int64),
        share=np.full(rows, np.nan),
        name=TextColumn.of(names),
        extra=np.ones(rows, np.uint64) if extra else None,
    )


def across(columns: list[tuple[str, Sent]]) -> Frame:
    pipe = io.BytesIO()
    write_frame(pipe, {}, columns)
    frame = read_frame(io.BytesIO(pipe.getvalue()))
    assert frame is not None
    return frame


@given(st.lists(st.text(st.characters(), max_size=5), max_size=20), st.booleans())
def test_a_table_arrives_as_it_was(names, extra):
    sent = things(names, extra)
    got = unpack_table(across(pack_table("things", sent)), "things", Things)
    assert got.size.tolist() == sent.size.tolist()
    assert got.change.tolist() == sent.change.tolist()
    assert np.isnan(got.share).all()
    assert got.name.as_list() == names
    assert (got.extra is None) == (not extra)


def test_columns_that_are_cut_from_others_are_sent_whole():
    base = np.arange(20, dtype=np.uint64)
    table = Things(
        size=base[::2], change=base[:10].astype(np.int64), share=np.zeros(10),
        name=TextColumn.of(["a"] * 10),
    )  # fmt: skip
    got = unpack_table(across(pack_table("t", table)), "t", Things)
    assert got.size.tolist() == base[::2].tolist()


def test_whether_a_table_is_there():
    frame = across(pack_table("t", things([])))
    assert has_table(frame, "t")
    assert not has_table(frame, "s")
    assert not has_table(frame, "")


def changed(name: str, column: Sent | None) -> Frame:
    columns = dict(pack_table("t", things(["a", "b"])))
    if column is None:
        del columns[name]
    else:
        columns[name] = column
    return across(list(columns.items()))


@pytest.mark.parametrize(
    ("name", "column"),
    [
        ("t.size", None),
        ("t.name", None),
        ("t.name.pool", None),
        ("t.size", b"12"),
        ("t.share", b"1234567812345678"),
        ("t.name", b"12"),
        ("t.name.pool", b"["),
        ("t.name.pool", b"[7]"),
        ("t.name.pool", b'["only one"]'),
        ("t.extra", b"12"),
    ],
)
def test_what_is_declared_otherwise_is_refused(name, column):
    with pytest.raises((KeyError, TypeError, ValueError)):
        unpack_table(changed(name, column), "t", Things)


def test_columns_of_other_lengths_are_refused():
    columns = pack_table("t", things(["a", "b"]))
    longer = dict(pack_table("t", things(["a", "b", "c"])))
    columns = [(n, longer[n] if n == "t.size" else c) for n, c in columns]
    with pytest.raises(ValueError, match="rows"):
        unpack_table(across(columns), "t", Things)


def test_one_column_alone():
    frame = across(pack_table("t", things(["a"])))
    assert unpack_numbers(frame, "t.change", "i8").tolist() == [0]
    with pytest.raises(KeyError):
        unpack_numbers(frame, "t.nothing", "i8")
    with pytest.raises(TypeError):
        unpack_numbers(frame, "t.change", "u8")
