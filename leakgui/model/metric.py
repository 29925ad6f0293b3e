"""A measured quantity: its unit, its meaning and when it is read.

To add a metric is to add a row to ``METRICS`` and to fill its key in one reader
of ``leakgui.probe``. Plots, CSV columns, command line and help read this table.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

Reading = Mapping[str, float]
"""Values by metric key. What could not be read is absent, never zero."""


class Unit(StrEnum):
    """What a number counts."""

    BYTES = "bytes"
    COUNT = "count"
    MILLISECONDS = "ms"


class Group(StrEnum):
    """Which plot a metric belongs to."""

    MEMORY = "memory"
    HANDLES = "handles"
    THREADS = "threads"
    ACTIVITY = "activity"
    LIMITS = "limits"


class Tier(StrEnum):
    """Metrics that are read together, because they cost the same."""

    COUNTERS = "counters"
    """statm, stat, status, io, the number of handles: some hundredths of a ms."""
    HANDLES = "handle kinds"
    """One readlink for each handle: 5 microseconds each."""
    SHARES = "shared and private memory"
    """smaps_rollup: walks every page table entry, about 12 ms a GiB."""
    MAPPINGS = "mappings"
    """The maps file: 0.35 microseconds a mapping."""
    LIMITS = "limits"
    """Control groups, rlimits, the system's memory."""


@dataclass(frozen=True, slots=True)
class Metric:
    """One row of the table of metrics."""

    key: str
    label: str
    unit: Unit
    group: Group
    tier: Tier
    meaning: str
    is_cumulative: bool = False
    """A counter that only rises by its nature (CPU time): never judged as growth."""


def _memory(key: str, label: str, tier: Tier, meaning: str) -> Metric:
    return Metric(key, label, Unit.BYTES, Group.MEMORY, tier, meaning)


def _handles(kind: str, label: str, meaning: str) -> Metric:
    return Metric(
        f"handles_{kind}", label, Unit.COUNT, Group.HANDLES, Tier.HANDLES, meaning
    )


def _limit(key: str, label: str, unit: Unit, meaning: str) -> Metric:
    return Metric(key, label, unit, Group.LIMITS, Tier.LIMITS, meaning)


METRICS: tuple[Metric, ...] = (
    _memory("rss_bytes", "RSS", Tier.COUNTERS, "Resident: pages of the process that are in memory now, shared ones included."),
    _memory("pss_bytes", "PSS", Tier.SHARES, "Proportional: like RSS, but a page shared by n processes counts 1/n."),
    _memory("uss_bytes", "USS", Tier.SHARES, "Unique: pages that only this process has; what would be free if it ended."),
    _memory("anon_bytes", "Anonymous", Tier.COUNTERS, "Resident pages backed by no file: heap, stacks, private data."),
    _memory("file_bytes", "File-backed", Tier.COUNTERS, "Resident pages of files: program code, libraries, mapped files."),
    _memory("shmem_bytes", "Shared memory", Tier.COUNTERS, "Resident pages of shared memory: shm_open, memfd, tmpfs files, shared anonymous mappings."),
    _memory("swap_bytes", "Swap", Tier.COUNTERS, "Anonymous pages that were moved to swap."),
    _memory("vms_bytes", "VMS", Tier.COUNTERS, "Virtual: all address space that is mapped, used or not."),
    _memory("data_bytes", "Data", Tier.COUNTERS, "Private writable address space: heap and anonymous mappings, used or not."),
    _memory("stack_bytes", "Main stack", Tier.COUNTERS, "Address space of the first thread's stack; it grows and never shrinks."),
    _memory("heap_bytes", "[heap]", Tier.MAPPINGS, "The brk heap, where malloc keeps small blocks first."),
    Metric("mappings", "Mappings", Unit.COUNT, Group.THREADS, Tier.MAPPINGS, "Ranges of address space: one line of the maps file each."),
    Metric("threads", "Threads", Unit.COUNT, Group.THREADS, Tier.COUNTERS, "Threads that exist now."),
    Metric("handles", "Handles", Unit.COUNT, Group.HANDLES, Tier.COUNTERS, "Open descriptors of every kind."),
    _handles("file", "Files", "Regular files and directories."),
    _handles("socket", "Sockets", "Network and local sockets."),
    _handles("pipe", "Pipes", "Ends of pipes."),
    _handles("eventfd", "eventfd", "Event counters."),
    _handles("epoll", "epoll", "Sets of watched handles."),
    _handles("inotify", "inotify", "Watches on files."),
    _handles("timerfd", "timerfd", "Timers."),
    _handles("signalfd", "signalfd", "Signals received as data."),
    _handles("memfd", "memfd", "Anonymous memory files."),
    _handles("device", "Devices", "Character and block devices, terminals."),
    _handles("other", "Other", "Everything else: namespaces, pidfd, bpf, unknown."),
    Metric("sockets_close_wait", "CLOSE_WAIT", Unit.COUNT, Group.HANDLES, Tier.HANDLES, "TCP sockets whose peer has closed and this process has not."),
    Metric("sockets_established", "ESTABLISHED", Unit.COUNT, Group.HANDLES, Tier.HANDLES, "TCP connections that are open on both sides."),
    Metric("cpu_ms", "CPU time", Unit.MILLISECONDS, Group.ACTIVITY, Tier.COUNTERS, "Processor time used since the start.", is_cumulative=True),
    Metric("read_bytes", "Bytes read", Unit.BYTES, Group.ACTIVITY, Tier.COUNTERS, "Bytes asked for by read calls since the start.", is_cumulative=True),
    _limit("limit_handles", "Handle limit", Unit.COUNT, "RLIMIT_NOFILE, soft: opening one more fails with EMFILE."),
    _limit("limit_as_bytes", "Address space limit", Unit.BYTES, "RLIMIT_AS, soft: malloc and mmap then fail with ENOMEM."),
    _limit("limit_data_bytes", "Data limit", Unit.BYTES, "RLIMIT_DATA, soft: private writable memory beyond it is refused."),
    _limit("limit_stack_bytes", "Stack limit", Unit.BYTES, "RLIMIT_STACK, soft: the first thread's stack beyond it is a crash."),
    _limit("limit_mappings", "Mapping limit", Unit.COUNT, "vm.max_map_count: mmap beyond it fails with ENOMEM."),
    _limit("limit_threads", "Thread limit of the system", Unit.COUNT, "The smaller of kernel.threads-max and kernel.pid_max."),
    _limit("system_threads", "Threads in the system", Unit.COUNT, "Threads of all processes."),
    _limit("limit_user_threads", "Thread limit of the user", Unit.COUNT, "RLIMIT_NPROC, soft; it does not bind root."),
    _limit("user_threads", "Threads of the user", Unit.COUNT, "Threads of all processes of the same user."),
    _limit("cgroup_bytes", "Memory of the control group", Unit.BYTES, "Memory charged to the group without its inactive file cache."),
    _limit("limit_cgroup_bytes", "Memory limit of the control group", Unit.BYTES, "The smallest limit on the path to the root: beyond it the kernel kills."),
    _limit("cgroup_pids", "Threads of the control group", Unit.COUNT, "Threads of all processes in the group."),
    _limit("limit_cgroup_pids", "Thread limit of the control group", Unit.COUNT, "pids.max: creating one more fails with EAGAIN."),
    _limit("system_bytes", "Memory in use in the system", Unit.BYTES, "Memory and swap that are not available to anybody."),
    _limit("limit_system_bytes", "Memory and swap of the system", Unit.BYTES, "MemTotal + SwapTotal."),
    _limit("commit_bytes", "Committed memory", Unit.BYTES, "Committed_AS, where overcommit is switched off (vm.overcommit_memory 2)."),
    _limit("limit_commit_bytes", "Commit limit", Unit.BYTES, "CommitLimit: beyond it malloc fails for everybody."),
    Metric("oom_kills", "Out-of-memory kills", Unit.COUNT, Group.LIMITS, Tier.LIMITS, "Kills by the kernel in this control group.", is_cumulative=True),
    Metric("limit_hits", "Times the group's limit was hit", Unit.COUNT, Group.LIMITS, Tier.LIMITS, "Allocations that found the group's memory limit reached.", is_cumulative=True),
)  # fmt: skip

METRIC_BY_KEY: Mapping[str, Metric] = {metric.key: metric for metric in METRICS}

HANDLE_KINDS: tuple[str, ...] = tuple(
    metric.key.removeprefix("handles_")
    for metric in METRICS
    if metric.key.startswith("handles_")
)
