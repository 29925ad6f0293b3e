"""Open the files that a target has mapped, so that others can read their symbols.

A target chooses the names of its mappings, so a name is only believed where the file
behind it is the very one that is mapped: same device, same inode, a regular file.
"""

from __future__ import annotations

import os
import re
import stat
from array import array
from typing import NamedTuple

from leakgui.probe.freezing.maps import Mapping
from leakgui.probe.freezing.system_calls import PROT_READ, map_file, unmap
from leakgui.probe.procfs import as_text, read_file
from leakgui.probe.raw import RawGap, RawText, text_column
from leakgui.texts import say_count

MOST_OPENED = 200
_ELF = b"\x7fELF"
_DELETED = b" (deleted)"
_OWN_LINE = re.compile(
    rb"^0*([0-9a-f]+)-\S+ \S+ \S+ ([0-9a-f]+:[0-9a-f]+) (\d+) ", re.MULTILINE
)
_NO_FILE = (b"/dev/", b"/memfd:", b"/SYSV", b"/anon_hugepage")

_Identity = tuple[bytes, int, bytes]
"""Device, inode and path: one file under one name."""


class Modules(NamedTuple):
    """The mapped files and which mapping belongs to which."""

    paths: RawText
    files: list[int]
    """Descriptors, -1 where one was not opened."""
    of_mapping: array[int]
    """[q] For each mapping the module, or -1."""
    gaps: list[RawGap]


def open_modules(pid: int, mappings: list[Mapping]) -> Modules:
    """Open what is mapped executable first, then libraries that are mapped as data."""
    wanted = _list_wanted(mappings)
    number = {identity: at for at, identity in enumerate(wanted)}
    files = [
        _open(pid, mapping) if at < MOST_OPENED else -1
        for at, mapping in enumerate(wanted.values())
    ]
    return Modules(
        text_column(mapping.path_text for mapping in wanted.values()),
        files,
        array("q", [number.get(_identify(mapping), -1) for mapping in mappings]),
        _describe(list(wanted.values()), files),
    )


def _list_wanted(mappings: list[Mapping]) -> dict[_Identity, Mapping]:
    candidates = [
        mapping
        for mapping in mappings
        if mapping.is_file and not mapping.path.startswith(_NO_FILE)
    ]
    code = [mapping for mapping in candidates if b"x" in mapping.permissions]
    data = [mapping for mapping in candidates if mapping.permissions == b"rw-p"]
    wanted: dict[_Identity, Mapping] = {}
    for mapping in code + data:
        wanted.setdefault(_identify(mapping), mapping)
    return wanted


def _identify(mapping: Mapping) -> _Identity:
    return mapping.device, mapping.inode, mapping.path


def _describe(wanted: list[Mapping], files: list[int]) -> list[RawGap]:
    missing = [
        mapping.path_text
        for mapping, file in zip(wanted, files, strict=True)
        if file < 0 and b"x" in mapping.permissions
    ]
    if not missing:
        return []
    detail = say_count(
        "{count} program file could not be opened: {path}",
        "{count} program files could not be opened, for example {path}",
        len(missing),
        path=missing[0],
    )
    return [("modules", "unreadable", detail)]


def _open(pid: int, mapping: Mapping) -> int:
    """Return a readable descriptor of the file behind a mapping, or -1."""
    exact = f"/proc/{pid}/map_files/{mapping.start:x}-{mapping.end:x}"
    by_name = f"/proc/{pid}/root{as_text(mapping.path.removesuffix(_DELETED))}"
    for path, flags in ((exact, 0), (by_name, os.O_NOFOLLOW)):
        try:
            file = _open_same(path, flags, mapping)
        except (OSError, ValueError):
            continue  # not allowed, gone, or a name with a zero byte
        if file >= 0:
            return file
    return -1


def _open_same(path: str, flags: int, mapping: Mapping) -> int:
    # O_PATH first: opening a device or a pipe can do something, looking cannot.
    place = os.open(path, os.O_PATH | os.O_CLOEXEC | flags)
    try:
        if not _could_be(os.fstat(place), mapping):
            return -1
        read_only = os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOCTTY
        file = os.open(f"/proc/self/fd/{place}", read_only)
    finally:
        os.close(place)
    if _is_same(file, mapping) and _is_wanted(file, mapping):
        return file
    os.close(file)
    return -1


def _could_be(status: os.stat_result, mapping: Mapping) -> bool:
    return stat.S_ISREG(status.st_mode) and status.st_ino == mapping.inode


def _is_wanted(file: int, mapping: Mapping) -> bool:
    return b"x" in mapping.permissions or os.pread(file, 4, 0) == _ELF


def _is_same(file: int, mapping: Mapping) -> bool:
    """Compare device numbers; btrfs shows another one in maps than in fstat(2).

    Where they differ the kernel is asked what it would show for this file: it is
    mapped here for a moment.
    """
    device = os.fstat(file).st_dev
    major, _, minor = mapping.device.partition(b":")
    if (os.major(device), os.minor(device)) == (int(major, 16), int(minor, 16)):
        return True
    address = map_file(file, 4096, 0, PROT_READ)
    try:
        wanted = b"%x" % address
        for start, shown, inode in _OWN_LINE.findall(read_file("/proc/self/maps")):
            if start == wanted:
                return (shown, int(inode)) == (mapping.device, mapping.inode)
    finally:
        unmap(address, 4096)
    return False
