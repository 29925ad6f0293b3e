"""Sound images to be spoilt: heaps of every layout made by hand, and a real program."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np

from leakgui.model.text_column import TextColumn
from leakgui.worker.image import Image, ThreadStates
from tests.targets.live_image import take_image
from tests.unit.worker.heap_maker import (
    CACHED,
    DATA,
    FAST,
    FREE,
    LIVE,
    MAIN,
    Flavour,
    MadeHeap,
)

SOURCE = Path(__file__).parents[2] / "targets" / "hostile_zoo.cpp"
_THREADS, _REGISTERS, _VECTORS = 2, 27, 32


def make_scene(flavour: Flavour) -> Image:
    """Return a heap with two further arenas, lists of all kinds and mapped blocks."""
    heap = MadeHeap(flavour)
    kinds = (LIVE, FAST, LIVE, FREE, CACHED, LIVE, CACHED, LIVE)
    chunks = [(32 + number * 48 % 1200, kinds[number % 8]) for number in range(200)]
    heap.write_main([(size & -16, kind) for size, kind in chunks] + [(32, LIVE)])
    for part in (chunks[8:96], chunks[40:128]):
        heap.write_further([*((size & -16, kind) for size, kind in part), (32, LIVE)])
    for pages, lead in ((40, 0), (36, 0x1000 - 16), (50, 0)):
        heap.write_mapped(pages, lead)
    _link(heap)
    return _with_threads(heap.take_image())


def _link(heap: MadeHeap) -> None:
    """Let blocks point to one another, and libc's data to some of them."""
    live = sorted(heap.live)
    for number, block in enumerate(live):
        if number % 5:
            heap.words[block + 8] = live[(number * 7 + 1) % len(live)] + number % 3 * 8
    for number in range(0, 20, 2):
        heap.words[DATA + 8 * number] = live[number * 3 % len(live)]


def _with_threads(image: Image) -> Image:
    return replace(
        image,
        threads=ThreadStates(
            tid=np.arange(1, _THREADS + 1),
            name=TextColumn.of(["one", "two"]),
            stack_pointer=np.full(_THREADS, MAIN, np.uint64),
            fs_base=np.full(_THREADS, DATA + 0x100, np.uint64),
        ),
        registers=np.resize(image.words, _THREADS * _REGISTERS),
        vectors=np.resize(image.words, _THREADS * _VECTORS),
        resident_bytes=len(image.words) * 8,
    )


@contextmanager
def running(folder: Path, *flags: str) -> Iterator[int]:
    """Compile the program that holds a little of everything, and start it; its pid."""
    program = folder / "zoo"
    command = ["g++", "-std=c++20", "-O1", *flags, str(SOURCE), "-o", str(program)]
    subprocess.run([*command, "-pthread"], check=True, timeout=100)
    with subprocess.Popen(
        [str(program)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        yield process.pid
        process.communicate(timeout=20)


def copy_real(folder: Path) -> Image:
    """Return the image of that program, which has ended since."""
    with running(folder) as pid:
        return take_image(pid)
