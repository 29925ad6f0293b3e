"""Heaps drawn as text, for tests of what is reachable and what is lost.

::

    root -> a -> b
    a+16 -> c          # a pointer at offset 16 of a
    root -> d@8        # leads 8 bytes into d
    c -> c
    e 200              # a block of 200 bytes; 40 where nothing is said
    e+0 = 7            # a plain number

Blocks lie in memory in the order in which they are first named. A pointer without an
offset takes the next word of its block that is free.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from itertools import pairwise

import numpy as np

from leakgui.model.columns import U64
from leakgui.model.heap import Arenas, BlockTotals
from leakgui.model.text_column import TextColumn
from leakgui.worker.image import Image, Regions, Segments, ThreadStates, lay_out
from leakgui.worker.reached import Reach
from leakgui.worker.roots.table import LooseRoots, RootKind, RootRanges, Roots
from leakgui.worker.walked import SizeRule, Walk

PAGE = 4096
BASE = 0x5555_0000_0000
DEFAULT_BYTES = 40
END = re.compile(r"(?P<name>\w+)(?:\+(?P<at>\d+))?(?:@(?P<into>\d+))?$")


@dataclass
class Plan:
    """Blocks and what their words hold."""

    sizes: dict[str, int] = field(default_factory=dict)
    words: dict[tuple[str, int], int | tuple[str, int]] = field(default_factory=dict)
    """From block and offset to a number, or to a block and an offset in it."""
    roots: list[tuple[str, int]] = field(default_factory=list)

    def point(self, source: str, at: int | None, target: str, into: int) -> None:
        if source == "root":
            self.roots.append((target, into))
            return
        if at is None:
            at = next(n for n in range(0, 1 << 20, 8) if (source, n) not in self.words)
        self.words[source, at] = (target, into)


def parse(text: str) -> Plan:
    """Read a drawing."""
    plan = Plan()
    for whole in text.splitlines():
        line = whole.split("#")[0].strip()
        if "->" in line:
            _read_chain(plan, line)
        elif "=" in line:
            end, value = line.split("=")
            found = END.match(end.strip())
            plan.sizes.setdefault(found["name"], DEFAULT_BYTES)
            plan.words[found["name"], int(found["at"])] = int(value, 0)
        elif line:
            name, size = line.split()
            plan.sizes[name] = int(size)
    return plan


def _read_chain(plan: Plan, line: str) -> None:
    ends = [END.match(part.strip()) for part in line.split("->")]
    for end in ends:
        if end["name"] != "root":
            plan.sizes.setdefault(end["name"], DEFAULT_BYTES)
    for source, target in pairwise(ends):
        at = int(source["at"]) if source["at"] else None
        plan.point(source["name"], at, target["name"], int(target["into"] or 0))


@dataclass(frozen=True, repr=False)
class DrawnHeap:
    """A plan laid out in memory."""

    plan: Plan
    image: Image
    walk: Walk
    roots: Roots
    address: Mapping[str, int]

    def as_text(self, reach: Reach) -> str:
        """Print the states, one line each for those that occur."""
        lines = []
        for state in ("reachable", "possible", "direct", "indirect"):
            bits = getattr(reach, state)
            names = [name for name in self.plan.sizes if self.has(bits, name)]
            if names:
                lines.append(f"{state}: {' '.join(names)}")
        return "\n".join(lines)

    def has(self, bits: np.ndarray, name: str) -> bool:
        granule = self.image.find_word(self.address[name]) // 2
        return bool(int(bits[granule >> 6]) >> (granule & 63) & 1)

    def name_of_word(self, place: int) -> str:
        address = self.image.find_address(place)
        return next(name for name, at in self.address.items() if at == address)


def draw(text: str, rule: SizeRule = SizeRule.GLIBC_HEADER) -> DrawnHeap:
    """Lay out a drawing in one segment behind a page of roots."""
    return lay_out_plan(parse(text), rule)


def lay_out_plan(
    plan: Plan,
    rule: SizeRule = SizeRule.GLIBC_HEADER,
    gaps: Iterable[str] = (),
    loose: Iterable[tuple[str, int]] = (),
) -> DrawnHeap:
    """Lay out a plan; blocks named in ``gaps`` begin a segment of their own."""
    address, starts, ends = _place_blocks(plan.sizes, set(gaps))
    words = np.zeros(sum(ends) // 8 - sum(starts) // 8, np.uint64)
    image = describe_image(words, lay_out(starts, ends))
    _fill(image, plan, address, rule)
    words.flags.writeable = False
    values = [address[name] + into for name, into in loose]
    walk = _walk(image, plan, address, rule)
    return DrawnHeap(plan, image, walk, make_roots(len(plan.roots), values), address)


def describe_image(words: np.ndarray, segments: Segments) -> Image:
    """Return an image in which all pages are present, without threads or files."""
    return Image(
        words=words,
        present=np.full(len(words) // 512 // 8 + 1, 255, np.uint8),
        segments=segments,
        regions=_regions(segments.start, segments.end),
        threads=_no_threads(),
        registers=np.zeros(0, np.uint64),
        vectors=np.zeros(0, np.uint64),
    )


def _place_blocks(
    sizes: Mapping[str, int], gaps: set[str]
) -> tuple[dict[str, int], list[int], list[int]]:
    """Return addresses and segments; the first page is that of the roots."""
    address: dict[str, int] = {}
    starts, ends, place = [BASE], [], BASE + 4 * PAGE
    for name, size in sizes.items():
        if name in gaps:
            ends.append(-(-place // PAGE) * PAGE)
            place = ends[-1] + (1 << 26)
            starts.append(place)
        address[name] = place + 16
        place += max(32, (size + 8 + 15) // 16 * 16)
    ends.append(-(-(place + 16) // PAGE) * PAGE)
    return address, starts, ends


def _fill(image: Image, plan: Plan, address: dict[str, int], rule: SizeRule) -> None:
    words = image.words
    for name, size in plan.sizes.items():
        first = image.find_word(address[name])
        if rule != SizeRule.COLUMN:
            words[first - 1] = max(32, (size + 8 + 15) // 16 * 16) | 1
    for (name, at), value in plan.words.items():
        number = value if isinstance(value, int) else address[value[0]] + value[1]
        words[image.find_word(address[name] + at)] = number
    for row, (name, into) in enumerate(plan.roots):
        words[row] = address[name] + into


def usable(size: int, rule: SizeRule) -> int:
    """Return what can be used of a block of which so much was asked for."""
    return size if rule == SizeRule.COLUMN else max(24, (size + 8 + 15) // 16 * 16 - 8)


def _walk(image: Image, plan: Plan, address: dict[str, int], rule: SizeRule) -> Walk:
    starts = image.new_bits()
    for place in address.values():
        granule = image.find_word(place) // 2
        starts[granule >> 6] |= np.uint64(1 << (granule & 63))
    sizes = [usable(size, rule) for size in plan.sizes.values()]
    first = image.segments.start.copy()
    first[0] += np.uint64(4 * PAGE)
    walk = describe_walk(starts, len(sizes), sum(sizes))
    return replace(
        walk,
        size_rule=rule,
        sizes=np.array(sizes, np.uint64) if rule == SizeRule.COLUMN else None,
        area_start=first,
        area_end=image.segments.end.copy(),
    )


def describe_walk(starts: np.ndarray, count: int, size: int) -> Walk:
    """Return a walk that found so many blocks with glibc's headers, of this length."""
    return Walk(
        allocator="drawn",
        version="",
        starts=starts,
        size_rule=SizeRule.GLIBC_HEADER,
        sizes=None,
        area_start=np.zeros(0, np.uint64),
        area_end=np.zeros(0, np.uint64),
        totals=BlockTotals(
            in_use=count,
            in_use_bytes=size,
            free=0,
            free_bytes=0,
            cached=0,
            cached_bytes=0,
        ),
        arenas=_no_arenas(),
        walked_share=1.0,
        is_complete=True,
        resident_in_use_bytes=0,
        resident_free_bytes=0,
    )


def make_roots(words: int, loose: Iterable[int] = ()) -> Roots:
    """Return the first words of the image as a global, and these as registers."""
    values = np.array(list(loose), np.uint64)
    return Roots(
        ranges=RootRanges(
            first_word=np.array([0], np.int64),
            end_word=np.array([words], np.int64),
            kind=np.array([RootKind.GLOBAL], np.int64),
            tid=np.array([-1], np.int64),
            module=np.array([0], np.int64),
        ),
        loose=LooseRoots(
            value=values,
            kind=np.full(len(values), RootKind.REGISTER, np.int64),
            tid=np.full(len(values), 7, np.int64),
            number=np.arange(len(values), dtype=np.int64),
        ),
    )


def _regions(starts: U64, ends: U64) -> Regions:
    count = len(starts)
    return Regions(
        start=starts.copy(),
        end=ends.copy(),
        permissions=TextColumn.of(["rw-p"] * count),
        offset=np.zeros(count, np.uint64),
        path=TextColumn.of([""] * count),
        resident=ends - starts,
        module=np.full(count, -1, np.int64),
        was_copied=np.ones(count, np.int64),
    )


def _no_threads() -> ThreadStates:
    none = np.zeros(0, np.uint64)
    return ThreadStates(
        tid=np.zeros(0, np.int64),
        name=TextColumn.of([]),
        stack_pointer=none.copy(),
        fs_base=none.copy(),
    )


def _no_arenas() -> Arenas:
    none = np.zeros(0, np.int64)
    return Arenas(
        address=none.astype(np.uint64),
        label=TextColumn.of([]),
        system_bytes=none.astype(np.uint64),
        in_use=none.copy(),
        in_use_bytes=none.astype(np.uint64),
        free=none.copy(),
        free_bytes=none.astype(np.uint64),
        walked_share=none.astype(np.float64),
    )
