"""The files a process has loaded, in the order in which names are looked up in them.

The first of them that defines ``malloc`` serves it: the executable, then what
LD_PRELOAD names, then the libraries (ld.so(8)). The order is the dynamic linker's own
list (link.h: struct r_debug, struct link_map).
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from pathlib import PurePath

import numpy as np

from leakgui.worker.elf.elf_file import ElfFile
from leakgui.worker.image import Image

_STRING_TABLE = 3
"""SHT_STRTAB, elf(5)."""
_MOST_SECTION_NAMES = 1 << 16
_DYNAMIC = 2
"""PT_DYNAMIC, elf(5)."""
_DEBUG = 21
"""DT_DEBUG: where ``struct r_debug`` is, filled in by the dynamic linker."""
_MOST_ENTRIES = 512
_MOST_LOADED = 16_384


class LoadedFile:
    """One mapped file of a process."""

    def __init__(self, module: int, path: str, fd: int) -> None:
        self.module = module
        """Index in ``Image.modules``."""
        self.path = path
        self.elf = ElfFile(fd)
        self._defined: dict[str, bool] = {}

    @property
    def name(self) -> str:
        """Its name without folders."""
        return PurePath(self.path).name

    @functools.cached_property
    def is_linker(self) -> bool:
        """Whether it is the dynamic linker, which up to 2.31 offers a malloc, too."""
        return self.name.startswith(("ld-linux", "ld-2.", "ld.so"))

    def defines(self, *names: str) -> bool:
        """Whether it offers a function of one of these names to other files."""
        return any(self._defines(name) for name in names)

    def _defines(self, name: str) -> bool:
        known = self._defined.get(name)
        if known is None:
            table = self.elf.dynamic_symbols
            known = table is not None and bool(
                table.find_functions(name.encode() + b"\0")
            )
            self._defined[name] = known
        return known

    def has_section(self, name: bytes) -> bool:
        """Whether one of its sections has this name."""
        sections = self.elf.sections
        tables = sections[sections["type"] == _STRING_TABLE]
        return any(
            b"\0" + name + b"\0" in self.elf.read(int(row["offset"]), int(row["size"]))
            for row in tables[tables["size"] < _MOST_SECTION_NAMES]
        )

    @functools.cached_property
    def is_other_machine(self) -> bool:
        """Whether it is a program for something else than 64-bit x86-64."""
        head = self.elf.read(0, 20)
        return head[:4] == b"\x7fELF" and (head[4] != 2 or head[18:20] != b"\x3e\0")


class LoadedFiles:
    """All of them; nothing is read before it is asked for."""

    def __init__(self, image: Image) -> None:
        self._image = image
        self._files = [
            LoadedFile(number, module.path, module.fd)
            for number, module in enumerate(image.modules)
        ]

    @functools.cached_property
    def in_order(self) -> list[LoadedFile]:
        """Every file, the first in the order of look-up first, those not in it last."""
        first = [self.executable] if self.executable is not None else []
        listed = [self._files[module] for module in self._follow_list()]
        return list(dict.fromkeys([*first, *listed, *self._files]))

    @functools.cached_property
    def executable(self) -> LoadedFile | None:
        """The program itself; None where it is not among the mapped files."""
        for file in self._files:
            if file.path == self._image.executable:
                return file
        return None

    def find_provider(self, function: str) -> LoadedFile | None:
        """Return the file whose function of this name the process calls, if any."""
        for file in self.in_order:
            if not file.is_linker and file.defines(function):
                return file
        return None

    def find_named(self, *parts: str) -> LoadedFile | None:
        """Return the first file whose name has one of these parts in it."""
        for file in self.in_order:
            if any(part in file.name for part in parts):
                return file
        return None

    def _follow_list(self) -> Iterator[int]:
        """Give the modules of the linker's list, each by its dynamic section."""
        image = self._image
        debug = self._find_debug()
        entry = image.read_word(debug + 8) if debug else None
        seen: set[int] = set()
        while entry and entry not in seen and len(seen) < _MOST_LOADED:
            seen.add(entry)
            module = self._module_at(image.read_word(entry + 16) or 0)
            if module >= 0:
                yield module
            entry = image.read_word(entry + 24)

    def _find_debug(self) -> int | None:
        """Return where ``struct r_debug`` is, from the program's dynamic section."""
        for address in self._dynamic_addresses():
            for row in range(_MOST_ENTRIES):
                tag = self._image.read_word(address + row * 16)
                if not tag:
                    break
                if tag == _DEBUG:
                    return self._image.read_word(address + row * 16 + 8)
        return None

    def _dynamic_addresses(self) -> Iterator[int]:
        program = self.executable
        if program is None:
            return
        segments = program.elf.segments
        loads = program.elf.loads
        regions = self._image.regions
        own = np.flatnonzero(regions.module == program.module)
        if not len(own) or not len(loads):
            return
        bias = int(regions.start[own].min()) - (int(loads["address"].min()) & -4096)
        for segment in segments[segments["type"] == _DYNAMIC]:
            address = (bias + int(segment["address"])) & (1 << 64) - 1
            if address < 1 << 47 and address % 8 == 0:
                yield address

    def _module_at(self, address: int) -> int:
        """Return the module mapped at an address, or -1."""
        regions = self._image.regions
        if not 0 <= address < 1 << 63 or not len(regions):
            return -1
        row = int(np.searchsorted(regions.start, np.uint64(address), "right")) - 1
        if row < 0 or address >= int(regions.end[row]):
            return -1
        return int(regions.module[row])
