"""The stress target with its true table of blocks, and how a walk compares with it."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np

from leakgui.worker.allocators import find_allocator, walk
from leakgui.worker.image import WORD_BYTES, Image
from leakgui.worker.recognised import Recognised
from leakgui.worker.walked import SizeRule, Walk
from tests.targets.live_image import take_image

SOURCE = Path(__file__).parents[1] / "targets" / "heap_stress.c"
SLOTS = 12_000
SLOT_BYTES = 32
LIVE = 2
MOST_ROUNDING = 23
"""Bytes of a block that were not asked for, unless a remainder was too small."""
SMALLEST_CHUNK = 32


def build(folder: Path, *flags: str, name: str = "heap_stress") -> Path:
    """Compile the stress target."""
    program = folder / name
    command = ["gcc", "-O1", "-pthread", *flags, str(SOURCE), "-o", str(program)]
    subprocess.run(command, check=True, capture_output=True)
    return program


@dataclass(frozen=True)
class Comparison:
    """What a walk found beside what is true."""

    recognised: Recognised
    walk: Walk
    live: int
    missing: list[int]
    """Addresses of blocks in the table that were not found."""
    others: list[int]
    """Usable sizes of blocks that are not in the table: libc's own, or in flight."""
    wrong_sizes: list[tuple[int, int]]
    """(asked for, found) where the size can't be right."""


class StressedHeap:
    """Runs the stress target; a context manager that ends it."""

    def __init__(
        self,
        command: Sequence[str | Path],
        mode: str,
        options: dict[str, str] | None = None,
        seed: int = 7,
    ) -> None:
        table = os.memfd_create("table")
        os.ftruncate(table, SLOTS * SLOT_BYTES)
        self.process = subprocess.Popen(
            [*map(str, command), str(table), str(SLOTS), str(seed), mode],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            pass_fds=[table],
            env={**os.environ, **(options or {})},
        )
        os.close(table)
        assert self.process.stdout is not None
        assert self.process.stdout.readline() == b"ready\n"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.process.kill()
        self.process.communicate()

    def end(self) -> int:
        """Let it end by itself; its exit status."""
        self.process.communicate()
        return self.process.returncode

    def compare(self) -> Comparison:
        """Copy it, walk it, and hold the walk against its table in the same copy."""
        return compare(take_image(self.process.pid))


def compare(image: Image) -> Comparison:
    """Hold a walk against the table that is in the same image."""
    recognised = find_allocator(image)
    assert recognised.is_understood, recognised.reason
    walked = walk(image, recognised)
    found = list_blocks(image, walked)
    table = _read_table(image)
    live = {int(row[1]): int(row[2]) for row in table if row[0] == LIVE}
    return Comparison(
        recognised=recognised,
        walk=walked,
        live=len(live),
        missing=[address for address in live if address not in found],
        others=sorted(size for address, size in found.items() if address not in live),
        wrong_sizes=[
            (live[address], found[address])
            for address in live
            if address in found and not _may_be(live[address], found[address])
        ],
    )


def list_blocks(image: Image, walked: Walk) -> dict[int, int]:
    """Return the usable size of each block in use by its address."""
    granules = np.flatnonzero(
        np.unpackbits(walked.starts.view(np.uint8), bitorder="little")
    )
    places = granules * 2
    segments = image.segments
    rows = np.searchsorted(segments.first_word, places, "right") - 1
    inside = (places - segments.first_word[rows]) * WORD_BYTES
    heads = image.words[places - 1]
    overhead = np.where(heads & np.uint64(2), 16, 8)
    if walked.size_rule == SizeRule.GLIBC_LESS_8:
        overhead = np.full(len(places), 8)
    sizes = (heads & ~np.uint64(7)).astype(np.int64) - overhead
    addresses = segments.start[rows].astype(np.int64) + inside
    return dict(zip(addresses.tolist(), sizes.tolist(), strict=True))


def _read_table(image: Image) -> np.ndarray:
    regions = image.regions
    row = regions.path.as_list().index("/memfd:table (deleted)")
    place = image.find_word(int(regions.start[row]))
    assert place is not None
    return image.words[place : place + SLOTS * 4].reshape(-1, 4)


def _may_be(asked: int, usable: int) -> bool:
    """Whether malloc may give so much: rounding, a small remainder, or whole pages."""
    least = max(asked, SMALLEST_CHUNK - 8)
    return asked <= usable <= least + MOST_ROUNDING + 16 or usable - asked < 2 * 4096
