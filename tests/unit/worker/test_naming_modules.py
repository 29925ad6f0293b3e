"""Addresses and the files behind them."""

import dataclasses
import os
from collections.abc import Iterator

import numpy as np
import pytest

from leakgui.model.columns import U64
from leakgui.model.text_column import TextColumn
from leakgui.worker.elf import layout
from leakgui.worker.image import Image, Module, Regions
from leakgui.worker.naming.modules import Modules
from tests.unit.worker.naming_scenes import MODULE, PAGE, Scene, memory_file

BASE = 0x7E00_0000_0000
DATA, BSS = 0x5000, 0x6000
"""Addresses before loading; the file has the data at 0x2000."""


def small_elf() -> bytes:
    """Return a library: read-only data at 0, data at 0x5000, .bss from 0x6000 on."""
    content = bytearray(0x3000)
    loads = np.zeros(2, layout.SEGMENT)
    loads["type"] = layout.SEGMENT_LOAD
    loads["offset"], loads["address"] = [0, 0x2000], [0, DATA]
    loads["file_size"], loads["memory_size"] = [0x2000, 0x1000], [0x2000, 0x3000]
    names = b"\0g_cache\0_ZN3zoo7g_tableE\0g_zero\0"
    symbols = np.zeros(4, layout.SYMBOL)
    symbols["name"] = [0, 1, 9, 26]
    symbols["info"] = [0, 0x11, 0x11, 0x11]
    symbols["section"] = [0, 1, 1, 2]
    symbols["value"] = [0, DATA + 0x10, DATA + 0x100, BSS + 0x20]
    symbols["size"] = [0, 8, 0x80, 64]
    sections = np.zeros(3, layout.SECTION)
    sections["type"] = [0, layout.SECTION_DYNAMIC_SYMBOLS, 3]
    sections["offset"] = [0, 0x400, 0x800]
    sections["size"] = [0, symbols.nbytes, len(names)]
    sections["link"] = [0, 2, 0]
    header = np.zeros(1, layout.HEADER)
    header["magic"], header["class"], header["order"] = b"\x7fELF", 2, 1
    header["machine"] = layout.MACHINE_X86_64
    header["segments_at"], header["sections_at"] = 0x40, 0x200
    header["segment_size"], header["section_size"] = 56, 64
    header["segments"], header["sections"] = 2, 3
    for at, part in (
        (0, header.tobytes()),
        (0x40, loads.tobytes()),
        (0x200, sections.tobytes()),
        (0x400, symbols.tobytes()),
        (0x800, names),
        (0x1000, (0x1234).to_bytes(8, "little") + b"hello\0"),
    ):
        content[at : at + len(part)] = part
    return bytes(content)


@pytest.fixture
def image() -> Iterator[Image]:
    fd = memory_file(small_elf())
    plain = Scene().image()
    yield dataclasses.replace(
        plain,
        regions=Regions(
            start=words(BASE, BASE + 0x5000, BASE + 0x6000, BASE + 0x9000),
            end=words(BASE + 0x2000, BASE + 0x6000, BASE + 0x8000, BASE + 0xA000),
            permissions=TextColumn.of(["r--p", "rw-p", "rw-p", "rw-p"]),
            offset=words(0, 0x2000, 0, 0),
            path=TextColumn.of(["/lib/libzoo.so", "/lib/libzoo.so", "", ""]),
            resident=words(0, 0, 0, 0),
            module=np.array([0, 0, -1, -1], np.int64),
            was_copied=np.zeros(4, np.int64),
        ),
        modules=(Module(path="/lib/libzoo.so", fd=fd),),
    )
    os.close(fd)


def words(*values: int) -> U64:
    return np.array(values, np.uint64)


@pytest.mark.parametrize(
    ("inside", "name"),
    [
        (DATA + 0x10, "g_cache (libzoo.so)"),
        (DATA + 0x140, "zoo::g_table+64 (libzoo.so)"),
        (DATA + 0x18, "libzoo.so+0x5018"),
        (BSS + 0x28, "g_zero+8 (libzoo.so)"),
        (0x100, "libzoo.so+0x100"),
        (0x9000, None),
        (-8, None),
        (1 << 62, None),
        (1 << 65, None),
    ],
)
def test_symbols_of_data(image: Image, inside: int, name: str | None) -> None:
    assert Modules(image).symbol_at(BASE + inside) == name


def test_words_of_one_variable_are_one(image: Image) -> None:
    variable_at = Modules(image).variable_at
    assert variable_at(BASE + DATA + 0x140) == BASE + DATA + 0x100
    assert variable_at(BASE + DATA + 0x17F) == BASE + DATA + 0x100
    assert variable_at(BASE + BSS + 0x28) == BASE + BSS + 0x20
    assert variable_at(BASE + DATA + 0x18) is None
    assert variable_at(1 << 62) is None


def test_memory_that_was_not_copied_is_read_from_the_file(image: Image) -> None:
    modules = Modules(image)
    wanted = words(BASE + 0x1000, BASE + 0x1001, BASE + 0x3000, 0, (1 << 64) - 8)
    values, known = modules.read_words(wanted)
    assert known.tolist() == [True, False, False, False, False]
    assert values[0] == 0x1234
    assert modules.read_text(BASE + 0x1008, 100) == b"hello"
    assert modules.read_text(BASE + 0x1008, 3) == b"hel"
    assert modules.read_text(BASE + 0x3000, 3) is None
    # A region ends where it ends, whatever follows in the file.
    assert len(modules.read(BASE + 0x1FF8, 100)) == 8


def test_copied_memory_is_read_before_the_file() -> None:
    scene = Scene(module_fd=memory_file(b"\xaa" * 4 * PAGE), absent=[17])
    scene.write(MODULE + 0x10, 77)
    values, known = Modules(scene.image()).read_words(
        words(MODULE + 0x10, MODULE + PAGE + 0x10)
    )
    os.close(scene.module_fd)
    assert known.all()
    # The second page was never touched, so the file still says what is there.
    assert values.tolist() == [77, 0xAAAA_AAAA_AAAA_AAAA]


def test_without_files_only_offsets_are_known(image: Image) -> None:
    closed = dataclasses.replace(image, modules=(Module(path="/lib/a\n.so", fd=-1),))
    assert Modules(closed).symbol_at(BASE + DATA) == "a\\x0a.so+0x5000"
    assert Modules(closed).functions_at(BASE) == ()
