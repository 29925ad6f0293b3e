"""Images that lie: one sound image, spoilt in a way that a seed decides, and the truth.

``Spoiler(image).spoil(seed)`` writes over headers, links, records, tables, registers,
regions and files; ``check`` says what must hold of whatever is made of such an image.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import fields, replace

import numpy as np
import numpy.typing as npt

from leakgui.model.columns import U64
from leakgui.model.text_column import TextColumn
from leakgui.worker.allocators import find_allocator
from leakgui.worker.allocators.glibc.parts import Found
from leakgui.worker.blocks.bits import list_set
from leakgui.worker.image import PAGE_BYTES, Image, Regions, Segments, lay_out
from leakgui.worker.interpreting import interpret

Places = npt.NDArray[np.int64]
Generator = np.random.Generator

PAGE_WORDS = PAGE_BYTES // 8
ODD = (
    *(0, 1, 2, 7, 8, 16, 17, 0x20, 0x21, 0x25, 0x31, 0x251, 0x291, 0x301, 0x1002),
    *(1 << 31, 1 << 32, (1 << 47) - 8, 1 << 47, (1 << 63) - 16, 1 << 63, (1 << 63) + 1),
    *((1 << 64) - 1, (1 << 64) - 8, (1 << 64) - 16, (1 << 64) - 32, (1 << 64) - 4096),
    *(0x2020202020202020, 0x5A5A5A5A5A5A5A5A, 0x0000FFFF0000FFFF, 0x0007000700070007),
)
PATHS = (
    "",
    "[heap]",
    "[stack]",
    "[anon:x]",
    "[vdso]",
    "/dev/shm/x",
    "/lib/x.so",
    "\x1b[",
)
PERMISSIONS = ("rw-p", "r--p", "r-xp", "rw-s", "---p", "rwxp", "", "x")
LONG = b"N3zoo" + b"9Elephant" * 120_000 + b"E"
"""A name of a megabyte."""


class Spoiler:
    """Knows where the words of a sound image are that somebody will believe."""

    def __init__(self, image: Image) -> None:
        """Walk the image, to know where headers and records are."""
        self.image = image
        interpreted = interpret(image)
        assert interpreted.found is not None, interpreted.heap.notes
        walk, found = interpreted.found.walk, find_allocator(image).found
        assert isinstance(found, Found)
        present = np.unpackbits(image.present, bitorder="little").astype(bool)
        self.blocks: Places = list_set(walk.starts) * 2
        self.addresses = np.array(
            [image.find_address(p) for p in self.blocks], np.uint64
        )
        pointing = np.flatnonzero(_is_inside(image, image.words))
        self.records = self._find_records(found)
        self.kinds: tuple[Places, ...] = (
            self.blocks - 1,
            self.blocks - 2,
            self.blocks,
            self.blocks + 1,
            self.records,
            self.records,
            self._find_caches(),
            self._find_heads(),
            pointing,
            np.flatnonzero(present.repeat(PAGE_WORDS)[: len(image.words)]),
        )

    def spoil(self, seed: int) -> Image:
        """Return the image with some of it changed; the same for the same seed."""
        rng = np.random.default_rng(seed)
        words = self.image.words.copy()
        for _ in range(int(rng.integers(1, 5))):
            self._write_over(words, rng)
        image = replace(self.image, words=words)
        for change in CHANGES:
            if rng.random() < 0.07:
                image = change(image, rng)
        image.words.flags.writeable = False
        return image

    def _write_over(self, words: U64, rng: Generator) -> None:
        kind = self.kinds[rng.integers(len(self.kinds))]
        if not len(kind):
            return
        count = int(rng.choice([1, 2, 8, 64, 1024, len(kind)]))
        places = kind[rng.integers(0, len(kind), count)]
        places = places[(places >= 0) & (places < len(words))]
        words[places] = self._choose_values(words[places], rng)
        if rng.random() < 0.05:
            at = int(rng.choice(places)) if len(places) else 0
            name = np.frombuffer(LONG, np.uint64, len(LONG) // 8)[: len(words) - at]
            words[at : at + len(name)] = name

    def _choose_values(self, before: U64, rng: Generator) -> U64:
        """Return what is written: of one sort, or each of another one."""
        count = len(before)
        sort = rng.integers(0, 8, count) if rng.random() < 0.5 else rng.integers(0, 8)
        words, start = self.image.words, self.image.segments.start
        near = rng.integers(-4, 5, count) * int(rng.choice([1, 8, 16, 4096]))
        sorts = (
            rng.choice(np.array(ODD, np.uint64), count),
            rng.integers(0, 1 << 64, count, np.uint64, endpoint=False),
            before ^ (np.uint64(1) << rng.integers(0, 64, count, np.uint64)),
            before + near.astype(np.uint64),
            rng.choice(self.addresses, count) + near.astype(np.uint64),
            rng.choice(start, count) + near.astype(np.uint64),
            words[rng.integers(0, len(words), count)],
            self._find_addresses(rng.choice(self.records, count)),
        )
        chosen: U64 = np.choose(sort, sorts)
        return chosen

    def _find_records(self, found: Found) -> Places:
        """Return the words of arenas, of what lies before them, and of malloc_par."""
        records = []
        for malloc in found.mallocs:
            for arena in malloc.arenas:
                first = self.image.find_word(arena.address)
                assert first is not None
                records.append(np.arange(max(0, first - 6), first + 290))
            first, last = (self.image.find_word(a) for a in _last_inside(malloc.data))
            assert first is not None
            assert last is not None
            records.append(np.arange(first, last + 1))
        return np.concatenate(records).astype(np.int64)

    def _find_caches(self) -> Places:
        """Return the words of blocks that have the size of a thread's cache."""
        size = self.image.words[self.blocks - 1] & ~np.uint64(7)
        caches = self.blocks[np.isin(size, [0x250, 0x290, 0x300])]
        return (caches[:, None] + np.arange(0x300 // 8)).ravel()

    def _find_heads(self) -> Places:
        """Return the first words of all pages: heads of mapped blocks and of heaps."""
        pages = np.arange(0, len(self.image.words), 512)
        return (pages[:, None] + np.arange(4)).ravel()

    def _find_addresses(self, places: Places) -> U64:
        segments = self.image.segments
        row = np.searchsorted(segments.first_word, places, "right") - 1
        inside = (places - segments.first_word[row]) * 8
        found: U64 = segments.start[row] + inside.astype(np.uint64)
        return found


def _last_inside(data: tuple[int, int]) -> tuple[int, int]:
    return data[0], data[1] - 8


def _is_inside(image: Image, words: U64) -> npt.NDArray[np.bool_]:
    row = np.searchsorted(image.segments.start, words, "right") - 1
    inside: npt.NDArray[np.bool_] = (row >= 0) & (words < image.segments.end[row])
    return inside


# --- other changes than of memory ----------------------------------------------


def _spoil_registers(image: Image, rng: Generator) -> Image:
    def spoilt(values: U64) -> U64:
        values = values.copy()
        which = rng.random(len(values)) < 0.3
        pool = np.concatenate([np.array(ODD, np.uint64), image.segments.start])
        values[which] = rng.choice(pool, int(which.sum()))
        return values

    threads = replace(
        image.threads,
        stack_pointer=spoilt(image.threads.stack_pointer),
        fs_base=spoilt(image.threads.fs_base),
    )
    return replace(
        image,
        threads=threads,
        registers=spoilt(image.registers),
        vectors=spoilt(image.vectors),
    )


def _spoil_present(image: Image, rng: Generator) -> Image:
    """Take some pages away; what is in them is zero, as in what the helper sends."""
    share = float(rng.choice([0.01, 0.5, 1.0]))
    pages = np.unpackbits(image.present, bitorder="little").astype(bool)
    pages &= rng.random(len(pages)) >= share
    words = image.words.copy()
    words[~pages.repeat(PAGE_WORDS)[: len(words)]] = 0
    return replace(image, words=words, present=np.packbits(pages, bitorder="little"))


def _spoil_regions(image: Image, rng: Generator) -> Image:
    regions, count = image.regions, len(image.regions)

    def texts(before: TextColumn, pool: tuple[str, ...]) -> TextColumn:
        return TextColumn.of(
            str(rng.choice(pool)) if rng.random() < 0.1 else text
            for text in before.as_list()
        )

    def some(before: npt.NDArray[np.int64], low: int, high: int) -> Places:
        which = rng.random(count) < 0.1
        return np.where(which, rng.integers(low, high, count), before)

    offset = regions.offset.copy()
    odd = rng.random(count) < 0.1
    offset[odd] = rng.choice(np.array(ODD, np.uint64), int(odd.sum()))
    return replace(
        image,
        regions=replace(
            regions,
            permissions=texts(regions.permissions, PERMISSIONS),
            path=texts(regions.path, PATHS),
            offset=offset,
            resident=np.where(odd, np.uint64(0), regions.resident),
            module=some(regions.module, -1, max(1, len(image.modules))),
            was_copied=some(regions.was_copied, 0, 2),
        ),
    )


def _drop_regions(image: Image, rng: Generator) -> Image:
    share = float(rng.choice([0.5, 0.9, 0.98]))
    kept = np.flatnonzero(rng.random(len(image.regions)) < share)
    regions = image.regions
    columns = {f.name: getattr(regions, f.name) for f in fields(regions)}
    left = {
        name: TextColumn.of(column[row] for row in kept.tolist())
        if isinstance(column, TextColumn)
        else column[kept]
        for name, column in columns.items()
    }
    return replace(image, regions=Regions(**left))


def _cut_segments(image: Image, rng: Generator) -> Image:
    """Take a page out of the middle of each segment: there are twice as many."""
    starts: list[int] = []
    ends: list[int] = []
    kept = np.ones(len(image.words) // PAGE_WORDS, bool)
    for row, start in enumerate(image.segments.start.tolist()):
        pages = (int(image.segments.end[row]) - start) // PAGE_BYTES
        first = int(image.segments.first_word[row]) // PAGE_WORDS
        cut = int(rng.integers(0, pages)) if pages > 2 else 0
        if 0 < cut < pages - 1:
            starts += [start, start + (cut + 1) * PAGE_BYTES]
            ends += [start + cut * PAGE_BYTES, start + pages * PAGE_BYTES]
            kept[first + cut] = False
        else:
            starts.append(start)
            ends.append(start + pages * PAGE_BYTES)
    pages_present = np.unpackbits(image.present, bitorder="little")[: len(kept)]
    return replace(
        image,
        words=image.words[kept.repeat(PAGE_WORDS)],
        present=np.packbits(pages_present[kept], bitorder="little"),
        segments=lay_out(starts, ends),
    )


def _move_segments(image: Image, rng: Generator) -> Image:
    """Let the memory lie at other addresses, in the same order."""
    segments = image.segments
    length = segments.end - segments.start
    by = rng.integers(0, 3, len(length)).astype(np.uint64) * np.uint64(PAGE_BYTES)
    start = segments.start + np.cumsum(by)
    if int(start[-1] + length[-1]) > 1 << 47:
        start = segments.start
    moved = Segments(start=start, end=start + length, first_word=segments.first_word)
    return replace(image, segments=moved)


def _spoil_files(image: Image, rng: Generator) -> Image:
    """Put bytes anywhere into a file that is mapped; never closed, so few of them."""
    if not image.modules:
        return image
    row = int(rng.integers(len(image.modules)))
    module = image.modules[row]
    if module.fd < 0:
        return image
    content = bytearray(os.pread(module.fd, 64 << 20, 0))
    for _ in range(int(rng.choice([1, 10, 1000]))):
        end = int(rng.choice([64, 1024, len(content)]))
        at = int(rng.integers(0, max(1, min(end, len(content)))))
        odd = int(rng.choice(np.array(ODD, np.uint64))).to_bytes(8, "little")
        content[at : at + 8] = odd
    if rng.random() < 0.2:
        del content[int(rng.integers(len(content))) :]
    fd = os.memfd_create("spoilt")
    os.write(fd, content)
    modules = (*image.modules[:row], replace(module, fd=fd), *image.modules[row + 1 :])
    return replace(image, modules=modules)


CHANGES: tuple[Callable[[Image, Generator], Image], ...] = (
    _spoil_registers,
    _spoil_present,
    _spoil_regions,
    _drop_regions,
    _cut_segments,
    _move_segments,
    _spoil_files,
)


def close_spoilt(image: Image, sound: Image) -> None:
    """Close the files that spoiling made."""
    before = {module.fd for module in sound.modules}
    for module in image.modules:
        if module.fd >= 0 and module.fd not in before:
            os.close(module.fd)
