"""Memory and threads of control groups, version 1, 2 and mixed: use and limit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from leakgui.probe.group_tree import (
    UNLIMITED,
    Bound,
    Mount,
    Place,
    find_bound,
    find_place,
    parse_groups,
    parse_mounts,
)
from leakgui.probe.procfs import (
    as_text,
    parse_number,
    read_file,
    read_number,
    read_start,
)
from leakgui.texts import say


@dataclass(slots=True)
class Groups:
    """What was read of a process's groups: values and side facts."""

    reading: dict[str, float] = field(default_factory=dict)
    facts: dict[str, str] = field(default_factory=dict)


def parse_pairs(text: bytes) -> dict[str, int]:
    """Return ``name 123`` lines: memory.stat, memory.events, memory.oom_control."""
    pairs: dict[str, int] = {}
    for line in text.split(b"\n"):
        name, _, number = line.partition(b" ")
        value = parse_number(number)
        if name and value is not None:
            pairs[as_text(name)] = value
    return pairs


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
