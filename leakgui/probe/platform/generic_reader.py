"""Measure one process through psutil."""

from __future__ import annotations

import contextlib
import platform as system
from collections.abc import Callable
from typing import TypeVar

import psutil

from leakgui.errors import ProcessGone, Unsupported
from leakgui.model.metric import Reading, Tier
from leakgui.model.process import ProcessKey, Target
from leakgui.probe.edge import gone_error, translate
from leakgui.probe.handles import SeenHandle
from leakgui.texts import say

FOREIGN = (psutil.Error, OSError)
"""What psutil raises."""

STATES = {
    psutil.STATUS_RUNNING: "R",
    psutil.STATUS_SLEEPING: "S",
    psutil.STATUS_DISK_SLEEP: "D",
    psutil.STATUS_ZOMBIE: "Z",
    psutil.STATUS_STOPPED: "T",
    psutil.STATUS_TRACING_STOP: "t",
    psutil.STATUS_DEAD: "X",
    psutil.STATUS_IDLE: "I",
}
"""psutil's words as the kernel's letters; a system's own words have none."""

_METRIC_OF_RLIMIT = {
    "RLIMIT_NOFILE": "limit_handles",
    "RLIMIT_AS": "limit_as_bytes",
    "RLIMIT_DATA": "limit_data_bytes",
    "RLIMIT_STACK": "limit_stack_bytes",
}
_NO_LIMIT = 1 << 62


def start_ticks(process: psutil.Process) -> int:
    """Return the creation time in hundredths of a second since 1970."""
    return round(float(process.create_time()) * 100)


def find_process(key: ProcessKey) -> psutil.Process:
    """Return the living process of a key; raises ``ProcessGone`` or psutil's errors."""
    try:
        process = psutil.Process(key.pid)
        # Creation times are computed from the clock, so they can differ by one.
        if abs(start_ticks(process) - key.start_ticks) > 1:
            raise gone_error(key.pid)
        if process.status() in {psutil.STATUS_ZOMBIE, psutil.STATUS_DEAD}:
            raise ProcessGone(
                say(
                    "Process {pid} has ended and waits to be collected by its parent.",
                    pid=key.pid,
                )
            )
    except (psutil.NoSuchProcess, ValueError, OverflowError):
        raise gone_error(key.pid) from None
    return process


def ask_alive(key: ProcessKey) -> None:
    """Raise ``ProcessGone`` when the process of this key runs no more."""
    find_process(key)


_edge = translate(FOREIGN, ask_alive)


class GenericReader:
    """Reads the metrics that psutil has; what it has not stays unknown."""

    def __init__(self, key: ProcessKey) -> None:
        self.key = key
        self._start()
        self._read_by_tier: dict[Tier, Callable[[], Reading]] = {
            Tier.COUNTERS: self._read_counters,
            Tier.HANDLES: self._refuse_handle_kinds,
            Tier.SHARES: self._read_shares,
            Tier.MAPPINGS: self._read_mappings,
            Tier.LIMITS: self._read_limits,
        }

    @_edge
    def _start(self) -> None:
        self._process = find_process(self.key)

    @_edge
    def describe(self) -> Target:
        ask_alive(self.key)
        process = self._process
        return Target(
            key=self.key,
            name=process.name(),
            command=" ".join(_or_empty(process.cmdline, [])),
            user=_or_empty(process.username, ""),
            started_unix_s=process.create_time(),
            executable=_or_empty(process.exe, ""),
        )

    def facts(self) -> dict[str, str]:
        return {"system": system.platform()}

    @_edge
    def read(self, tier: Tier) -> Reading:
        reading = self._read_by_tier[tier]()
        # Asked last: what was read before this was read from a living process.
        ask_alive(self.key)
        return reading

    def read_handles(self) -> tuple[Reading, list[SeenHandle]]:
        return self._refuse_handle_kinds(), []

    @_edge
    def read_state(self) -> str:
        return STATES.get(psutil.Process(self.key.pid).status(), "")

    def close(self) -> None:
        """Nothing is held open."""

    def _read_counters(self) -> Reading:
        with self._process.oneshot():
            return read_counters(self._process)

    def _refuse_handle_kinds(self) -> Reading:
        raise Unsupported(
            say("Kinds of handles cannot be told on this system."),
            say("Their number can: it is recorded as handles."),
        )

    def _read_shares(self) -> Reading:
        amounts = self._process.memory_full_info()
        return {
            f"{name}_bytes": float(getattr(amounts, name))
            for name in ("pss", "uss")
            if hasattr(amounts, name)
        }

    def _read_mappings(self) -> Reading:
        if not hasattr(self._process, "memory_maps"):
            raise Unsupported(say("Mappings cannot be read on this system."))
        mappings = self._process.memory_maps(grouped=False)
        return {"mappings": float(len(mappings))} if mappings else {}

    def _read_limits(self) -> Reading:
        reading = read_system_memory()
        if hasattr(self._process, "rlimit"):
            for name, metric in _METRIC_OF_RLIMIT.items():
                soft = self._read_rlimit(name)
                if soft is not None:
                    reading[metric] = float(soft)
        return reading

    def _read_rlimit(self, name: str) -> int | None:
        try:
            soft: int = self._process.rlimit(getattr(psutil, name))[0]
        except FOREIGN:
            return None
        return soft if 0 <= soft < _NO_LIMIT else None


def read_counters(process: psutil.Process) -> dict[str, float]:
    """Return the cheap metrics; memory is refused for the whole tier or not at all.

    On Windows psutil's ``vms`` is the private commit charge (PagefileUsage), which
    is ``data_bytes`` here; there is no cheap number for the address space.
    """
    memory = process.memory_info()
    reading = {"rss_bytes": float(memory.rss)}
    is_commit = hasattr(memory, "private")
    reading["data_bytes" if is_commit else "vms_bytes"] = float(
        memory.private if is_commit else memory.vms
    )
    for metric, ask in _COUNTERS.items():
        # Some numbers are refused one by one, or are missing on a system.
        with contextlib.suppress(psutil.AccessDenied, AttributeError, OSError):
            reading[metric] = float(ask(process))
    return reading


def _count_handles(process: psutil.Process) -> int:
    count = getattr(process, "num_handles", None) or process.num_fds
    return int(count())


def _cpu_ms(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system) * 1000


def _read_bytes(process: psutil.Process) -> int:
    """Return what read calls asked for; elsewhere than on Linux, what was read."""
    counters = process.io_counters()
    return int(getattr(counters, "read_chars", counters.read_bytes))


_COUNTERS: dict[str, Callable[[psutil.Process], float]] = {
    "threads": lambda process: float(process.num_threads()),
    "handles": _count_handles,
    "cpu_ms": _cpu_ms,
    "read_bytes": _read_bytes,
}


def read_system_memory() -> dict[str, float]:
    """Return use and size of memory and swap of the whole system."""
    memory, swap = psutil.virtual_memory(), psutil.swap_memory()
    size = memory.total + swap.total
    return {
        "system_bytes": float(max(0, size - memory.available - swap.free)),
        "limit_system_bytes": float(size),
    }


Text = TypeVar("Text", str, list[str])


def _or_empty(ask: Callable[[], Text], empty: Text) -> Text:
    """Return the answer, or the empty one where it is refused."""
    try:
        return ask()
    except (psutil.AccessDenied, OSError):
        return empty
