"""One ELF file of a stranger: its tables, bounded, and empty where they make no sense.

Read directly rather than through pyelftools: that library follows every count and
string of the file to its end, one object at a time, which a hostile file can make
as long as it likes, and a large honest one takes seconds.
"""

from __future__ import annotations

import functools
import os

import numpy as np
import numpy.typing as npt

from leakgui.model.columns import I64, U64
from leakgui.worker.elf import layout, unwinding
from leakgui.worker.elf.symbols import SymbolTable

MOST_SEGMENTS = 256
MOST_SECTIONS = 8192
MOST_SYMBOLS = 4_000_000
MOST_RELOCATIONS = 1_000_000
MOST_SLOTS = 100_000
MOST_UNWIND_BYTES = 64 << 20
MOST_NAME_BYTES = 512 << 20
CHUNK_BYTES = 16384
MOST_CHUNKS = 1024

Records = npt.NDArray[np.void]


class ElfFile:
    """The tables of the file behind a descriptor; see the module for what is unknown.

    Only 64-bit x86-64 files have tables; of others just ``read`` works.
    """

    def __init__(self, fd: int) -> None:
        self._fd = fd
        self._chunks: dict[int, bytes] = {}

    @functools.cached_property
    def size(self) -> int:
        """Bytes of the file; 0 where that is unknown."""
        try:
            return os.fstat(self._fd).st_size
        except OSError:
            return 0

    def read(self, offset: int, size: int) -> bytes:
        """Return bytes of the file, fewer where it ends or cannot be read."""
        size = min(size, self.size - offset)
        if offset < 0 or size <= 0:
            return b""
        try:
            return os.pread(self._fd, size, offset)
        except OSError:
            return b""

    def read_words(self, offsets: U64) -> tuple[U64, npt.NDArray[np.bool_]]:
        """Return the 8 bytes at each offset, a multiple of 8, and where they exist."""
        values = np.zeros(len(offsets), np.uint64)
        known = np.zeros(len(offsets), np.bool_)
        numbers = offsets // np.uint64(CHUNK_BYTES)
        for number in np.unique(numbers):
            words = np.frombuffer(self._chunk(int(number)), "<u8")
            rows = np.flatnonzero(numbers == number)
            places = ((offsets[rows] % np.uint64(CHUNK_BYTES)) // np.uint64(8)).astype(
                np.int64
            )
            rows, places = rows[places < len(words)], places[places < len(words)]
            values[rows], known[rows] = words[places], True
        return values, known

    def _chunk(self, number: int) -> bytes:
        chunk = self._chunks.get(number)
        if chunk is None:
            if len(self._chunks) >= MOST_CHUNKS:
                self._chunks.clear()
            chunk = self.read(number * CHUNK_BYTES, CHUNK_BYTES)
            chunk = chunk[: len(chunk) // 8 * 8]
            self._chunks[number] = chunk
        return chunk

    def _records(self, kind: np.dtype[np.void], offset: int, count: int) -> Records:
        data = self.read(offset, count * kind.itemsize)
        return np.frombuffer(data[: len(data) // kind.itemsize * kind.itemsize], kind)

    @functools.cached_property
    def _header(self) -> np.void | None:
        found = self._records(layout.HEADER, 0, 1)
        if not len(found) or found[0]["magic"] != b"\x7fELF":
            return None
        header: np.void = found[0]
        is_ours = (
            header["class"] == layout.CLASS_64
            and header["order"] == layout.LITTLE_ENDIAN
            and header["machine"] == layout.MACHINE_X86_64
        )
        return header if is_ours else None

    @functools.cached_property
    def segments(self) -> Records:
        """The program headers (``layout.SEGMENT``)."""
        header = self._header
        if header is None or header["segment_size"] != layout.SEGMENT.itemsize:
            return np.zeros(0, layout.SEGMENT)
        count = min(int(header["segments"]), MOST_SEGMENTS)
        return self._records(layout.SEGMENT, int(header["segments_at"]), count)

    @functools.cached_property
    def loads(self) -> Records:
        """The segments that are mapped."""
        found: Records = self.segments[self.segments["type"] == layout.SEGMENT_LOAD]
        return found

    @functools.cached_property
    def sections(self) -> Records:
        """The section headers (``layout.SECTION``); empty where removed."""
        header = self._header
        if header is None or header["section_size"] != layout.SECTION.itemsize:
            return np.zeros(0, layout.SECTION)
        count = min(int(header["sections"]), MOST_SECTIONS)
        return self._records(layout.SECTION, int(header["sections_at"]), count)

    @functools.cached_property
    def symbols(self) -> SymbolTable | None:
        """The full symbol table (.symtab); None in a stripped file."""
        return self._symbols(layout.SECTION_SYMBOLS)

    @functools.cached_property
    def dynamic_symbols(self) -> SymbolTable | None:
        """The symbols for dynamic linking (.dynsym)."""
        return self._symbols(layout.SECTION_DYNAMIC_SYMBOLS)

    def _symbols(self, kind: int) -> SymbolTable | None:
        for section in self.sections[self.sections["type"] == kind]:
            records = self._table(section, layout.SYMBOL, MOST_SYMBOLS)
            names = self._names(int(section["link"]))
            if len(records) and names:
                return SymbolTable(records, names)
        return None

    def _table(self, section: np.void, kind: np.dtype[np.void], most: int) -> Records:
        count = min(int(section["size"]) // kind.itemsize, most)
        return self._records(kind, int(section["offset"]), count)

    def _names(self, number: int) -> bytes:
        if number >= len(self.sections):
            return b""
        section = self.sections[number]
        size = min(int(section["size"]), MOST_NAME_BYTES)
        return self.read(int(section["offset"]), size)

    @functools.cached_property
    def function_starts(self) -> I64:
        """Where functions begin, sorted and before loading; stripped files tell too.

        Empty where a file doesn't say.
        """
        for segment in self.segments[self.segments["type"] == layout.SEGMENT_UNWIND]:
            data = self.read(int(segment["offset"]), MOST_UNWIND_BYTES)
            found = unwinding.starts_in_table(data, int(segment["address"]))
            if len(found):
                return found
        # Programs that are linked statically have no table, only what it points to.
        for section in self.sections:
            if self._name_of_section(section) == b".eh_frame":
                size = min(int(section["size"]), MOST_UNWIND_BYTES)
                data = self.read(int(section["offset"]), size)
                return unwinding.starts_in_entries(data, int(section["address"]))
        return np.zeros(0, np.int64)

    def _name_of_section(self, section: np.void) -> bytes:
        at = int(section["name"])
        return self._section_names[at : at + 64].split(b"\0", 1)[0]

    @functools.cached_property
    def _section_names(self) -> bytes:
        header = self._header
        return self._names(int(header["names_in"])) if header is not None else b""

    @functools.cached_property
    def slots(self) -> dict[int, str]:
        """What dynamic linking writes where: names of symbols by unrelocated address.

        Only words that get the address of a function or of data as it is
        (``layout.RELOCATIONS_OF_SLOTS``), as stubs of other modules do.
        """
        found: dict[int, str] = {}
        table = self.dynamic_symbols
        if table is None:
            return found
        is_wanted = self.sections["type"] == layout.SECTION_RELOCATIONS
        for section in self.sections[is_wanted]:
            records = self._table(section, layout.RELOCATION, MOST_RELOCATIONS)
            kinds = records["info"] & np.uint64(0xFFFFFFFF)
            chosen = records[np.isin(kinds, layout.RELOCATIONS_OF_SLOTS)][:MOST_SLOTS]
            entries = (chosen["info"] >> np.uint64(32)).tolist()
            for offset, entry in zip(chosen["offset"].tolist(), entries, strict=True):
                found[offset] = table.name_of_entry(entry)
        return found
