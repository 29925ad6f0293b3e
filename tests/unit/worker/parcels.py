"""Copied heaps as the helper would send them, made by hand."""

from __future__ import annotations

import fcntl
import io
import os
from array import array
from dataclasses import dataclass
from typing import Self

from leakgui.helper.packing import pack_heap_copy
from leakgui.model.process import ProcessKey
from leakgui.probe.raw import text_column
from leakgui.probe.raw_heap import RawHeapCopy
from leakgui.wire.frames import Frame, Sent, read_frame, write_frame
from leakgui.wire.passing import Parcel

KEY = ProcessKey(812, 5000)
START = 0x7F00_0000_0000
PAGE = 4096
ALL_SEALS = (
    fcntl.F_SEAL_SEAL | fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_WRITE
)


def memory(pages: dict[int, bytes], seals: int = ALL_SEALS, size: int = 1 << 47) -> int:
    """Return a memory file with these pages at these addresses."""
    file = os.memfd_create("copied", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    os.ftruncate(file, size)
    for address, content in pages.items():
        os.pwrite(file, content, address)
    fcntl.fcntl(file, fcntl.F_ADD_SEALS, seals)
    return file


def raw_copy(key: ProcessKey = KEY) -> RawHeapCopy:
    """Two segments, one with a hole; one thread; two modules, one of them open."""
    return RawHeapCopy(
        key=key,
        level="inject",
        paused_ms=1.5,
        estimated_ms=2.0,
        copied_bytes=2 * PAGE,
        resident_bytes=3 * PAGE,
        taken_unix_s=12.0,
        executable="/bin/x",
        memory=memory({0x1000: b"A" * PAGE, START: b"B" * PAGE}),
        module_files=[-1, os.open("/dev/null", os.O_RDONLY)],
        modules=text_column(["/lib/a", "/lib/b"]),
        segments={
            "start": array("Q", [0x1000, START]),
            "end": array("Q", [0x3000, START + PAGE]),
        },
        present=array("B", [0b101]),
        regions={
            "start": array("Q", [0x1000, START, 0xFFFFFFFFFF600000]),
            "end": array("Q", [0x3000, START + PAGE, 0xFFFFFFFFFF601000]),
            "permissions": text_column(["rw-p", "r-xp", "--xp"]),
            "offset": array("Q", [0, 0, 0]),
            "path": text_column(["", "/lib/b", "[vsyscall]"]),
            "resident": array("Q", [PAGE, PAGE, 0]),
            "module": array("q", [-1, 1, -1]),
            "was_copied": array("q", [1, 1, 0]),
        },
        threads={"tid": array("q", [812]), "name": text_column(["x"])},
        registers=array("Q", range(27)),
        vectors=array("Q", range(32)),
    )


@dataclass
class Copied:
    """What ``leakgui.worker.client`` takes; close it."""

    parcel: Parcel

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.parcel.close()


def received(
    raw: RawHeapCopy | None = None,
    columns: dict[str, Sent | None] | None = None,
    **header: object,
) -> Parcel:
    """Return a copy as it arrives, with columns and what its header says changed."""
    raw = raw or raw_copy()
    answer = pack_heap_copy(raw)
    sent = {**dict(answer.columns), **(columns or {})}
    files = [os.dup(file) for file in answer.files]
    raw.close()
    kept = [(name, column) for name, column in sent.items() if column is not None]
    return Parcel(across({**answer.header, **header}, kept), files)


def across(header: dict[str, object], columns: list[tuple[str, Sent]]) -> Frame:
    pipe = io.BytesIO()
    write_frame(pipe, header, columns)
    frame = read_frame(io.BytesIO(pipe.getvalue()))
    assert frame is not None
    return frame
