"""Open the very file that a target has mapped, read-only and without any effect.

A target chooses the names of its mappings, so a name is only believed where the file
behind it is the one that is mapped: same device, same inode, a regular file.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Callable

from leakgui.probe.freezing.maps import Mapping
from leakgui.probe.freezing.pagemap import PAGE
from leakgui.probe.freezing.system_calls import PROT_READ, map_file, unmap
from leakgui.probe.procfs import as_text, read_file

_DELETED = b" (deleted)"
_OWN_LINE = re.compile(
    rb"^0*([0-9a-f]+)-\S+ \S+ \S+ ([0-9a-f]+:[0-9a-f]+) (\d+) ", re.MULTILINE
)


def list_names_of(pid: int, mapping: Mapping) -> list[tuple[str, int]]:
    """Return where the file may be found, and how a name there is to be opened.

    The first leads to the file itself but needs rights (proc(5), map_files).
    """
    exact = f"/proc/{pid}/map_files/{mapping.start:x}-{mapping.end:x}"
    by_name = f"/proc/{pid}/root{as_text(mapping.path.removesuffix(_DELETED))}"
    return [(exact, 0), (by_name, os.O_NOFOLLOW)]


def open_same(
    path: str,
    flags: int,
    mapping: Mapping,
    is_wanted: Callable[[int], bool] = lambda _: True,
) -> int:
    """Return a descriptor of a file if it is the mapped one, else -1.

    ``is_wanted`` is asked about a descriptor (O_PATH) before the file is opened.
    Raises ``OSError``, and ``ValueError`` for a name that is none.
    """
    # O_PATH first: opening a device or a pipe can do something, looking cannot.
    place = os.open(path, os.O_PATH | os.O_CLOEXEC | flags)
    try:
        if not _could_be(os.fstat(place), mapping) or not is_wanted(place):
            return -1
        read_only = os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOCTTY
        file = os.open(f"/proc/self/fd/{place}", read_only)
    finally:
        os.close(place)
    if _is_same(file, mapping):
        return file
    os.close(file)
    return -1


def _could_be(status: os.stat_result, mapping: Mapping) -> bool:
    return stat.S_ISREG(status.st_mode) and status.st_ino == mapping.inode


def _is_same(file: int, mapping: Mapping) -> bool:
    """Compare device numbers; btrfs shows another one in maps than in fstat(2).

    Where they differ the kernel is asked what it would show for this file: it is
    mapped here for a moment.
    """
    device = os.fstat(file).st_dev
    major, _, minor = mapping.device.partition(b":")
    if (os.major(device), os.minor(device)) == (int(major, 16), int(minor, 16)):
        return True
    address = map_file(file, PAGE, 0, PROT_READ)
    try:
        wanted = b"%x" % address
        for start, shown, inode in _OWN_LINE.findall(read_file("/proc/self/maps")):
            if start == wanted:
                return (shown, int(inode)) == (mapping.device, mapping.inode)
    finally:
        unmap(address, PAGE)
    return False
