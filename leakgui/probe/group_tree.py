"""Where the control groups of a process lie, and which limit on the way up binds."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from typing import NamedTuple

from leakgui.probe.procfs import as_text, read_number

UNLIMITED = 1 << 62
"""Version 1 writes PAGE_COUNTER_MAX pages, 9223372036854771712 bytes, for no limit
(include/linux/page_counter.h); nobody has 4 EiB, so anything that large is none."""

_OCTAL = re.compile(rb"\\([0-3][0-7]{2})")
_DEEPEST = 64


class Mount(NamedTuple):
    """Where a hierarchy of control groups can be seen."""

    point: str
    root: str
    """The group that is shown at ``point``; ``/`` is the whole hierarchy."""


class Place(NamedTuple):
    """The folder of a process's group in one hierarchy."""

    folder: str
    point: str
    is_fallback: bool
    """True: the group itself is not visible, this is the root of the mount."""


class Bound(NamedTuple):
    """The group on the way to the root whose limit is the smallest."""

    folder: str
    limit: int | None


def parse_groups(text: bytes) -> dict[str, str]:
    """Return controller → path from /proc/PID/cgroup (cgroups(7)).

    Version 2 has the controller ``""``; a named hierarchy is ``name=systemd``.
    A path can hold colons; lines that look otherwise are left out.
    """
    paths: dict[str, str] = {}
    for line in text.split(b"\n"):
        fields = line.split(b":", 2)
        if len(fields) == 3 and fields[0].isdigit():
            for controller in fields[1].split(b","):
                paths.setdefault(as_text(controller), as_text(fields[2]))
    return paths


def parse_mounts(text: bytes) -> dict[str, Mount]:
    """Return controller → mount from /proc/PID/mountinfo (proc(5)); ``""`` is v2.

    Of a hierarchy that is mounted more than once, the mount that shows most counts.
    """
    mounts: dict[str, Mount] = {}
    for line in text.split(b"\n"):
        before, _, after = line.partition(b" - ")
        fields, kind = before.split(b" "), after.split(b" ")
        if len(fields) < 5 or len(kind) < 3 or kind[0] not in {b"cgroup", b"cgroup2"}:
            continue
        mount = Mount(_unescape(fields[4]), _unescape(fields[3]))
        names = [b""] if kind[0] == b"cgroup2" else kind[2].split(b",")
        for name in map(as_text, names):
            if name not in mounts or len(mount.root) < len(mounts[name].root):
                mounts[name] = mount
    return mounts


def _unescape(raw: bytes) -> str:
    return as_text(_OCTAL.sub(lambda found: bytes([int(found[1], 8)]), raw))


def find_place(path: str, mount: Mount) -> Place:
    """Return where a group lies in the file system, or the mount's root instead.

    Inside a container the path is often one of the host's, or begins with ``/..``
    because it lies outside of our namespace (cgroup_namespaces(7)).
    """
    inside = _inside(path, mount.root)
    if inside is not None and ".." not in inside.split("/"):
        folder = mount.point.rstrip("/") + inside.rstrip("/")
        if os.path.isdir(folder):  # noqa: PTH112  # paths are plain texts here
            return Place(folder, mount.point, is_fallback=False)
    return Place(mount.point, mount.point, is_fallback=True)


def _inside(path: str, root: str) -> str | None:
    if root == "/":
        return path
    if path == root or path.startswith(root + "/"):
        return path[len(root) :]
    return None


def climb(place: Place) -> Iterator[str]:
    """Yield the folder of the group and of each group above, up to the mount."""
    folder = place.folder
    for _ in range(_DEEPEST):
        yield folder
        if folder == place.point or len(folder) <= len(place.point):
            return
        folder = folder.rpartition("/")[0]


def find_bound(place: Place, name: str) -> Bound:
    """Return the group with the smallest limit in its file ``name``.

    Of equal limits the outermost counts, because it is used the most; without any
    limit it is the process's own group, with None.
    """
    bound = Bound(place.folder, None)
    for folder in climb(place):
        limit = read_number(f"{folder}/{name}")
        if limit is None or limit >= UNLIMITED:
            continue
        if bound.limit is None or limit <= bound.limit:
            bound = Bound(folder, limit)
    return bound
