"""Frames: what leakgui's processes say to each other.

A frame is a header's length (u32), a JSON header, a payload's length (u64) and the
payload; numbers are little-endian. The header names what is in the payload under
``arrays``: name, dtype and rows of each column, in the order in which their bytes
follow one another. Both ends check everything before they use it, and nothing is
unpickled.
"""

from __future__ import annotations

import json
import struct
import sys
from array import array
from collections.abc import Sequence
from typing import NamedTuple, Protocol, TypeAlias

from leakgui.errors import HelperFailed
from leakgui.texts import say

MOST_HEADER_BYTES = 1 << 20
MOST_PAYLOAD_BYTES = 4 << 30

WIDTH_BY_DTYPE = {"u1": 1, "u4": 4, "i8": 8, "u8": 8, "f8": 8}
"""What a column may be; ``u1`` is a text's bytes."""
DTYPE_BY_CODE = {"B": "u1", "I": "u4", "q": "i8", "Q": "u8", "d": "f8"}
"""The type codes of ``array`` and what they are called in a frame."""

Header = dict[str, object]
"""JSON values by name."""


class Typed(NamedTuple):
    """Little-endian numbers of any origin, an array of NumPy for example."""

    dtype: str
    """One of ``WIDTH_BY_DTYPE``."""
    data: memoryview
    """Their bytes."""


Sent: TypeAlias = "array[int] | array[float] | bytes | Typed"


class Source(Protocol):
    """Where frames come from: an unbuffered file, a pipe, ``io.BytesIO``."""

    def readinto(self, buffer: memoryview, /) -> int | None:
        """Fill a part of the buffer; 0 at the end."""


class Sink(Protocol):
    """Where frames go to."""

    def write(self, data: memoryview, /) -> int | None:
        """Take a part of the data."""


class Place(NamedTuple):
    """Where one column lies in a payload."""

    name: str
    dtype: str
    rows: int
    offset: int


class Frame(NamedTuple):
    """What was received."""

    header: Header
    places: tuple[Place, ...]
    payload: bytearray


def write_frame(
    sink: Sink, header: Header, columns: Sequence[tuple[str, Sent]] = ()
) -> None:
    """Send one frame.

    Columns with the widest numbers go first, so that each begins at an address that
    is a multiple of its width and can be used where it lies.

    Raises:
        HelperFailed: the header has more than ``MOST_HEADER_BYTES``.
        OSError: the other end is gone.
    """
    ordered = sorted(columns, key=lambda column: -_width(column[1]))
    arrays = [
        {"name": name, "dtype": _dtype(column), "rows": _rows(column)}
        for name, column in ordered
    ]
    _write(sink, header, arrays, [_little_endian(column) for _, column in ordered])


def forward_frame(sink: Sink, header: Header, frame: Frame) -> None:
    """Send the columns of a frame that was received, unread, under another header.

    Raises what ``write_frame`` raises.
    """
    arrays = [
        {"name": place.name, "dtype": place.dtype, "rows": place.rows}
        for place in frame.places
    ]
    _write(sink, header, arrays, [memoryview(frame.payload)])


def _write(
    sink: Sink,
    header: Header,
    arrays: list[dict[str, object]],
    pieces: list[memoryview],
) -> None:
    text = json.dumps({**header, "arrays": arrays}, allow_nan=False).encode("ascii")
    if len(text) > MOST_HEADER_BYTES:
        raise HelperFailed(say("An answer has too long a header."))
    length = struct.pack("<Q", sum(len(piece) for piece in pieces))
    write_all(sink, struct.pack("<I", len(text)) + text + length)
    for piece in pieces:
        write_all(sink, piece)


def read_frame(source: Source, most_payload: int = MOST_PAYLOAD_BYTES) -> Frame | None:
    """Wait for one frame and return it, or None at the end of input.

    Raises:
        HelperFailed: the input ends within a frame, a length is beyond its bound, the
            header is no JSON object, or its columns do not fill the payload.
    """
    start = _read_up_to(source, 4)
    if not start:
        return None
    _demand(len(start) == 4, "end of input within a frame")
    (header_length,) = struct.unpack("<I", start)
    _demand(header_length <= MOST_HEADER_BYTES, "header too long")
    header = _parse_header(_read(source, header_length))
    (length,) = struct.unpack("<Q", _read(source, 8))
    _demand(length <= most_payload, "payload too long")
    # Before the first byte of it: a wrong length must not cost any memory.
    places = _find_places(header, length)
    return Frame(header, places, _read(source, length))


def _parse_header(text: bytearray) -> Header:
    try:
        header = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise broken("header is no JSON") from error
    _demand(isinstance(header, dict), "header is no object")
    return header  # type: ignore[no-any-return]  # demanded just above


def _find_places(header: Header, length: int) -> tuple[Place, ...]:
    arrays = header.get("arrays", [])
    if not isinstance(arrays, list):
        raise broken("arrays is no list")
    places, offset = [], 0
    for entry in arrays:
        place = _find_place(entry, offset)
        places.append(place)
        offset += place.rows * WIDTH_BY_DTYPE[place.dtype]
        _demand(offset <= length, "columns longer than the payload")
    _demand(offset == length, "columns shorter than the payload")
    _demand(len({place.name for place in places}) == len(places), "a column twice")
    return tuple(places)


def _find_place(entry: object, offset: int) -> Place:
    if not isinstance(entry, dict):
        raise broken("column is no object")
    name, dtype, rows = entry.get("name"), entry.get("dtype"), entry.get("rows")
    if not isinstance(name, str) or not isinstance(dtype, str):
        raise broken("column without name or dtype")
    _demand(dtype in WIDTH_BY_DTYPE, "dtype that is not allowed")
    if type(rows) is not int or rows < 0:
        raise broken("rows is no count")
    return Place(name, dtype, rows, offset)


def broken(what: str) -> HelperFailed:
    """Return the error for input that does not keep to the protocol."""
    return HelperFailed(
        say("Two parts of leakgui do not understand each other: {what}.", what=what)
    )


def _demand(is_so: bool, what: str) -> None:  # noqa: FBT001  # reads as a sentence
    if not is_so:
        raise broken(what)


def _read(source: Source, length: int) -> bytearray:
    read = _read_up_to(source, length)
    _demand(len(read) == length, "end of input within a frame")
    return read


def _read_up_to(source: Source, length: int) -> bytearray:
    """Return so many bytes, or fewer where the input ends."""
    try:
        buffer = bytearray(length)
    except MemoryError as error:
        raise broken("frame larger than memory") from error
    filled = 0
    with memoryview(buffer) as view:
        while filled < length and (count := source.readinto(view[filled:])):
            filled += count
    return buffer if filled == length else buffer[:filled]


def write_all(sink: Sink, data: bytes | memoryview) -> None:
    """Write until nothing is left; raises ``OSError`` where the other end is gone."""
    view, written = memoryview(data), 0
    while written < len(view):
        taken = sink.write(view[written:])
        if not taken:
            raise BrokenPipeError
        written += taken


def _dtype(column: Sent) -> str:
    if isinstance(column, Typed):
        return column.dtype
    return DTYPE_BY_CODE[column.typecode] if isinstance(column, array) else "u1"


def _width(column: Sent) -> int:
    return WIDTH_BY_DTYPE[_dtype(column)]


def _rows(column: Sent) -> int:
    if isinstance(column, Typed):
        return len(column.data) // WIDTH_BY_DTYPE[column.dtype]
    return len(column)


def _little_endian(column: Sent) -> memoryview:
    if isinstance(column, Typed):
        return column.data
    if sys.byteorder == "big" and isinstance(column, array):
        column = column[:]
        column.byteswap()
    return memoryview(column).cast("B")
