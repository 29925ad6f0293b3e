"""Shared memory that a target has mapped, but not touched itself.

It is not in the target's page tables: a worker that inherits a table of its parent's
sees it only when it looks there. What it points to is nevertheless kept. So these
pages are read from the file in memory behind the mapping, where it can be opened
read-only. Only pages that this file holds are read: a hole of it would take memory
when it is read through a mapping, as process_vm_readv(2) does. The target's own page
tables stay as they are.

Files on disks are left alone: what they hold was not put there for this process's
life, and reading them may take long.
"""

from __future__ import annotations

import os
from array import array
from collections import defaultdict
from collections.abc import Iterator
from contextlib import suppress
from functools import cached_property
from typing import NamedTuple

from leakgui.probe.freezing.copying import Ranges
from leakgui.probe.freezing.maps import Mapping, choose_copied, is_shared
from leakgui.probe.freezing.pagemap import PAGE, Runs, clip, no_runs
from leakgui.probe.freezing.plan import MOST_SHARED_BYTES
from leakgui.probe.freezing.same_file import list_names_of, open_same
from leakgui.probe.freezing.system_calls import file_system_of
from leakgui.probe.procfs import list_names, read_link

TMPFS_MAGIC = 0x01021994
"""linux/magic.h: /dev/shm, memfd_create(2), shm_open(3), and what is anonymous."""
IN_FILE = 0
"""A kind of ``Runs``: neither present nor swapped, as far as the target is asked."""
_MOST_EXTENTS = 4096
_MOST_FILES = 256
_IN_MEMORY = (b"/dev/shm/", b"/dev/zero", b"/memfd:", b"/SYSV")
"""How the names begin of what is memory even where it cannot be opened."""

_Identity = tuple[bytes, int, bytes]


class Part(NamedTuple):
    """Pages to be read from one file."""

    file: int
    shift: int
    """A place in the file minus the target's address of it."""
    runs: Runs


class Hidden(NamedTuple):
    """What is not in the target's page tables."""

    parts: list[Part]
    unseen_bytes: int
    """At most so much could not be looked at."""

    @property
    def total_bytes(self) -> int:
        """Return how much can be read."""
        return sum(part.runs.total_bytes for part in self.parts)


class SharedFiles:
    """Files behind the shared memory of one target, opened before it is stopped."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._file_of: dict[_Identity, int] = {}

    def open(self, mappings: list[Mapping], held: Runs) -> None:
        """Open what is needed now; may be called again, for what is new."""
        for mapping in _choose(mappings):
            identity = _identify(mapping)
            if len(self._file_of) >= _MOST_FILES:
                break
            if identity not in self._file_of and _list_absent(mapping, held):
                self._file_of[identity] = self._open(mapping)

    def find(self, mappings: list[Mapping], held: Runs) -> Hidden:
        """Return what is hidden now; ``held`` are the pages in the page tables."""
        parts, unseen = [], 0
        for mapping in _choose(mappings):
            absent = _list_absent(mapping, held)
            if not absent:
                continue
            file = self._file_of.get(_identify(mapping), -1)
            part = _find_part(file, mapping, absent) if file >= 0 else None
            if part is not None:
                parts += [part] if part.runs.start else []
            elif file >= 0 or mapping.path.startswith(_IN_MEMORY):
                unseen += sum(end - begin for begin, end in absent)
        return Hidden(parts, unseen)

    def close(self) -> None:
        """Close all; what was found can no more be read."""
        for file in self._file_of.values():
            if file >= 0:
                os.close(file)
        self._file_of.clear()

    def _open(self, mapping: Mapping) -> int:
        """Return a descriptor of the file in memory behind a mapping, or -1."""
        names = list_names_of(self._pid, mapping)
        names += [(name, 0) for name in self._open_by_path.get(mapping.path_text, ())]
        for path, flags in names:
            with suppress(OSError, ValueError):  # not allowed, gone, no such name
                file = open_same(path, flags, mapping, _is_in_memory)
                if file >= 0:
                    return file
        return -1

    @cached_property
    def _open_by_path(self) -> dict[str, list[str]]:
        """What the target has open, by what it leads to: memory without a name."""
        folder, found = f"/proc/{self._pid}/fd", defaultdict[str, list[str]](list)
        with suppress(OSError):
            for name in list_names(folder):
                with suppress(OSError):  # closed meanwhile
                    found[read_link(f"{folder}/{name}")].append(f"{folder}/{name}")
        return found


def _choose(mappings: list[Mapping]) -> list[Mapping]:
    return [m for m in choose_copied(mappings) if is_shared(m) and m.is_file]


def _identify(mapping: Mapping) -> _Identity:
    return mapping.device, mapping.inode, mapping.path


def _is_in_memory(place: int) -> bool:
    return file_system_of(place) == TMPFS_MAGIC


def _list_absent(mapping: Mapping, held: Runs) -> Ranges:
    """Return what is not held; nothing of a mapping that is too large to be copied."""
    inside = clip(held, [(mapping.start, mapping.end)])
    if inside.total_bytes > MOST_SHARED_BYTES:
        return []
    edges = [mapping.start, *_flatten(inside), mapping.end]
    pairs = zip(edges[0::2], edges[1::2], strict=True)
    return [(begin, end) for begin, end in pairs if begin < end]


def _flatten(runs: Runs) -> list[int]:
    return [edge for pair in zip(runs.start, runs.end, strict=True) for edge in pair]


def _find_part(file: int, mapping: Mapping, absent: Ranges) -> Part | None:
    """Return the absent pages that the file holds; None where they are too many."""
    data = no_runs()
    for begin, end in _list_data(file, mapping):
        data.start.append(begin)
        data.end.append(end)
        data.kind.append(IN_FILE)
    found = clip(data, absent)
    held = mapping.end - mapping.start - sum(end - begin for begin, end in absent)
    if len(data.start) > _MOST_EXTENTS or found.total_bytes + held > MOST_SHARED_BYTES:
        return None
    return Part(file, mapping.offset - mapping.start, found)


def _list_data(file: int, mapping: Mapping) -> Iterator[tuple[int, int]]:
    """Yield the addresses of what a file holds, lseek(2): swapped pages, too."""
    shift = mapping.offset - mapping.start
    end = mapping.end + shift
    place = mapping.offset
    for _ in range(_MOST_EXTENTS + 1):
        try:
            place = os.lseek(file, place, os.SEEK_DATA)
            stop = min(os.lseek(file, place, os.SEEK_HOLE), end)
        except OSError:  # ENXIO: behind all of it
            return
        if place >= end:
            return
        # The last page of a file whose size is no multiple of it is whole in memory.
        yield place // PAGE * PAGE - shift, -(-stop // PAGE) * PAGE - shift
        place = stop


def add_hidden(held: Runs, parts: list[Part]) -> Runs:
    """Return the pages of the page tables and those read from files, sorted."""
    if not any(part.runs.start for part in parts):
        return held
    every = (held, *(part.runs for part in parts))
    rows = sorted(row for runs in every for row in zip(*runs, strict=True))
    return Runs(*(array("Q", column) for column in zip(*rows, strict=True)))
