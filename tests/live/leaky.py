"""A C program that loses known numbers of blocks, started for tests of the heap."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from leakgui.demo.building import find_compiler
from leakgui.demo.catalogue import Language
from leakgui.probe.platform import current

SOURCE = Path(__file__).parents[1] / "targets" / "leaky_heap.c"
KEPT, KEPT_MORE = 300, 200
DIRECT, DIRECT_USABLE = 1000, 136
INDIRECT, INDIRECT_USABLE = 500, 40
DIRECT_BYTES, INDIRECT_BYTES = DIRECT * DIRECT_USABLE, INDIRECT * INDIRECT_USABLE


class Leaky:
    """The program; it does what it is told before a call returns."""

    def __init__(self, program: Path) -> None:
        self.process = subprocess.Popen(
            [str(program)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.pid = self.process.pid
        assert self.process.stdout.readline() == "ready\n"

    def tell(self, what: str) -> None:
        self.process.stdin.write(f"{what}\n")
        self.process.stdin.flush()
        assert self.process.stdout.readline() == "done\n"

    def end(self) -> None:
        self.process.kill()
        self.process.communicate()


def build(folder: Path) -> Path:
    """Compile it; skips where that cannot be done, or the heap is not understood."""
    compiler = find_compiler(Language.C)
    is_known = current().name == "linux" and os.uname().machine == "x86_64"
    if compiler is None or not is_known:
        pytest.skip("needs a C compiler on Linux x86-64")
    program = folder / "leaky_heap"
    subprocess.run([compiler, "-O1", "-o", program, SOURCE], check=True)
    return program
