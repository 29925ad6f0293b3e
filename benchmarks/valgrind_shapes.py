"""Blocks that are lost, block for block against Valgrind, on the same binaries.

    python benchmarks/valgrind_shapes.py [NAME ...]

Each program of ``tests/targets/shapes`` builds a known shape and stands still.
Valgrind runs it to that moment and looks; leakgui pauses a running one and looks.
Prints direct, indirect, possible and reachable blocks of both. Every difference has
its reason here; one that has none is marked, and a test fails.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree as ET

from leakgui.helper.client import HelperClient
from leakgui.model.heap import Level
from leakgui.probe.platform import current
from leakgui.worker.client import WorkerClient

SOURCES = Path(__file__).parent.parent / "tests" / "targets" / "shapes"
_FLAGS = ("-O0", "-g", "-pthread", "-w")
_KINDS = ("DefinitelyLost", "IndirectlyLost", "PossiblyLost", "StillReachable")
_VALGRIND = (
    "valgrind", "-q", "--leak-check=full", "--show-leak-kinds=all",
    "--run-libc-freeres=no", "--run-cxx-freeres=no", "--xml=yes",
)  # fmt: skip
_PATIENCE_S = 120


class Counts(NamedTuple):
    """Blocks by what leads to them."""

    direct: int
    indirect: int
    possible: int
    reachable: int

    def __str__(self) -> str:
        return "  ".join(f"{count:>5}" for count in self)


@dataclass(frozen=True, slots=True)
class Reason:
    """How leakgui's counts differ from Valgrind's, and why that is right."""

    by: Counts
    why: str


def _with_threads(caches: int, vectors: int) -> Reason:
    """Return the difference where threads took memory: both kinds are libc's own."""
    why = f"libc's own: {caches} thread caches; {vectors} thread vectors are held"
    return Reason(Counts(0, 0, -vectors, caches + vectors), why)


_CACHE = Reason(Counts(0, 0, 0, 1), "libc's own: the cache of the thread")
"""``tcache_perthread_struct``: Valgrind runs programs with a malloc of its own."""
DIFFERENCES: dict[str, Reason] = {
    # glibc keeps a pointer 16 bytes into each thread's vector of thread-local blocks,
    # so Valgrind calls it possibly lost; leakgui knows that pointer (Roots).
    "arenas": _with_threads(5, 4),
    "registers": _with_threads(2, 1),
    "thread_locals": _with_threads(2, 1),
    "threads_dead": _with_threads(1, 1),
    "threads_live": _with_threads(4, 3),
}
"""Where leakgui's counts differ from Valgrind's otherwise than by ``_CACHE``."""
WITHOUT_CACHE = ("aligned",)
"""Aligned blocks pass by the thread's cache, so it is never made (glibc 2.36)."""


def find_shapes() -> list[str]:
    """Return the names of all shapes."""
    return sorted(path.stem for path in SOURCES.iterdir() if path.suffix != ".h")


def build(name: str, folder: Path) -> Path:
    """Compile one shape."""
    source = next(path for path in SOURCES.glob(f"{name}.*") if path.suffix != ".h")
    compiler = "g++" if source.suffix == ".cpp" else "gcc"
    program = folder / name
    subprocess.run([compiler, *_FLAGS, "-o", program, source], check=True)
    return program


def ask_valgrind(program: Path) -> Counts:
    """Return what Valgrind says of the program at the moment it stands still."""
    report = program.with_suffix(".xml")
    subprocess.run(
        [*_VALGRIND, f"--xml-file={report}", program, "exit"],
        check=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        timeout=_PATIENCE_S,
    )
    blocks = dict.fromkeys(_KINDS, 0)
    for error in ET.parse(report).iter("error"):
        kind = (error.findtext("kind") or "").removeprefix("Leak_")
        if kind in blocks:
            blocks[kind] += int(error.findtext("xwhat/leakedblocks") or 0)
    return Counts(*blocks.values())


@contextmanager
def standing_still(program: Path) -> Iterator[int]:
    """Start the program, wait until it stands still, give its pid, and let it end."""
    with subprocess.Popen(
        [program], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as child:
        try:
            if child.stdout is None or child.stdout.readline() != b"ready\n":
                message = f"{program.name} did not get ready"
                raise RuntimeError(message)
            yield child.pid
        finally:
            if child.stdin is not None:
                child.stdin.close()
            child.wait(_PATIENCE_S)


def ask_leakgui(pid: int, helper: HelperClient, worker: WorkerClient) -> Counts:
    """Return what leakgui says of the running program."""
    with helper.copy_heap(current().find_key(pid), Level.PAUSE) as copied:
        heap = worker.interpret(copied)
    if heap.leaked is None or not heap.is_complete:
        message = f"not understood: {heap.allocator} {heap.notes}"
        raise RuntimeError(message)
    leaked = heap.leaked
    return Counts(leaked.direct, leaked.indirect, leaked.possible, leaked.reachable)


def expected(name: str, valgrind: Counts) -> Counts:
    """Return what leakgui should say where Valgrind says this."""
    if name in WITHOUT_CACHE:
        return valgrind
    reason = DIFFERENCES.get(name, _CACHE)
    return Counts(*(v + d for v, d in zip(valgrind, reason.by, strict=True)))


def main() -> int:
    """Print the table; returns how many differences have no reason."""
    parser = argparse.ArgumentParser()
    parser.add_argument("names", nargs="*", default=find_shapes())
    names = parser.parse_args().names
    unexplained = same = 0
    heading = "direct indir  poss  reach"
    print(f"{'program':<24}{'Valgrind':<28}leakgui\n{'':<24}{heading:<28}{heading}")
    with (
        tempfile.TemporaryDirectory() as folder,
        HelperClient() as helper,
        WorkerClient() as worker,
    ):
        for name in names:
            program = build(name, Path(folder))
            valgrind = ask_valgrind(program)
            with standing_still(program) as pid:
                ours = ask_leakgui(pid, helper, worker)
            note = ""
            if ours == valgrind:
                same += 1
            elif ours == expected(name, valgrind):
                note = DIFFERENCES.get(name, _CACHE).why
            else:
                unexplained += 1
                note = "NOT EXPLAINED"
            print(f"{name:<24}{valgrind!s:<28}{ours!s:<28}{note}")
    print(f"{same} of {len(names)} equal, {unexplained} differences not explained")
    return unexplained


if __name__ == "__main__":
    sys.exit(main())
