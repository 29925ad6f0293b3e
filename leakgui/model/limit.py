"""The limits a process can run into: what is used, what is allowed, what then.

Used amount and limit are both metrics, so that they are recorded, plotted and
exported like everything else, and so that a limit that is changed while the
process runs is seen.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limit:
    """One row of the table of limits."""

    key: str
    label: str
    used_metric: str
    limit_metric: str
    consequence: str
    plot_metric: str
    """The metric in whose plot the limit line is drawn."""


LIMITS: tuple[Limit, ...] = (
    Limit("cgroup", "control group memory", "cgroup_bytes", "limit_cgroup_bytes", "the kernel kills a process of the group", "rss_bytes"),
    Limit("address-space", "address space (ulimit -v)", "vms_bytes", "limit_as_bytes", "malloc and mmap fail", "vms_bytes"),
    Limit("data", "private data (ulimit -d)", "data_bytes", "limit_data_bytes", "malloc and mmap fail", "data_bytes"),
    Limit("stack", "main stack (ulimit -s)", "stack_bytes", "limit_stack_bytes", "the program crashes with SIGSEGV", "stack_bytes"),
    Limit("handles", "open handles (ulimit -n)", "handles", "limit_handles", "open, socket and accept fail with EMFILE", "handles"),
    Limit("mappings", "mappings (vm.max_map_count)", "mappings", "limit_mappings", "mmap fails", "mappings"),
    Limit("cgroup-threads", "threads of the control group (pids.max)", "cgroup_pids", "limit_cgroup_pids", "no thread can be created", "threads"),
    Limit("user-threads", "threads of the user (ulimit -u)", "user_threads", "limit_user_threads", "no thread can be created", "threads"),
    Limit("system-threads", "threads of the system", "system_threads", "limit_threads", "no thread can be created", "threads"),
    Limit("commit", "committed memory of the system", "commit_bytes", "limit_commit_bytes", "malloc fails in every process", "vms_bytes"),
    Limit("system", "memory and swap of the system", "system_bytes", "limit_system_bytes", "the kernel kills a process", "rss_bytes"),
)  # fmt: skip
