"""Control groups, version 1, 2 and mixed: which one binds, its limit and its use."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from leakgui.probe.procfs import (
    as_text,
    parse_number,
    read_file,
    read_number,
    read_start,
)
from leakgui.texts import say

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


@dataclass(slots=True)
class Groups:
    """What was read of a process's groups: values and side facts."""

    reading: dict[str, float] = field(default_factory=dict)
    facts: dict[str, str] = field(default_factory=dict)


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


def parse_pairs(text: bytes) -> dict[str, int]:
    """Return ``name 123`` lines: memory.stat, memory.events, memory.oom_control."""
    pairs: dict[str, int] = {}
    for line in text.split(b"\n"):
        name, _, number = line.partition(b" ")
        value = parse_number(number)
        if name and value is not None:
            pairs[as_text(name)] = value
    return pairs


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


class GroupReader:
    """Reads the groups of one process; remembers where the hierarchies are mounted."""

    def __init__(self) -> None:
        self._mounts: dict[str, Mount] | None = None

    def read(self, folder: int) -> Groups:
        """Return metrics and facts from an open /proc/PID; raises ``OSError``."""
        paths = parse_groups(read_start("cgroup", folder))
        groups = Groups()
        self._add("memory", paths, groups, _READ_MEMORY)
        self._add("pids", paths, groups, _READ_PIDS)
        return groups

    def _add(
        self,
        controller: str,
        paths: dict[str, str],
        groups: Groups,
        readers: dict[int, ReadGroup],
    ) -> None:
        """Ask version 1 where it has the controller, else version 2 (mixed mode)."""
        version, name = (1, controller) if controller in paths else (2, "")
        mount = self._known_mounts().get(name)
        if mount is None or name not in paths:
            return
        place = find_place(paths[name], mount)
        bound, reading = readers[version](place)
        groups.reading.update(reading)
        if controller == "memory":
            groups.facts.update(_facts(paths[name], place, bound))

    def _known_mounts(self) -> dict[str, Mount]:
        if self._mounts is None:
            try:
                self._mounts = parse_mounts(read_file("/proc/self/mountinfo"))
            except OSError:
                self._mounts = {}
        return self._mounts


def _facts(path: str, place: Place, bound: Bound) -> dict[str, str]:
    facts = {"cgroup_path": path}
    if place.is_fallback:
        facts["cgroup_note"] = say(
            "The control group {path} is not visible from here; "
            "the numbers are of the outermost group that is.",
            path=path,
        )
    if bound.limit is not None and bound.folder != place.folder:
        facts["cgroup_limit_path"] = bound.folder[len(place.point) :] or "/"
    return facts


def read_memory_v2(place: Place) -> tuple[Bound, dict[str, float]]:
    """Return the memory numbers of version 2.

    Files: Documentation/admin-guide/cgroup-v2.rst. Use and events are those of the
    group whose limit binds; the root group has neither, so nothing is known there.
    """
    bound = find_bound(place, "memory.max")
    stat, events = _pairs(bound, "memory.stat"), _pairs(bound, "memory.events")
    used = read_number(f"{bound.folder}/memory.current")
    reading = _memory(used, stat.get("inactive_file"), bound.limit)
    _put(reading, "oom_kills", events.get("oom_kill"))
    _put(reading, "limit_hits", events.get("max"))
    return bound, reading


def read_memory_v1(place: Place) -> tuple[Bound, dict[str, float]]:
    """Return the memory numbers of version 1.

    Files: Documentation/admin-guide/cgroup-v1/memory.rst. The kernel itself says the
    smallest limit on the way to the root, groups we cannot see included.
    """
    bound = find_bound(place, "memory.limit_in_bytes")
    stat = _pairs(bound, "memory.stat")
    smallest = stat.get("hierarchical_memory_limit", UNLIMITED)
    if smallest < UNLIMITED:
        bound = Bound(bound.folder, min(smallest, bound.limit or smallest))
    used = read_number(f"{bound.folder}/memory.usage_in_bytes")
    reading = _memory(used, stat.get("total_inactive_file"), bound.limit)
    _put(reading, "oom_kills", _pairs(bound, "memory.oom_control").get("oom_kill"))
    _put(reading, "limit_hits", read_number(f"{bound.folder}/memory.failcnt"))
    return bound, reading


def read_pids(place: Place) -> tuple[Bound, dict[str, float]]:
    """Return the threads of the group and their limit; the same in both versions."""
    bound = find_bound(place, "pids.max")
    reading: dict[str, float] = {}
    _put(reading, "cgroup_pids", read_number(f"{bound.folder}/pids.current"))
    _put(reading, "limit_cgroup_pids", bound.limit)
    return bound, reading


ReadGroup = Callable[[Place], tuple[Bound, dict[str, float]]]
_READ_MEMORY: dict[int, ReadGroup] = {1: read_memory_v1, 2: read_memory_v2}
_READ_PIDS: dict[int, ReadGroup] = {1: read_pids, 2: read_pids}


def _memory(used: int | None, idle: int | None, limit: int | None) -> dict[str, float]:
    """Return use without the file cache that the kernel would drop first."""
    reading: dict[str, float] = {}
    if used is not None and idle is not None:
        reading["cgroup_bytes"] = float(max(0, used - idle))
    _put(reading, "limit_cgroup_bytes", limit)
    return reading


def _put(reading: dict[str, float], key: str, value: int | None) -> None:
    if value is not None:
        reading[key] = float(value)


def _pairs(bound: Bound, name: str) -> dict[str, int]:
    try:
        return parse_pairs(read_start(f"{bound.folder}/{name}"))
    except OSError:
        return {}
