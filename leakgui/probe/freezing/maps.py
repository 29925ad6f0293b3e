"""Which mappings of a target hold what is copied.

Copied are private writable mappings, the part of a module that was made read-only
after relocation (RELRO), and writable shared memory that is no device: a pointer in
any of them keeps a block reachable.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from leakgui.probe.procfs import as_text

TOP = (1 << 47) - 4096
"""First address above user space: TASK_SIZE_MAX without five-level page tables."""

_LINE = re.compile(
    rb"([0-9a-f]{1,16})-([0-9a-f]{1,16}) ([-r][-w][-x][sp]) ([0-9a-f]{1,16}) "
    rb"([0-9a-f]+:[0-9a-f]+) (\d{1,20}) *(.*)"
)
_KERNELS_OWN = frozenset(
    (b"[vvar]", b"[vvar_vclock]", b"[vdso]", b"[vsyscall]", b"[uprobes]")
)
_MEMORY_IN_DEV = (b"/dev/shm/", b"/dev/zero", b"/dev/hugepages/")
"""What begins with /dev/ and yet is memory; /dev/zero is shared anonymous memory."""


class Mapping(NamedTuple):
    """One line of /proc/PID/maps (proc(5))."""

    start: int
    end: int
    permissions: bytes
    offset: int
    device: bytes
    """``major:minor``, hexadecimal."""
    inode: int
    path: bytes

    @property
    def is_file(self) -> bool:
        """Return whether a named file is behind it."""
        return self.inode != 0 and self.path.startswith(b"/")

    @property
    def path_text(self) -> str:
        r"""Return the path; the kernel writes a line break as ``\012``."""
        return as_text(self.path.replace(b"\\012", b"\n"))


class MapsReader:
    """Parses maps again and again, each different line once.

    The second reading happens while the target stands still: what did not change
    since the first costs one look into a dictionary.
    """

    def __init__(self) -> None:
        self._known: dict[bytes, Mapping | None] = {}

    def parse(self, text: bytes) -> list[Mapping]:
        """Return the mappings below ``TOP``; lines that make no sense are left out."""
        known = self._known
        found = []
        for line in text.split(b"\n"):
            try:
                mapping = known[line]
            except KeyError:
                mapping = known[line] = _parse_line(line)
            if mapping is not None:
                found.append(mapping)
        return found


def _parse_line(line: bytes) -> Mapping | None:
    match = _LINE.fullmatch(line)
    if match is None:
        return None
    start, end, permissions, offset, device, inode, path = match.groups()
    mapping = Mapping(
        int(start, 16),
        int(end, 16),
        permissions,
        int(offset, 16),
        device,
        int(inode),
        path,
    )
    return mapping if mapping.start < mapping.end <= TOP else None


def choose_copied(mappings: list[Mapping]) -> list[Mapping]:
    """Return the mappings whose present pages are copied, in order."""
    return list(_iterate_copied(mappings))


def _iterate_copied(mappings: list[Mapping]) -> Iterator[Mapping]:
    before: Mapping | None = None
    for mapping in mappings:
        if mapping.permissions.startswith(b"rw"):
            if before is not None and _is_relro(before, mapping):
                yield before
            if not _is_device(mapping):
                yield mapping
        before = mapping


def _is_relro(before: Mapping, data: Mapping) -> bool:
    return (
        before.permissions == b"r--p"
        and data.permissions == b"rw-p"
        and before.end == data.start
        and before.is_file
        and (before.inode, before.device) == (data.inode, data.device)
    )


def _is_device(mapping: Mapping) -> bool:
    if mapping.path in _KERNELS_OWN:
        return True
    return mapping.path.startswith(b"/dev/") and not mapping.path.startswith(
        _MEMORY_IN_DEV
    )


def is_shared(mapping: Mapping) -> bool:
    """Return whether other processes may write into it, too."""
    return mapping.permissions.endswith(b"s")
