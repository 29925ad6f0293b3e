"""Wait until a program that ended is started again."""

from __future__ import annotations

from leakgui.errors import TargetError
from leakgui.model.process import Process, ProcessKey, Target
from leakgui.probe.face import Platform
from leakgui.probe.platform import current


class NextStart:
    """Ask ``poll`` about once a second; it answers once the program is back.

    A new process counts as the same program where it has the same executable,
    command line and user. What runs already when waiting begins does not count.
    """

    def __init__(self, target: Target, platform: Platform | None = None) -> None:
        self._target = target
        self._platform = platform or current()
        self._known = {process.key for process in self._platform.list_processes()}
        self._known.add(target.key)

    def poll(self) -> ProcessKey | None:
        """Return the new process of the same program, or None."""
        for process in self._platform.list_processes():
            if process.key not in self._known and self._is_same(process):
                return process.key
        return None

    def _is_same(self, process: Process) -> bool:
        wanted = self._target
        if (process.command, process.user) != (wanted.command, wanted.user):
            return False
        return self._executable(process) in {"", _on_disk(wanted.executable)}

    def _executable(self, process: Process) -> str:
        try:
            reader = self._platform.open_reader(process.key)
        except TargetError:
            return ""
        try:
            return _on_disk(reader.describe().executable)
        except TargetError:
            return ""
        finally:
            reader.close()


def _on_disk(executable: str) -> str:
    """Return the path without the mark of a file that was replaced (proc(5), exe)."""
    return executable.removesuffix(" (deleted)")
