"""A copy of a live process for tests of the worker, made without the helper.

``take_image(pid)`` stops all threads with ptrace, reads their registers and the
private writable memory into an ``Image``, and lets them run again. Modules are opened
and stay open until this process ends.
"""

from __future__ import annotations

import ctypes
import os
from array import array
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from leakgui.model.text_column import TextColumn
from leakgui.worker.image import Image, Module, Regions, Segments, ThreadStates, lay_out

PAGE = 4096
SEIZE, INTERRUPT, DETACH, CONT, GETREGSET = 0x4206, 0x4207, 17, 7, 0x4204
NT_PRSTATUS, NT_X86_XSTATE = 1, 0x202
EVENT_STOP = 128
WALL = 0x40000000
REGISTERS, VECTORS = 27, 32
RSP, FS_BASE = 19, 21
PRESENT_OR_SWAPPED = np.uint64(3 << 62)

MOST_PAGES = 1 << 24
"""Larger mappings are left out: the shadow memory of sanitizers."""

_libc = ctypes.CDLL(None, use_errno=True)
_libc.ptrace.restype = ctypes.c_long
_libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
_opened: dict[tuple[int, int, int], int] = {}


@dataclass(frozen=True)
class _Mapping:
    start: int
    end: int
    permissions: str
    offset: int
    path: str


class _Iovec(ctypes.Structure):
    _fields_ = (("base", ctypes.c_void_p), ("length", ctypes.c_size_t))


def take_image(pid: int, *, with_shared: bool = True) -> Image:
    """Copy a process that this one may trace; its threads stand still meanwhile.

    Must not be asked of a process that is traced already. ``with_shared`` copies
    ``rw-s`` mappings too, but for those of devices.
    """
    stopped: list[int] = []
    try:
        _stop_all(pid, stopped)
        return _read(pid, stopped, with_shared=with_shared)
    finally:
        for tid in stopped:
            _libc.ptrace(DETACH, tid, None, None)


# --- threads -----------------------------------------------------------------


def _stop_all(pid: int, stopped: list[int]) -> None:
    """Stop every thread, those too that are born meanwhile."""
    tried: set[int] = set()
    while True:
        tids = {int(task.name) for task in Path(f"/proc/{pid}/task").iterdir()}
        fresh = sorted(tids - tried)
        if not fresh:
            return
        tried |= tids
        for tid in fresh:
            if _libc.ptrace(SEIZE, tid, None, None) != 0:
                continue  # it has ended
            stopped.append(tid)
            _stop(tid)


def _stop(tid: int) -> None:
    _libc.ptrace(INTERRUPT, tid, None, None)
    while True:
        _, status = os.waitpid(tid, WALL)
        if not os.WIFSTOPPED(status) or status >> 16 == EVENT_STOP:
            return
        _libc.ptrace(CONT, tid, None, os.WSTOPSIG(status))  # hand the signal on


def _read_registers(tid: int) -> tuple[array[int], array[int]]:
    general = _read_set(tid, NT_PRSTATUS, REGISTERS * 8)[: REGISTERS * 8]
    # Intel SDM volume 1, 13.4.1: XMM0 is at byte 160 of the legacy region.
    vectors = _read_set(tid, NT_X86_XSTATE, 16384)[160 : 160 + VECTORS * 8]
    return array("Q", general), array("Q", vectors.ljust(VECTORS * 8, b"\0"))


def _read_set(tid: int, kind: int, size: int) -> bytes:
    buffer = ctypes.create_string_buffer(size)
    span = _Iovec(ctypes.cast(buffer, ctypes.c_void_p), size)
    if _libc.ptrace(GETREGSET, tid, kind, ctypes.addressof(span)) != 0:
        raise OSError(ctypes.get_errno(), "PTRACE_GETREGSET")
    return buffer.raw[: span.length]


# --- memory ------------------------------------------------------------------


def _read(pid: int, tids: list[int], *, with_shared: bool) -> Image:
    mappings = _read_mappings(pid)
    copied = _choose(mappings, with_shared=with_shared)
    flags = [_read_page_flags(pid, mapping) for mapping in mappings]
    chosen = [
        mapping
        for mapping, is_chosen in zip(mappings, copied, strict=True)
        if is_chosen
    ]
    segments = _join(chosen)
    last = int(segments.first_word[-1]) * 8 + int(segments.end[-1] - segments.start[-1])
    words = np.zeros(last // 8, np.uint64)
    pages = np.zeros(last // PAGE, bool)
    with Path(f"/proc/{pid}/mem").open("rb", buffering=0) as memory:
        for mapping, have, is_chosen in zip(mappings, flags, copied, strict=True):
            if is_chosen:
                _copy(memory.fileno(), mapping, have, segments, words, pages)
    paths, modules = _open_modules(pid, mappings)
    states = [_read_registers(tid) for tid in tids]
    general = np.array([word for state in states for word in state[0]], np.uint64)
    words.flags.writeable = False
    return Image(
        words=words,
        present=np.packbits(pages, bitorder="little"),
        segments=segments,
        regions=_as_regions(mappings, copied, flags, paths),
        threads=ThreadStates(
            tid=np.array(tids, np.int64),
            name=TextColumn.of(
                Path(f"/proc/{pid}/task/{tid}/comm").read_text().strip() for tid in tids
            ),
            stack_pointer=general[RSP::REGISTERS].copy(),
            fs_base=general[FS_BASE::REGISTERS].copy(),
        ),
        registers=general,
        vectors=np.array([word for state in states for word in state[1]], np.uint64),
        modules=modules,
        pid=pid,
        executable=str(Path(f"/proc/{pid}/exe").readlink()),
        resident_bytes=int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * PAGE,
    )


def _read_mappings(pid: int) -> list[_Mapping]:
    found = []
    for line in Path(f"/proc/{pid}/maps").read_text().splitlines():
        span, permissions, offset, _device, _inode, *path = line.split(None, 5)
        start, end = (int(part, 16) for part in span.split("-"))
        if start < 1 << 47:
            name = path[0] if path else ""
            found.append(_Mapping(start, end, permissions, int(offset, 16), name))
    return found


def _choose(mappings: list[_Mapping], *, with_shared: bool) -> list[bool]:
    """Say which mappings are copied: what is writable, and what was before RELRO."""
    chosen = []
    for mapping, after in zip(mappings, [*mappings[1:], None], strict=True):
        is_device = mapping.path.startswith("/dev/") and "shm" not in mapping.path
        is_special = mapping.path in {"[vvar]", "[vdso]", "[vvar_vclock]"}
        is_relro = (
            mapping.permissions == "r--p"
            and after is not None
            and after.permissions == "rw-p"
            and after.path == mapping.path
            and after.start == mapping.end
        )
        is_private = (
            mapping.permissions.startswith("rw") and mapping.permissions[3] == "p"
        )
        is_shared = (
            mapping.permissions.startswith("rw") and mapping.permissions[3] == "s"
        )
        is_wanted = is_private or is_relro or (is_shared and with_shared)
        is_fit = (mapping.end - mapping.start) // PAGE <= MOST_PAGES
        chosen.append(is_wanted and is_fit and not is_device and not is_special)
    return chosen


def _read_page_flags(pid: int, mapping: _Mapping) -> np.ndarray:
    """Return for each page whether it is present (or swapped out)."""
    pages = (mapping.end - mapping.start) // PAGE
    if pages > MOST_PAGES:
        return np.zeros(0, bool)
    with Path(f"/proc/{pid}/pagemap").open("rb", buffering=0) as file:
        raw = b""
        file.seek(mapping.start // PAGE * 8)
        while len(raw) < pages * 8:
            part = file.read(pages * 8 - len(raw))
            if not part:
                break
            raw += part
    flags = np.zeros(pages, np.uint64)
    flags[: len(raw) // 8] = np.frombuffer(raw, np.uint64)
    return (flags & PRESENT_OR_SWAPPED) != 0


def _join(mappings: list[_Mapping]) -> Segments:
    """Return segments, neighbours without a gap joined."""
    starts: list[int] = []
    ends: list[int] = []
    for mapping in mappings:
        if ends and ends[-1] == mapping.start:
            ends[-1] = mapping.end
        else:
            starts.append(mapping.start)
            ends.append(mapping.end)
    return lay_out(starts, ends)


def _copy(
    memory: int,
    mapping: _Mapping,
    have: np.ndarray,
    segments: Segments,
    words: np.ndarray,
    pages: np.ndarray,
) -> None:
    """Copy the present pages of a mapping, one run of pages after another."""
    row = int(np.searchsorted(segments.start, np.uint64(mapping.start), "right")) - 1
    inside = mapping.start - int(segments.start[row])
    first_page = (int(segments.first_word[row]) * 8 + inside) // PAGE
    pages[first_page : first_page + len(have)] = have
    buffer = memoryview(words).cast("B")
    edges = np.flatnonzero(np.diff(np.concatenate([[False], have, [False]])))
    for begin, end in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
        place = (first_page + begin) * PAGE
        done, size = 0, (end - begin) * PAGE
        while done < size:
            part = buffer[place + done : place + size]
            try:
                count = os.preadv(memory, [part], mapping.start + begin * PAGE + done)
            except OSError:  # madvise(2), MADV_GUARD_INSTALL: the guard of a stack
                pages[(place + done) // PAGE] = False
                count = PAGE
            if count <= 0:
                break
            done += count


def _as_regions(
    mappings: list[_Mapping],
    copied: list[bool],
    flags: list[np.ndarray],
    paths: dict[str, int],
) -> Regions:
    return Regions(
        start=np.array([mapping.start for mapping in mappings], np.uint64),
        end=np.array([mapping.end for mapping in mappings], np.uint64),
        permissions=TextColumn.of(mapping.permissions for mapping in mappings),
        offset=np.array([mapping.offset for mapping in mappings], np.uint64),
        path=TextColumn.of(mapping.path for mapping in mappings),
        resident=np.array([int(have.sum()) * PAGE for have in flags], np.uint64),
        module=np.array([paths.get(m.path, -1) for m in mappings], np.int64),
        was_copied=np.array(copied, np.int64),
    )


def _open_modules(
    pid: int, mappings: list[_Mapping]
) -> tuple[dict[str, int], tuple[Module, ...]]:
    """Open every file that is mapped to be executed, through the target's own eyes."""
    found: dict[str, int] = {}
    modules: list[Module] = []
    for mapping in mappings:
        is_code = "x" in mapping.permissions and mapping.path.startswith("/")
        if is_code and mapping.path not in found:
            found[mapping.path] = len(modules)
            modules.append(Module(path=mapping.path, fd=_open(pid, mapping)))
    return found, tuple(modules)


def _open(pid: int, mapping: _Mapping) -> int:
    span = f"{mapping.start:x}-{mapping.end:x}"
    for path in (f"/proc/{pid}/map_files/{span}", f"/proc/{pid}/root{mapping.path}"):
        try:
            fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        except OSError:
            continue
        status = os.fstat(fd)
        key = (status.st_dev, status.st_ino, status.st_mtime_ns)
        if key in _opened:
            os.close(fd)
        return _opened.setdefault(key, fd)
    return -1
