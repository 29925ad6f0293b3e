"""The files behind an image: names for addresses, and memory that was not copied."""

from __future__ import annotations

from pathlib import PurePath

import numpy as np
import numpy.typing as npt

from leakgui.formatting import printable
from leakgui.model.columns import I64, U64
from leakgui.worker.elf.elf_file import ElfFile
from leakgui.worker.image import PAGE_BYTES, WORD_BYTES, Image
from leakgui.worker.naming.demangling import demangle_symbol

UNPLACED = np.iinfo(np.int64).min
"""Load bias of a region that no segment of its file explains."""

HIGHEST = 1 << 63
"""No address of a process is as large; foreign memory may name any."""

Known = npt.NDArray[np.bool_]


class Modules:
    """The mapped ELF files of one image; nothing is read before it is asked for.

    The files are strangers': what cannot be read, or makes no sense, is unknown and
    never an error. Descriptors belong to the image and are not closed here.
    """

    def __init__(self, image: Image) -> None:
        self._image = image
        self._files: dict[int, ElfFile] = {}
        self._bias: dict[int, int] = {}
        self.module_of_region: I64 = module_of_regions(image)
        """Index of the module each region belongs to, its .bss included, or -1."""

    def symbol_at(self, address: int) -> str | None:
        """Return ``g_cache (libfoo.so)`` or ``g_cache+16 (libfoo.so)`` for data.

        ``libfoo.so+0x4010`` where the module has no symbol for the address; None
        outside of every module.
        """
        row = self.find_region(address)
        if row is None or self.module_of_region[row] < 0:
            return None
        path = self._image.modules[int(self.module_of_region[row])].path
        name = printable(PurePath(path).name, most=60)
        located = self.locate(address)
        if located is None:
            return f"{name}+0x{address - int(self._first_start(row)):x}"
        file, inside = located
        table = file.symbols or file.dynamic_symbols
        found = table.data_at(inside) if table is not None else None
        if found is None:
            return f"{name}+0x{inside:x}"
        symbol, start = found
        offset = f"+{inside - start}" if inside > start else ""
        return f"{demangle_symbol(symbol)}{offset} ({name})"

    def variable_at(self, address: int) -> int | None:
        """Return the address of the variable that covers an address; None: unknown."""
        located = self.locate(address)
        if located is None:
            return None
        file, inside = located
        table = file.symbols or file.dynamic_symbols
        found = table.data_at(inside) if table is not None else None
        return None if found is None else address - inside + found[1]

    def functions_at(self, address: int) -> tuple[str, ...]:
        """Return all mangled names of the function that begins at an address."""
        located = self.locate(address)
        if located is None:
            return ()
        file, inside = located
        for table in (file.symbols, file.dynamic_symbols):
            names = table.functions_at(inside) if table is not None else ()
            if names:
                return names
        return ()

    def locate(self, address: int) -> tuple[ElfFile, int] | None:
        """Return the file behind an address, and the address before loading."""
        row = self.find_region(address)
        if row is None or self.module_of_region[row] < 0:
            return None
        bias = self._bias_of(row)
        if bias == UNPLACED:
            return None
        return self.file_of(row), (address - bias) & 0xFFFFFFFFFFFFFFFF

    def find_region(self, address: int) -> int | None:
        """Return the row of ``Image.regions`` that holds an address."""
        if not 0 <= address < HIGHEST:
            return None
        regions = self._image.regions
        row = int(np.searchsorted(regions.start, np.uint64(address), "right")) - 1
        return row if row >= 0 and address < int(regions.end[row]) else None

    def is_code(self, address: int) -> bool:
        """Whether an address lies in executable memory of a module."""
        row = self.find_region(address)
        return (
            row is not None
            and self.module_of_region[row] >= 0
            and "x" in self._image.regions.permissions[row]
        )

    def file_of(self, row: int) -> ElfFile:
        """Return the file of a region that belongs to a module."""
        number = int(self.module_of_region[row])
        file = self._files.get(number)
        if file is None:
            file = ElfFile(self._image.modules[number].fd)
            self._files[number] = file
        return file

    def read_words(self, addresses: U64) -> tuple[U64, Known]:
        """Return the words at these addresses, and which of them are known."""
        values = np.zeros(len(addresses), np.uint64)
        known = addresses % np.uint64(WORD_BYTES) == 0
        known &= self._read_copied(addresses, values)
        rows = np.flatnonzero(~known & (addresses % np.uint64(WORD_BYTES) == 0))
        self._read_files(addresses, rows, values, known)
        return values, known

    def read_word(self, address: int) -> int | None:
        """Return the word at one address; None: unknown."""
        if not 0 <= address < HIGHEST:
            return None
        values, known = self.read_words(np.array([address], np.uint64))
        return int(values[0]) if known[0] else None

    def read_text(self, address: int, most: int) -> bytes | None:
        """Return the bytes before the next NUL, at most ``most``; None: unknown."""
        data = self.read(address, most)
        return data.split(b"\0", 1)[0] if data else None

    def read(self, address: int, size: int) -> bytes:
        """Return bytes that were copied or are in a module's file, as many as known."""
        if not 0 <= address < HIGHEST:
            return b""
        place = self._image.find_word(address)
        if place is not None and self._image.is_present(place):
            return self._image.read(address, size)
        row = self.find_region(address)
        if row is None or self._image.regions.module[row] < 0:
            return b""
        regions = self._image.regions
        offset = address - int(regions.start[row]) + int(regions.offset[row])
        return self.file_of(row).read(
            offset, min(size, int(regions.end[row]) - address)
        )

    def _read_copied(self, addresses: U64, values: U64) -> Known:
        segments = self._image.segments
        if not len(segments):
            return np.zeros(len(addresses), np.bool_)
        row = np.searchsorted(segments.start, addresses, "right") - 1
        is_in = (row >= 0) & (addresses < segments.end[row])
        inside = (addresses - segments.start[row]) // np.uint64(WORD_BYTES)
        place = np.where(is_in, segments.first_word[row] + inside.astype(np.int64), 0)
        page = place * WORD_BYTES // PAGE_BYTES
        is_in &= (self._image.present[page >> 3] >> (page & 7).astype(np.uint8)) & 1 > 0
        values[is_in] = self._image.words[place[is_in]]
        return is_in

    def _read_files(self, addresses: U64, rows: I64, values: U64, known: Known) -> None:
        regions = self._image.regions
        region = np.searchsorted(regions.start, addresses[rows], "right") - 1
        is_in = (region >= 0) & (addresses[rows] < regions.end[region])
        rows, region = rows[is_in], region[is_in]
        module = regions.module[region]
        offsets = addresses[rows] - regions.start[region] + regions.offset[region]
        for number in np.unique(module[module >= 0]):
            chosen = module == number
            file = self.file_of(int(region[chosen][0]))
            found = file.read_words(offsets[chosen])
            values[rows[chosen]], known[rows[chosen]] = found

    def _first_start(self, row: int) -> int:
        same = np.flatnonzero(self.module_of_region == self.module_of_region[row])
        return int(self._image.regions.start[same[0]])

    def _bias_of(self, row: int) -> int:
        if row not in self._bias:
            self._place(int(self.module_of_region[row]))
        return self._bias[row]

    def _place(self, number: int) -> None:
        """Find for each region of a module what loading added to its addresses."""
        before = UNPLACED
        for row in np.flatnonzero(self.module_of_region == number).tolist():
            # .bss, which no file is behind, is placed as the data before it.
            if self._image.regions.module[row] >= 0:
                found = self._possible_biases(row)
                # A page of the file may belong to two segments: keep them together.
                if before not in found:
                    before = found[0] if found else UNPLACED
            self._bias[row] = before

    def _possible_biases(self, row: int) -> list[int]:
        start = int(self._image.regions.start[row])
        offset = int(self._image.regions.offset[row])
        found = []
        for load in self.file_of(row).loads:
            first = int(load["offset"]) // PAGE_BYTES * PAGE_BYTES
            if first <= offset < int(load["offset"]) + int(load["file_size"]):
                found.append(
                    start - offset + int(load["offset"]) - int(load["address"])
                )
        return found


def module_of_regions(image: Image) -> I64:
    """Return the module of each region, or -1; .bss belongs to the data before it."""
    regions = image.regions
    module = np.where(regions.module < len(image.modules), regions.module, -1)
    for row in range(1, len(regions)):
        if (
            module[row] < 0
            and regions.module[row - 1] >= 0
            and not regions.path[row]
            and regions.start[row] == regions.end[row - 1]
            and "w" in regions.permissions[row - 1]
        ):
            module[row] = module[row - 1]
    return module
