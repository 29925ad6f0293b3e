"""What may be read of one process, tried out, and what would allow more."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from typing import NamedTuple

from leakgui.model.process import ProcessKey
from leakgui.probe.face import Capability
from leakgui.probe.handles import read_links
from leakgui.probe.identity import parse_user, user_name
from leakgui.probe.process_stat import Stat, check_alive, parse_stat
from leakgui.probe.procfs import (
    list_names,
    opened_file,
    opened_folder,
    read_link,
    read_number,
    read_start,
)
from leakgui.texts import say

_CAPABILITIES = re.compile(rb"^CapEff:\s*([0-9a-f]{1,16})$", re.MULTILINE)
CAP_SYS_PTRACE = 1 << 19
"""include/uapi/linux/capability.h"""
YAMA = "/proc/sys/kernel/yama/ptrace_scope"


class Question(NamedTuple):
    """One row: what is asked, and the reading that tries it out."""

    key: str
    label: str
    attempt: Callable[[int], None]
    """Is given an open /proc/PID and raises ``OSError`` where it is refused."""
    is_attach: bool = False
    """True: the system asks for the right to trace, not only to look (ptrace(2))."""
    is_about_memory: bool = False


class Circumstances(NamedTuple):
    """What decides about rights between us and the process."""

    pid: int
    stat: Stat
    user_id: int
    my_id: int
    can_trace: bool
    """We have CAP_SYS_PTRACE."""
    yama_scope: int
    """0 where the Yama module is not in the kernel."""


def find_capabilities(key: ProcessKey) -> tuple[Capability, ...]:
    """Return what may be read, each tried out; nothing of it touches the process.

    Raises:
        ProcessGone: it ended.
        OSError: there is no /proc of this pid, or it is hidden.
    """
    with opened_folder(f"/proc/{key.pid}") as folder:
        around = _look_around(key.pid, folder)
        check_alive(around.stat, key)
        return tuple(_ask(question, folder, around) for question in QUESTIONS)


def _look_around(pid: int, folder: int) -> Circumstances:
    mine = read_start("/proc/self/status")
    return Circumstances(
        pid=pid,
        stat=parse_stat(read_start("stat", folder)),
        user_id=parse_user(read_start("status", folder)),
        my_id=os.getuid(),
        can_trace=bool(parse_rights(mine) & CAP_SYS_PTRACE),
        yama_scope=read_number(YAMA) or 0,
    )


def parse_rights(status: bytes) -> int:
    """Return the effective capabilities in /proc/PID/status as bits (proc(5))."""
    found = _CAPABILITIES.search(status)
    return int(found[1], 16) if found else 0


def _ask(question: Question, folder: int, around: Circumstances) -> Capability:
    try:
        if question.is_about_memory and around.stat.is_kernel_thread:
            raise FileNotFoundError  # the file is there, and always empty
        question.attempt(folder)
    except OSError as error:
        reason, command = explain_refusal(question, error, around)
        return Capability(
            key=question.key,
            label=say(question.label),
            is_allowed=False,
            reason=reason,
            command=command,
        )
    return Capability(
        key=question.key,
        label=say(question.label),
        is_allowed=True,
        reason=explain_permission(around),
    )


def explain_permission(around: Circumstances) -> str:
    """Return why something is allowed."""
    if around.user_id == around.my_id:
        return say("It is a process of yours.")
    if around.can_trace:
        return say("You may look into every process (CAP_SYS_PTRACE).")
    return say("Everybody may read this.")


def explain_refusal(
    question: Question, error: OSError, around: Circumstances
) -> tuple[str, str]:
    """Return why something is refused and the command that would allow it."""
    if around.stat.is_kernel_thread:
        return say("A kernel thread has no memory of its own."), ""
    if around.stat.is_ending:
        return say("Its first thread has ended; the system shows nothing more."), ""
    if not isinstance(error, PermissionError):
        return say("This kernel cannot tell it: {error}", error=error.strerror), ""
    sudo = f"sudo leakgui record {around.pid} -o {around.pid}.leak"
    if around.my_id == 0:
        return _refused_to_root(around)
    if around.user_id != around.my_id:
        owner = user_name(around.user_id)
        return say("It belongs to {user}, not to you.", user=owner), sudo
    if question.is_attach and around.yama_scope and around.stat.start_code != 1:
        return _refused_by_yama(around.yama_scope, sudo)
    return say("It protects itself against inspection (not dumpable)."), sudo


def _refused_to_root(around: Circumstances) -> tuple[str, str]:
    if not around.can_trace:
        reason = say("You are root without CAP_SYS_PTRACE, as in most containers.")
        return reason, "docker run --cap-add=SYS_PTRACE …"
    return say(
        "The system protects it even against root (process {pid}).", pid=around.pid
    ), ""


def _refused_by_yama(scope: int, sudo: str) -> tuple[str, str]:
    """Return what kernel.yama.ptrace_scope means (Documentation/.../LSM/Yama.rst)."""
    if scope >= 3:
        return say("kernel.yama.ptrace_scope is 3: nobody may, until a restart."), ""
    if scope == 2:
        return say("kernel.yama.ptrace_scope is 2: only an administrator may."), sudo
    return (
        say("kernel.yama.ptrace_scope is 1: only its parent may, or an administrator."),
        "sudo sysctl kernel.yama.ptrace_scope=0",
    )


def _try_counters(folder: int) -> None:
    read_start("status", folder)


def _try_handles(folder: int) -> None:
    for _ in read_links(folder):
        return
    read_link("exe", folder)  # no handle is open: the same right, another file


def _try_opening(name: str) -> Callable[[int], None]:
    """Return an attempt that only opens: the right is asked for at that moment.

    ``fs/proc/base.c``, proc_mem_open; reading would walk all of the memory.
    """

    def attempt(folder: int) -> None:
        with opened_file(name, folder):
            pass

    return attempt


def _try_stacks(folder: int) -> None:
    """Read the stack pointer of one thread (proc(5), /proc/PID/syscall)."""
    with opened_folder("task", folder) as threads:
        for thread in list_names(threads):
            read_start(f"{thread}/syscall", threads)
            return


QUESTIONS: tuple[Question, ...] = (
    Question("counters", "memory and handle counts", _try_counters),
    Question("handle-names", "what handles lead to", _try_handles),
    Question("shares", "shared and private memory", _try_opening("smaps_rollup")),
    Question("mappings", "mappings", _try_opening("maps"), is_about_memory=True),
    Question("limits", "limits", _try_opening("limits")),
    Question("thread-stacks", "stack use of each thread", _try_stacks, is_attach=True),
    Question("memory", "contents of memory", _try_opening("mem"), is_attach=True),
)
