"""Frames: what is sent arrives, and nothing else is taken for a frame."""

from __future__ import annotations

import contextlib
import io
import json
import struct
import sys
from array import array

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leakgui.errors import HelperFailed
from leakgui.wire.frames import (
    MOST_HEADER_BYTES,
    MOST_PAYLOAD_BYTES,
    WIDTH_BY_DTYPE,
    Frame,
    read_frame,
    write_frame,
)


class OneByteAtATime(io.BytesIO):
    """A pipe at its worst."""

    def readinto(self, buffer):
        return super().readinto(memoryview(buffer)[:1])

    def write(self, data):
        return super().write(bytes(data)[:1])


def sent(header, columns=(), sink=None) -> bytes:
    sink = sink or io.BytesIO()
    write_frame(sink, header, columns)
    return sink.getvalue()


def framed(header: object, payload: bytes = b"", length: int | None = None) -> bytes:
    """Build a frame by hand, as the protocol's text says."""
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    length = len(payload) if length is None else length
    return struct.pack("<I", len(text)) + text + struct.pack("<Q", length) + payload


def column_of(frame: Frame, name: str) -> bytes:
    place = next(place for place in frame.places if place.name == name)
    width = WIDTH_BY_DTYPE[place.dtype]
    return bytes(frame.payload[place.offset : place.offset + place.rows * width])


def arrays(*entries: tuple[object, object, object]) -> dict[str, object]:
    return {"arrays": [{"name": n, "dtype": d, "rows": rows} for n, d, rows in entries]}


def test_the_layout_is_the_one_that_is_written_down():
    data = sent({"id": 7}, [("a", array("Q", [1])), ("b", b"xy")])
    header = (
        b'{"id": 7, "arrays": [{"name": "a", "dtype": "u8", "rows": 1}, '
        b'{"name": "b", "dtype": "u1", "rows": 2}]}'
    )
    assert data == (
        struct.pack("<I", len(header))
        + header
        + struct.pack("<Q", 10)
        + b"\x01\0\0\0\0\0\0\0xy"
    )


_COLUMN = st.one_of(
    st.binary(max_size=9),
    st.lists(st.integers(0, (1 << 64) - 1), max_size=5).map(lambda v: array("Q", v)),
    st.lists(st.integers(0, (1 << 32) - 1), max_size=5).map(lambda v: array("I", v)),
    st.lists(st.integers(-5, 5), max_size=5).map(lambda v: array("q", v)),
    st.lists(st.floats(), max_size=5).map(lambda v: array("d", v)),
)


@given(st.dictionaries(st.text(max_size=9), _COLUMN, max_size=6), st.booleans())
def test_what_is_sent_arrives_and_lies_where_its_width_allows(columns, is_slow):
    kind = OneByteAtATime if is_slow else io.BytesIO
    data = sent({"id": 1, "name": "\udcff"}, list(columns.items()), kind())
    frame = read_frame(kind(data))
    assert frame is not None
    assert frame.header["name"] == "\udcff"
    assert len(frame.places) == len(columns)
    for name, column in columns.items():
        raw = column if isinstance(column, bytes) else column.tobytes()
        assert column_of(frame, name) == raw
    for place in frame.places:
        assert place.offset % WIDTH_BY_DTYPE[place.dtype] == 0


def test_the_end_of_input_between_frames_is_no_error():
    source = io.BytesIO(sent({"id": 1}) + sent({"id": 2}))
    assert [read_frame(source).header["id"] for _ in range(2)] == [1, 2]
    assert read_frame(source) is None


def test_the_end_of_input_within_a_frame_is_one():
    whole = sent({"id": 1}, [("a", array("Q", [1, 2])), ("b", b"text")])
    for length in range(1, len(whole)):
        with pytest.raises(HelperFailed):
            read_frame(io.BytesIO(whole[:length]))


@pytest.mark.parametrize(
    "data",
    [
        struct.pack("<I", MOST_HEADER_BYTES + 1) + b"{}",
        struct.pack("<I", 0xFFFFFFFF),
        framed(b""),
        framed(b"[]"),
        framed(b"nonsense"),
        framed(b"\xff\xfe"),
        framed(b"[" * 100_000),
        framed(b'{"id": ' + b"9" * 5000 + b"}"),
        framed({}, length=MOST_PAYLOAD_BYTES + 1),
        framed({}, length=(1 << 64) - 1),
        framed(arrays(("a", "u8", 1 << 61)), length=8),
        framed({}, b"x"),
        framed({"arrays": {}}),
        framed({"arrays": None}),
        framed({"arrays": [7]}),
        framed({"arrays": [{}]}),
        framed(arrays(("a", "u8", 2)), b"x" * 8),
        framed(arrays(("a", "u8", 1)), b"x" * 16),
        framed(arrays(("a", "u8", -1), ("b", "u8", 1))),
        framed(arrays(("a", "u8", True)), b"x" * 8),
        framed(arrays(("a", "u8", 1.0)), b"x" * 8),
        framed(arrays(("a", "u8", "1")), b"x" * 8),
        framed(arrays(("a", "O", 1)), b"x" * 8),
        framed(arrays(("a", ["u8"], 1)), b"x" * 8),
        framed(arrays((7, "u8", 1)), b"x" * 8),
        framed(arrays(("a", "u1", 1), ("a", "u1", 1)), b"xx"),
    ],
)
def test_what_is_malformed_is_refused(data):
    with pytest.raises(HelperFailed):
        read_frame(io.BytesIO(data))


def test_a_wrong_length_is_refused_before_memory_is_taken_for_it():
    class Counting(io.BytesIO):
        most = 0

        def readinto(self, buffer):
            self.most = max(self.most, len(buffer))
            return super().readinto(buffer)

    source = Counting(framed({}, length=MOST_PAYLOAD_BYTES))
    with pytest.raises(HelperFailed):
        read_frame(source)
    assert source.most < 100


def test_a_frame_larger_than_memory_is_refused():
    data = framed(arrays(("a", "u1", 1 << 62)), length=1 << 62)
    with pytest.raises(HelperFailed, match="memory"):
        read_frame(io.BytesIO(data), most_payload=1 << 63)


def test_a_machine_of_the_other_byte_order_sends_the_same(monkeypatch):
    swapped = array("Q", [0x0102030405060708])
    here = sent({}, [("a", swapped), ("b", b"text")])
    monkeypatch.setattr(sys, "byteorder", "big")
    swapped.byteswap()  # as such a machine holds it
    assert sent({}, [("a", swapped), ("b", b"text")]) == here


def test_a_bound_of_the_receiver_holds():
    data = framed(arrays(("a", "u1", 1)), b"x")
    with pytest.raises(HelperFailed):
        read_frame(io.BytesIO(data), most_payload=0)


def test_a_header_that_nobody_would_take_is_not_sent():
    sink = io.BytesIO()
    with pytest.raises(HelperFailed):
        write_frame(sink, {"text": "x" * MOST_HEADER_BYTES})
    assert not sink.getvalue()


def test_a_sink_that_takes_nothing_is_a_broken_pipe():
    class Full(io.BytesIO):
        def write(self, data):
            return 0

    with pytest.raises(BrokenPipeError):
        write_frame(Full(), {"id": 1})


@given(st.binary(max_size=300))
def test_no_bytes_raise_anything_else(data):
    source = io.BytesIO(data)
    try:
        while read_frame(source) is not None:
            pass
    except HelperFailed:
        pass


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["id", "arrays", "name", "dtype", "rows", "verb"]), inner
        )
    ),
    max_leaves=12,
)


@given(_JSON, st.binary(max_size=20), st.integers(0, 1 << 64) | st.none())
def test_no_header_raises_anything_else(header, payload, length):
    length = length if length is None else min(length, (1 << 64) - 1)
    with contextlib.suppress(HelperFailed):
        read_frame(io.BytesIO(framed(header, payload, length)))
