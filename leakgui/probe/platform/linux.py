"""What /proc tells on Linux."""

from __future__ import annotations

from leakgui.model.process import Process, ProcessKey
from leakgui.probe import capabilities
from leakgui.probe.discovery import ProcessList
from leakgui.probe.edge import explain
from leakgui.probe.face import Capability, Reader
from leakgui.probe.identity import find_key
from leakgui.probe.ownership import Owner
from leakgui.probe.platform.linux_reader import LinuxReader
from leakgui.probe.process_stat import ask_alive
from leakgui.probe.raw import Progress, RawSnapshot
from leakgui.probe.raw_heap import RawEstimate, RawHeapCopy


class Linux:
    """Looks at processes by reading /proc; stops one only to copy its heap."""

    name = "linux"

    def __init__(self) -> None:
        self._list = ProcessList()

    def list_processes(self) -> list[Process]:
        return self._list.scan()

    def find_key(self, pid: int) -> ProcessKey:
        try:
            return find_key(pid)
        except OSError as error:
            key = ProcessKey(pid, -1)
            raise explain(error, key, (OSError,), ask_alive) from error

    def open_reader(self, key: ProcessKey) -> Reader:
        return LinuxReader(key)

    def capabilities(self, key: ProcessKey) -> tuple[Capability, ...]:
        from leakgui.probe.freezing.pausing import find_pause_capability

        try:
            rows = capabilities.find_capabilities(key)
        except OSError as error:
            raise explain(error, key, (OSError,), ask_alive) from error
        memory = next(row for row in rows if row.key == "memory")
        return (*rows, find_pause_capability(key, memory))

    def take_raw_snapshot(
        self, key: ProcessKey, progress: Progress | None = None
    ) -> RawSnapshot:
        from leakgui.probe.snapshotting import take_raw_snapshot

        reader = self.open_reader(key)
        try:
            return take_raw_snapshot(reader, progress)
        finally:
            reader.close()

    def estimate_heap_copy(self, key: ProcessKey) -> RawEstimate:
        from leakgui.probe.freezing import estimate_heap_copy

        return estimate_heap_copy(key)

    def copy_heap(
        self,
        key: ProcessKey,
        level: str,
        progress: Progress | None = None,
        owner: Owner | None = None,
    ) -> RawHeapCopy:
        from leakgui.probe.freezing import copy_heap

        return copy_heap(key, level, progress, owner)
