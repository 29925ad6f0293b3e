"""Made-up images for the tests of naming: a heap of glibc chunks and one module."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from leakgui.model.heap import Arenas, BlockTotals, LeakTotals
from leakgui.model.text_column import TextColumn
from leakgui.worker.image import Image, Module, Regions, ThreadStates, lay_out
from leakgui.worker.reached import Reach
from leakgui.worker.walked import SizeRule, Walk

HEAP = 0x5555_5555_0000
MODULE = 0x7F00_0000_0000
PAGE = 4096
STATES = ("reachable", "direct", "indirect", "possible")
_NO_NUMBERS = np.zeros(0, np.int64)
_NO_WORDS = np.zeros(0, np.uint64)


@dataclass
class Scene:
    """A heap that is filled block by block, and a module that is written to."""

    heap_bytes: int = 16 * PAGE
    module_bytes: int = 4 * PAGE
    module_fd: int = -1
    module_permissions: str = "rw-p"
    blocks: list[tuple[int, int, str]] = field(default_factory=list)
    absent: Sequence[int] = ()
    """Numbers of pages, counted through heap and module, that were not copied."""

    def __post_init__(self) -> None:
        self.memory = bytearray(self.heap_bytes + self.module_bytes)
        self._next = 16

    def add(self, content: bytes, size: int = 24, state: str = "reachable") -> int:
        """Add a block of so many usable bytes (8 more than a multiple of 16)."""
        assert size % 16 == 8
        start = self._next
        assert start + size + 16 <= self.heap_bytes
        self.memory[start - 8 : start] = (size + 8 | 1).to_bytes(8, "little")
        self.memory[start : start + len(content[:size])] = content[:size]
        self.blocks.append((HEAP + start, size, state))
        self._next = start + size + 8
        return HEAP + start

    def write(self, address: int, *words: int) -> None:
        """Write words into the module."""
        at = address - MODULE + self.heap_bytes
        for word in words:
            self.memory[at : at + 8] = (word % (1 << 64)).to_bytes(8, "little")
            at += 8

    def write_text(self, address: int, text: bytes) -> None:
        """Write bytes into the module."""
        at = address - MODULE + self.heap_bytes
        self.memory[at : at + len(text)] = text

    def image(self) -> Image:
        words = np.frombuffer(bytes(self.memory), np.uint64)
        pages = np.ones(len(self.memory) // PAGE, bool)
        pages[list(self.absent)] = False
        heap_end = HEAP + self.heap_bytes
        module_end = MODULE + self.module_bytes
        split = self.heap_bytes // PAGE
        resident = [int(pages[:split].sum()) * PAGE, int(pages[split:].sum()) * PAGE]
        return Image(
            words=words,
            present=np.packbits(pages, bitorder="little"),
            segments=lay_out([HEAP, MODULE], [heap_end, module_end]),
            regions=Regions(
                start=np.array([HEAP, MODULE], np.uint64),
                end=np.array([heap_end, module_end], np.uint64),
                permissions=TextColumn.of(["rw-p", self.module_permissions]),
                offset=np.zeros(2, np.uint64),
                path=TextColumn.of(["[heap]", "/lib/libzoo.so"]),
                resident=np.array(resident, np.uint64),
                module=np.array([-1, 0], np.int64),
                was_copied=np.ones(2, np.int64),
            ),
            threads=ThreadStates(
                tid=_NO_NUMBERS.copy(),
                name=TextColumn.of([]),
                stack_pointer=_NO_WORDS.copy(),
                fs_base=_NO_WORDS.copy(),
            ),
            registers=_NO_WORDS.copy(),
            vectors=_NO_WORDS.copy(),
            modules=(Module(path="/lib/libzoo.so", fd=self.module_fd),),
            resident_bytes=sum(resident),
        )

    def walk(self, rule: SizeRule = SizeRule.GLIBC_HEADER) -> Walk:
        in_use = sum(size for _, size, _ in self.blocks)
        sizes = np.array([size for _, size, _ in self.blocks], np.uint64)
        return Walk(
            allocator="glibc",
            version="made up",
            starts=self._bits(STATES),
            size_rule=rule,
            sizes=sizes if rule is SizeRule.COLUMN else None,
            area_start=np.array([HEAP], np.uint64),
            area_end=np.array([HEAP + self.heap_bytes], np.uint64),
            totals=BlockTotals(
                in_use=len(self.blocks),
                in_use_bytes=in_use,
                free=0,
                free_bytes=0,
                cached=0,
                cached_bytes=0,
            ),
            arenas=_no_arenas(),
            walked_share=1.0,
            is_complete=True,
            resident_in_use_bytes=in_use,
            resident_free_bytes=0,
        )

    def reach(self) -> Reach:
        totals = {
            key: value
            for state in STATES
            for key, value in (
                (state, sum(1 for *_, s in self.blocks if s == state)),
                (f"{state}_bytes", sum(b for _, b, s in self.blocks if s == state)),
            )
        }
        direct = [address for address, _, state in self.blocks if state == "direct"]
        return Reach(
            **{state: self._bits((state,)) for state in STATES},
            totals=LeakTotals(**totals),
            leader_word=np.array([(a - HEAP) // 8 for a in direct], np.int64),
            leader_indirect=np.zeros(len(direct), np.int64),
            leader_indirect_bytes=np.zeros(len(direct), np.uint64),
        )

    def _bits(self, states: Sequence[str]) -> np.ndarray:
        bits = self.image().new_bits()
        for address, _, state in self.blocks:
            if state in states:
                granule = (address - HEAP) // 16
                bits[granule >> 6] |= np.uint64(1 << (granule & 63))
        return bits


def _no_arenas() -> Arenas:
    return Arenas(
        address=_NO_WORDS.copy(),
        label=TextColumn.of([]),
        system_bytes=_NO_WORDS.copy(),
        in_use=_NO_NUMBERS.copy(),
        in_use_bytes=_NO_WORDS.copy(),
        free=_NO_NUMBERS.copy(),
        free_bytes=_NO_WORDS.copy(),
        walked_share=np.zeros(0),
    )


# Where write_class puts things inside the module.
KIND_TABLE, KIND_INFO, KIND_NAME = MODULE + 0x20, MODULE + 0x80, MODULE + 0x100
SINGLE = b"N10__cxxabiv120__si_class_type_infoE"


def write_class(
    scene: Scene, at: int, name: bytes, *, base: int = 0, top: int = 0
) -> int:
    """Write a class with a table as a compiler does; return what objects begin with.

    Needs 0x100 bytes at ``at``; the class that describes it is written too.
    """
    scene.write(KIND_TABLE - 16, 0, KIND_INFO)
    scene.write(KIND_INFO, KIND_TABLE, KIND_NAME)
    scene.write_text(KIND_NAME, SINGLE + b"\0")
    table, info, text = at + 16, at + 0x40, at + 0x60
    scene.write(table - 16, top, info)
    scene.write(info, KIND_TABLE, text, base)
    scene.write_text(text, name + b"\0")
    return table


def memory_file(content: bytes) -> int:
    """Return a descriptor of a file in memory with this content."""
    fd = os.memfd_create("leakgui-test")
    os.write(fd, content)
    return fd
