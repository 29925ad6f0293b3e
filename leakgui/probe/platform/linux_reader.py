"""Measure one Linux process again and again through descriptors kept open."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable

from leakgui.errors import Unsupported
from leakgui.model.metric import Reading, Tier
from leakgui.model.process import ProcessKey, Target
from leakgui.probe import counters, handles, limits
from leakgui.probe.cgroups import GroupReader
from leakgui.probe.edge import translate
from leakgui.probe.handles import SeenHandle
from leakgui.probe.identity import read_target
from leakgui.probe.process_stat import Stat, ask_alive, check_alive, parse_stat
from leakgui.probe.procfs import (
    list_names,
    open_folder,
    opened_file,
    opened_folder,
    read_file,
)
from leakgui.texts import say

_LARGEST = 1 << 14
"""stat, status and io come whole by one read (seq_file, single_open)."""

_edge = translate((OSError,), ask_alive)


class LinuxReader:
    """Reads /proc/PID through an open descriptor of it, never through its number.

    A pid that is used again can therefore not be mistaken for the process. statm is
    left alone: all memory counters come from one read of status, so that RSS is the
    sum of its parts.
    """

    def __init__(self, key: ProcessKey) -> None:
        self.key = key
        self._open: list[int] = []
        self._groups = GroupReader()
        self._group_facts: dict[str, str] = {}
        self._has_size = False
        self._io: int | None = None
        try:
            self._start()
        except BaseException:
            self.close()
            raise
        self._read_by_tier: dict[Tier, Callable[[], Reading]] = {
            Tier.COUNTERS: self._read_counters,
            Tier.HANDLES: self._read_handle_kinds,
            Tier.SHARES: self._read_shares,
            Tier.MAPPINGS: self._read_mappings,
            Tier.LIMITS: self._read_limits,
        }

    @_edge
    def describe(self) -> Target:
        self._check()
        return read_target(self.key, self._folder)

    def facts(self) -> dict[str, str]:
        if not self._group_facts and self._open:
            # An error says that it ended: nothing is known of its groups then.
            with contextlib.suppress(OSError):
                self._group_facts = self._groups.read(self._folder).facts
        return {"system": limits.system_name(), **self._group_facts}

    @_edge
    def read(self, tier: Tier) -> Reading:
        return self._read_by_tier[tier]()

    @_edge
    def read_handles(self) -> tuple[Reading, list[SeenHandle]]:
        seen = handles.list_handles_at(self._folder)
        has_states = handles.has_tcp_table(self._folder)
        self._check_memory()
        return handles.reading_of(seen, has_states=has_states), seen

    @_edge
    def read_state(self) -> str:
        return self._read_stat().state

    def close(self) -> None:
        while self._open:
            os.close(self._open.pop())
        # The numbers may soon be those of other files.
        self._folder = self._stat = self._status = self._handles = -1
        self._io = None

    @_edge
    def _start(self) -> None:
        self._folder = self._keep(open_folder(f"/proc/{self.key.pid}"))
        self._stat = self._keep_file("stat")
        self._check()
        self._is_kernel_thread = self._read_stat().is_kernel_thread
        self._status = self._keep_file("status")
        with contextlib.suppress(OSError):
            self._io = self._keep_file("io")
        # Naming the folder needs no right to list it, and it still tells its size.
        path_only = os.O_PATH | os.O_CLOEXEC
        self._handles = self._keep(os.open("fd", path_only, dir_fd=self._folder))

    def _keep(self, descriptor: int) -> int:
        self._open.append(descriptor)
        return descriptor

    def _keep_file(self, name: str) -> int:
        flags = os.O_RDONLY | os.O_CLOEXEC
        return self._keep(os.open(name, flags, dir_fd=self._folder))

    def _read_stat(self) -> Stat:
        return parse_stat(os.pread(self._stat, _LARGEST, 0))

    def _check(self) -> Stat:
        stat = self._read_stat()
        check_alive(stat, self.key)
        return stat

    def _check_memory(self) -> None:
        """Refuse what was read while the process gave its memory and handles back."""
        if self._check().is_ending:
            raise Unsupported(
                say("The first thread of process {pid} has ended.", pid=self.key.pid),
                say("The system shows no memory and no handles of it any more."),
            )

    def _read_counters(self) -> Reading:
        reading = counters.parse_status(os.pread(self._status, _LARGEST, 0))
        count = self._count_handles()
        reading.update(self._read_io())
        # Last, because what was read before this was read from a living process.
        stat = self._check()
        if stat.is_ending:
            return counters.reading_of_stat(stat)
        if count is not None:
            reading["handles"] = float(count)
        reading.update(counters.reading_of_stat(stat))
        return reading

    def _count_handles(self) -> int | None:
        """Return how many handles are open; see ``procfs.count_handles_of``."""
        count = os.fstat(self._handles).st_size
        if count or self._has_size:
            self._has_size = True
            return count
        try:
            with opened_folder("fd", self._folder) as listed:
                return len(list_names(listed))
        except PermissionError:
            return None

    def _read_io(self) -> dict[str, float]:
        if self._io is None:
            return {}
        try:
            return counters.parse_io(os.pread(self._io, _LARGEST, 0))
        except PermissionError:
            return {}

    def _read_handle_kinds(self) -> Reading:
        reading = handles.read_kinds(self._folder)
        self._check_memory()
        return reading

    def _read_shares(self) -> Reading:
        self._refuse_kernel_thread()
        reading = counters.parse_rollup(read_file("smaps_rollup", self._folder))
        self._check_memory()
        return reading

    def _read_mappings(self) -> Reading:
        self._refuse_kernel_thread()
        with opened_file("maps", self._folder) as maps:
            reading = counters.count_mappings(maps)
        self._check_memory()
        return reading

    def _read_limits(self) -> Reading:
        reading = limits.read_process_limits(self._folder)
        groups = self._groups.read(self._folder)
        self._group_facts = groups.facts
        self._check()
        return {**reading, **groups.reading, **limits.read_system_limits()}

    def _refuse_kernel_thread(self) -> None:
        if self._is_kernel_thread:
            raise Unsupported(
                say("Process {pid} is a kernel thread.", pid=self.key.pid),
                say("It has no memory of its own."),
            )
