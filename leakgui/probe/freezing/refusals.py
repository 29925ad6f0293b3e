"""Why a process cannot be stopped and copied, and what would help.

Everything here is asked before anything is done; what only turns out later (another
tracer, a security module) is explained by the same words.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Callable

from leakgui.errors import AccessDenied, TargetError, Unsupported
from leakgui.model.process import ProcessKey
from leakgui.probe.capabilities import find_capabilities
from leakgui.probe.cgroups import GroupReader
from leakgui.probe.edge import explain
from leakgui.probe.freezing.tracing import find_tracer
from leakgui.probe.process_stat import ask_alive, read_stat
from leakgui.probe.procfs import (
    as_text,
    opened_file,
    opened_folder,
    parse_kib,
    read_file,
    read_start,
)
from leakgui.probe.raw_heap import PAGE_BYTES
from leakgui.texts import say

_MACHINE_X86_64 = 62
"""e_machine, EM_X86_64 (linux/elf-em.h)"""
_CLASS_64 = 2
"""e_ident[EI_CLASS], ELFCLASS64 (linux/elf.h)"""
_RESERVE_BYTES = 64 << 20
"""What is left to everybody else on this machine."""


def refuse_unfit(key: ProcessKey) -> None:
    """Raise the reason why a process cannot be copied; return where it can.

    Raises:
        ProcessGone: it ended, or the pid is another's.
        AccessDenied: permission, Yama, another tracer.
        Unsupported: kernel threads, zombies, 32-bit programs, other machines.
    """
    _refuse_machine()
    try:
        ask_alive(key)
        for refuse in _REFUSALS:
            refuse(key)
    except OSError as error:
        raise explain(error, key, (OSError,), ask_alive) from error


def _refuse_machine() -> None:
    machine = getattr(os, "uname", lambda: None)()
    if machine is None or (machine.sysname, machine.machine) != ("Linux", "x86_64"):
        raise Unsupported(say("Memory is copied on Linux with x86-64 processors only."))


def _refuse_kind(key: ProcessKey) -> None:
    stat = read_stat(key.pid)
    if stat.is_kernel_thread:
        raise Unsupported(say("A kernel thread has no memory of its own."))
    if stat.is_ending:
        raise Unsupported(
            say("Its first thread has ended; the system shows nothing more.")
        )


def _refuse_tracer(key: ProcessKey) -> None:
    tracer = find_tracer(key.pid)
    if tracer:
        raise traced_error(key.pid, tracer)


def _refuse_rights(key: ProcessKey) -> None:
    try:
        # Opening asks for the right to trace, and touches nothing (fs/proc/base.c).
        with opened_file(f"/proc/{key.pid}/mem"):
            return
    except PermissionError:
        _explain_rights(key)
        raise


def _explain_rights(key: ProcessKey) -> None:
    for found in find_capabilities(key):
        if found.key == "memory" and not found.is_allowed:
            hint = say("Try: {command}", command=found.command) if found.command else ""
            raise AccessDenied(found.reason, hint)


def _refuse_architecture(key: ProcessKey) -> None:
    with opened_file(f"/proc/{key.pid}/exe") as file:
        head = os.pread(file, 20, 0)
    if len(head) < 20 or head[:4] != b"\x7fELF":
        raise Unsupported(say("It is no ELF program."))
    (machine,) = struct.unpack_from("<H", head, 18)
    if head[4] != _CLASS_64 or machine != _MACHINE_X86_64:
        raise Unsupported(
            say("It is a 32-bit program or one for another processor."),
            say("Only 64-bit programs for x86-64 are understood."),
        )


_REFUSALS: tuple[Callable[[ProcessKey], None], ...] = (
    _refuse_kind,
    _refuse_tracer,
    _refuse_rights,
    _refuse_architecture,
)


def traced_error(pid: int, tracer: int) -> AccessDenied:
    """Return the error for a process that another program traces."""
    try:
        name = as_text(read_start(f"/proc/{tracer}/comm").strip())
    except OSError:
        name = say("unknown")
    return AccessDenied(
        say(
            "Process {pid} is traced by {name} (process {tracer}); only one can.",
            pid=pid,
            name=name,
            tracer=tracer,
        ),
        say("Let {name} detach from it, then try again.", name=name),
    )


def refused_error(pid: int) -> AccessDenied:
    """Return the error for a process that the kernel did not let us stop after all."""
    tracer = find_tracer(pid)
    if tracer:
        return traced_error(pid, tracer)
    refused = say("The system does not let us stop process {pid}.", pid=pid)
    if b"\nSeccomp:\t0\n" not in read_start("/proc/self/status"):
        return AccessDenied(
            refused,
            say(
                "leakgui itself runs under a filter of system calls (seccomp), as in a "
                "container or a sandbox, that may forbid ptrace: start it outside."
            ),
        )
    return AccessDenied(
        refused,
        say(
            "Another tracer outside of this container or a security module "
            "(SELinux, AppArmor) may be the reason; the system's log says more."
        ),
    )


def not_stopped_error(key: ProcessKey) -> TargetError:
    """Return the error for a process whose threads do not all stop in time."""
    return Unsupported(
        say("Process {pid} could not be stopped in time; it runs on.", pid=key.pid),
        say("A thread waits inside the kernel (state D, or vfork). Try again later."),
    )


def not_restored_error(key: ProcessKey) -> TargetError:
    """Return the error for a process that did not come back in time from a call."""
    return Unsupported(
        say("Process {pid} did not fork in time; it runs on.", pid=key.pid),
        say("A zombie process of it may stay until it ends. Copy it without a fork."),
    )


def another_program_error(key: ProcessKey) -> TargetError:
    """Return the error for a process that called execve while it was stopped."""
    return Unsupported(
        say("Process {pid} was beginning another program.", pid=key.pid),
        say("Try again."),
    )


def fork_lost_error(key: ProcessKey) -> TargetError:
    """Return the error for a fork that was killed before it was copied."""
    return Unsupported(
        say("The fork of process {pid} was killed before it was copied.", pid=key.pid),
        say("Memory may have run short. The program itself runs on; try without one."),
    )


def refuse_size(needed: int) -> None:
    """Raise ``Unsupported`` where this machine has too little memory for a copy."""
    for limit, name in (
        (_read_free_memory(), say("this machine")),
        (_read_own_headroom(), say("the control group of leakgui")),
        (_read_limit("RLIMIT_AS", needed), say("RLIMIT_AS of leakgui")),
    ):
        if limit is not None and needed > limit:
            raise _too_little(needed, limit, name)
    longest = _read_limit("RLIMIT_FSIZE", 0)
    if longest is not None and longest < 1 << 47:
        raise Unsupported(
            say("A limit on file sizes (RLIMIT_FSIZE) forbids the copy."),
            say("Start leakgui without it: ulimit -f unlimited"),
        )


def _too_little(needed: int, limit: int, name: str) -> Unsupported:
    return Unsupported(
        say(
            "The copy needs {needed} MiB of memory; {name} has {free} MiB left.",
            needed=needed >> 20,
            name=name,
            free=max(0, limit) >> 20,
        ),
        say("Close other programs, or look at a smaller process."),
    )


def _read_free_memory() -> int | None:
    amounts = parse_kib(read_file("/proc/meminfo"))
    free = amounts.get("MemAvailable")
    return None if free is None else free - _RESERVE_BYTES


def _read_own_headroom() -> int | None:
    return read_headroom("self")


def read_headroom(process: int | str) -> int | None:
    """Return bytes that a process's control group may still take; None: no limit."""
    try:
        with opened_folder(f"/proc/{process}") as folder:
            reading = GroupReader().read(folder).reading
    except OSError:
        return None
    limit, used = reading.get("limit_cgroup_bytes"), reading.get("cgroup_bytes")
    return None if limit is None or used is None else int(limit - used)


def _read_limit(name: str, ours: int) -> int | None:
    """Return a limit of our own process; address space less what is used of it."""
    import resource

    soft, _ = resource.getrlimit(getattr(resource, name))
    if soft == resource.RLIM_INFINITY:
        return None
    return soft - _own_size() if ours else soft


def _own_size() -> int:
    return int(read_start("/proc/self/statm").split()[0]) * PAGE_BYTES
