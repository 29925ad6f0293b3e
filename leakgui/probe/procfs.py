"""Open and read files of /proc, and take apart the shapes they share.

Everything here raises plain ``OSError``; ``leakgui.probe.edge`` says what it means.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

CHUNK = 1 << 16
"""More than one page at once is only given by files without records (proc(5))."""

_KIB_LINE = re.compile(rb"^([A-Za-z][\w()]*):[ \t]*(\d+) kB$", re.MULTILINE)


@cache
def page_bytes() -> int:
    """Return the size of a page."""
    return os.sysconf("SC_PAGE_SIZE")


@cache
def ticks_per_s() -> int:
    """Return how many clock ticks of ``/proc/PID/stat`` make a second."""
    return os.sysconf("SC_CLK_TCK")


@cache
def boot_unix_s() -> float:
    """Return when the system was started (``btime`` in /proc/stat, proc(5))."""
    for line in read_file("/proc/stat").splitlines():
        if line.startswith(b"btime "):
            return float(line[6:])
    return 0.0


def read_all(descriptor: int) -> bytes:
    """Read an open file from where it stands to its end.

    Chunks are joined once: adding up a 40 MB maps file page by page takes minutes.
    """
    chunks = []
    while chunk := os.read(descriptor, CHUNK):
        chunks.append(chunk)
    return chunks[0] if len(chunks) == 1 else b"".join(chunks)


def read_file(path: str, folder: int | None = None) -> bytes:
    """Return the whole file; ``folder`` is an open directory the path starts from."""
    with opened_file(path, folder) as descriptor:
        return read_all(descriptor)


def read_start(path: str, folder: int | None = None) -> bytes:
    """Return at most the first ``CHUNK`` bytes, by a single read."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC, dir_fd=folder)
    try:
        return os.read(descriptor, CHUNK)
    finally:
        os.close(descriptor)


def read_number(path: str) -> int | None:
    """Return the single number in a small file; None for ``max``, absent, refused."""
    try:
        text = read_start(path)
    except OSError:
        return None
    return parse_number(text)


def list_names(path: str | int) -> list[str]:
    """Return what is in a directory, by path or descriptor."""
    return os.listdir(path)  # noqa: PTH208  # Path objects cost more than reading


def owner_of(path: str) -> int:
    """Return the user that a file belongs to."""
    return os.stat(path).st_uid  # noqa: PTH116  # Path objects cost more than reading


def read_link(path: str, folder: int | None = None) -> str:
    """Return where a link leads; what is not UTF-8 becomes surrogates."""
    return os.readlink(path, dir_fd=folder)


def count_handles_of(path: str) -> int:
    """Return how many handles are in a /proc/PID/fd.

    Linux 6.2 and newer tell it as the size of the folder (``fs/proc/fd.c``,
    proc_fd_getattr), even where the folder may not be listed; older ones say 0.
    """
    # Path objects cost more than reading.
    return os.stat(path).st_size or len(os.listdir(path))  # noqa: PTH116, PTH208


def parse_number(text: bytes) -> int | None:
    """Return a whole number of at most 20 digits; None for anything else."""
    text = text.strip()
    # isdigit of bytes is ASCII only; more digits than 2**64 has are no count.
    return int(text) if text.isdigit() and len(text) <= 20 else None


def open_folder(path: str, folder: int | None = None) -> int:
    """Return a descriptor that later reads of the same process start from.

    It names the process itself and not its pid: when the pid is used again, reads
    through this descriptor fail with ENOENT or ESRCH (``fs/proc/base.c``).
    """
    return os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC, dir_fd=folder)


@contextmanager
def opened_file(path: str, folder: int | None = None) -> Iterator[int]:
    """Hold a file open for a while."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC, dir_fd=folder)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


@contextmanager
def opened_folder(path: str, folder: int | None = None) -> Iterator[int]:
    """Hold a directory open for a while; see ``open_folder``."""
    descriptor = open_folder(path, folder)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def parse_kib(text: bytes) -> dict[str, int]:
    """Return the ``Name:  123 kB`` lines of status, smaps_rollup or meminfo in bytes.

    A name that occurs twice counts with its first value; the layout is proc(5).
    """
    found: dict[str, int] = {}
    for name, digits in _KIB_LINE.findall(text):
        if len(digits) <= 20:
            found.setdefault(name.decode("ascii"), int(digits) * 1024)
    return found


def as_text(raw: bytes) -> str:
    """Return bytes of a stranger as text; what is not UTF-8 becomes surrogates."""
    return raw.decode("utf-8", "surrogateescape")
