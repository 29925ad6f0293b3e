"""Columns of numbers and texts as compressed bytes, and back with every doubt."""

from __future__ import annotations

import json
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import zstandard

from leakgui.model.text_column import TextColumn

DTYPES = ("<u8", "<i8", "<f8", "<u4")
"""The only kinds of numbers that are ever read; others are refused."""
TEXT_DTYPE = "text"
MOST_ROWS = 20_000_000
MOST_POOL_BYTES = 256 << 20
_LEVEL = 3
_PIECE_BYTES = 1 << 20


class PackedColumn(NamedTuple):
    """One column as it lies in the file."""

    dtype: str
    """One of ``DTYPES``, or ``text`` for codes (``<u4``) with a pool."""
    rows: int
    data: bytes
    pool: bytes | None = None


def pack_column(column: npt.NDArray[np.generic] | TextColumn) -> PackedColumn:
    """Compress a column, little-endian."""
    if isinstance(column, TextColumn):
        pool = json.dumps(column.pool, separators=(",", ":")).encode("ascii")
        codes = column.codes.astype("<u4").tobytes()
        return PackedColumn(TEXT_DTYPE, len(column), _squeeze(codes), _squeeze(pool))
    dtype = column.dtype.newbyteorder("<").str
    data = column.astype(dtype).tobytes()
    return PackedColumn(dtype, len(column), _squeeze(data))


def unpack_column(packed: PackedColumn) -> npt.NDArray[np.generic] | TextColumn:
    """Read a column back; raises ``ValueError`` for whatever is not as promised.

    The promised size is checked before anything is unpacked, and not a byte more
    than that is unpacked: a small file can't fill the memory.
    """
    if not 0 <= packed.rows <= MOST_ROWS:
        message = f"{packed.rows} rows"
        raise ValueError(message)
    if packed.dtype == TEXT_DTYPE:
        codes = _unpack_numbers(packed.data, "<u4", packed.rows)
        return TextColumn(codes.astype(np.uint32), _unpack_pool(packed.pool))
    if packed.dtype not in DTYPES:
        message = f"numbers of kind {packed.dtype!r}"
        raise ValueError(message)
    return _unpack_numbers(packed.data, packed.dtype, packed.rows)


def _unpack_numbers(data: bytes, dtype: str, rows: int) -> npt.NDArray[np.generic]:
    size = np.dtype(dtype).itemsize * rows
    plain = _stretch(data, size)
    if len(plain) != size:
        message = f"{len(plain)} bytes for {rows} rows"
        raise ValueError(message)
    numbers = np.frombuffer(plain, dtype=dtype)
    return numbers.astype(numbers.dtype.newbyteorder("="))


def _unpack_pool(pool: bytes | None) -> tuple[str, ...]:
    texts = json.loads(_stretch(pool or b"", MOST_POOL_BYTES))
    if not isinstance(texts, list) or not all(isinstance(t, str) for t in texts):
        message = "a pool that is no list of texts"
        raise ValueError(message)
    return tuple(texts)


def _squeeze(plain: bytes) -> bytes:
    return zstandard.ZstdCompressor(level=_LEVEL).compress(plain)


def _stretch(data: bytes, most_bytes: int) -> bytes:
    unpacker = zstandard.ZstdDecompressor(max_window_size=1 << 27)
    plain = bytearray()
    try:
        with unpacker.stream_reader(data) as stream:
            while piece := stream.read(_PIECE_BYTES):
                plain += piece
                if len(plain) > most_bytes:
                    message = f"more than {most_bytes} bytes"
                    raise ValueError(message)
    except zstandard.ZstdError as error:
        raise ValueError(str(error)) from error
    return bytes(plain)
