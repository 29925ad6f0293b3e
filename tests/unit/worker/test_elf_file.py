"""ELF files of strangers: truncated and changed ones give less, and no error."""

import _ctypes
import math
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leakgui.worker.elf.elf_file import ElfFile
from leakgui.worker.elf.symbols import SymbolTable
from tests.unit.worker.naming_scenes import memory_file


def _an_elf_file() -> bytes:
    """Return a real shared object: an extension of this Python, or the C library."""
    for module in (_ctypes, math):
        path = getattr(module, "__file__", None)
        if path is not None:
            return Path(path).read_bytes()
    maps = Path("/proc/self/maps").read_text().split()
    return Path(next(word for word in maps if "libm" in word)).read_bytes()


REAL = _an_elf_file()


@contextmanager
def elf(content: bytes) -> Iterator[ElfFile]:
    fd = memory_file(content)
    try:
        yield ElfFile(fd)
    finally:
        os.close(fd)


def ask_everything(file: ElfFile) -> None:
    for table in (file.symbols, file.dynamic_symbols):
        if table is not None:
            ask_symbols(table)
    assert all(isinstance(name, str) for name in file.slots.values())
    starts = file.function_starts
    assert (np.diff(starts) >= 0).all()
    assert len(file.loads) <= 256
    for offset in (0, 8, 1 << 40, (1 << 64) - 8):
        values, known = file.read_words(np.array([offset], np.uint64))
        assert len(values) == len(known) == 1


def ask_symbols(table: SymbolTable) -> None:
    for address in (0, 8, 0x4000, 1 << 47, (1 << 64) - 1):
        table.data_at(address)
        table.functions_at(min(address, (1 << 64) - 2))
    table.find_functions(b"_Zdl")
    table.find_functions(b"free")


def test_a_real_file_has_its_tables() -> None:
    with elf(REAL) as file:
        ask_everything(file)
        assert len(file.loads) >= 2
        assert len(file.function_starts) > 10
        assert file.dynamic_symbols is not None
        (address, *_) = file.dynamic_symbols.find_functions(b"PyInit_")
        (name,) = file.dynamic_symbols.functions_at(address)
        assert name.startswith("PyInit_")
        assert any(name.startswith("Py") for name in file.slots.values())


@pytest.mark.parametrize("content", [b"", b"\x7fELF", REAL[:63], b"#!/bin/sh\n" * 100])
def test_what_is_no_elf_file_has_no_tables(content: bytes) -> None:
    with elf(content) as file:
        ask_everything(file)
        assert len(file.segments) == 0
        assert file.symbols is None


def test_a_file_that_could_not_be_opened_is_empty() -> None:
    file = ElfFile(-1)
    ask_everything(file)
    assert file.read(0, 10) == b""


@settings(max_examples=80)
@given(st.integers(0, len(REAL)))
def test_a_truncated_file_gives_less(length: int) -> None:
    with elf(REAL[:length]) as file:
        ask_everything(file)


values = st.sampled_from([0, 1, 0x7F, 0x80, 0xFF])


@settings(max_examples=150)
@given(st.lists(st.tuples(st.integers(0, 1023), values), min_size=1, max_size=40))
def test_changed_headers_do_no_harm(changes: list[tuple[int, int]]) -> None:
    content = bytearray(REAL)
    # The ELF header and the segments at the start, the sections at the end.
    for at, value in changes:
        content[at if at < 512 else at - 1024] = value
    with elf(bytes(content)) as file:
        ask_everything(file)


@settings(max_examples=100)
@given(st.lists(st.tuples(st.integers(0, len(REAL) - 8), values), max_size=200))
def test_changed_contents_do_no_harm(changes: list[tuple[int, int]]) -> None:
    content = bytearray(REAL)
    for at, value in changes:
        content[at : at + 8] = bytes([value]) * 8
    with elf(bytes(content)) as file:
        ask_everything(file)


def test_counts_beyond_all_measure_end_soon() -> None:
    content = bytearray(REAL)
    content[0x38:0x3A] = b"\xff\xff"  # number of segments
    content[0x3C:0x3E] = b"\xff\xff"  # number of sections
    sections_at = int.from_bytes(REAL[0x28:0x30], "little")
    for section in range(sections_at, len(REAL) - 0x40, 0x40):
        content[section + 0x20 : section + 0x28] = b"\xff" * 7 + b"\x7f"  # size
    begun = time.monotonic()
    with elf(bytes(content)) as file:
        ask_everything(file)
    assert time.monotonic() - begun < 5
