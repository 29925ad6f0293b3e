"""A copy of the target's memory made by the kernel: fork it, and let it run on.

The child never runs an instruction of the program. While it lives, every page that
the target writes is copied, and large pages that both share are split; sockets and
pipes stay open in it until it is killed, after the copy. Nothing in the target is
told of its birth or death (no exit signal); it is collected by a second short stop.
If our process is killed before, the child is killed with it, and a zombie of it
stays until the target ends.
"""

from __future__ import annotations

import os
import signal
from typing import NamedTuple

from leakgui.probe.freezing.injecting import Carrier, Injection, NotInjected
from leakgui.probe.freezing.self_restoring import Entrance
from leakgui.probe.freezing.system_calls import ptrace
from leakgui.probe.freezing.tracing import (
    OPTION_EXITKILL,
    SETOPTIONS,
    read_state,
    wait_for_stop,
)

_CLONE, _WAIT4 = 56, 61
"""arch/x86/entry/syscalls/syscall_64.tbl"""
_WAIT_OPTIONS = 0x40000000 | os.WNOHANG
"""__WALL: a child without an exit signal is waited for only so (wait(2))."""
_PATIENCE_S = 2.0


class Fork(NamedTuple):
    """A stopped child of the target with a copy of its memory."""

    pid: int
    number_there: int
    """Its pid as the target sees it (it may live in another namespace)."""


def fork_target(carrier: Carrier, entrance: Entrance) -> Fork:
    """Let a stopped thread fork; afterwards it is as it was.

    Raises:
        NotInjected: the kernel refused to fork; the reason is its argument.
        NotStopped, ProcessLookupError: see ``Injection.run``.
    """
    born: list[int] = []

    def take(child: int) -> None:
        wait_for_stop(child, _PATIENCE_S)
        ptrace(SETOPTIONS, child, 0, OPTION_EXITKILL)
        born.append(child)

    # Flags 0: copied memory, and no signal to anybody when it ends.
    arguments = (0, carrier.image.child_stack)
    answer = Injection(carrier, entrance).run(_CLONE, arguments, take)
    if answer <= 0 or not born:
        raise NotInjected(os.strerror(-answer) if -4096 < answer < 0 else "")
    return Fork(born[0], answer)


def refuse_dead(fork: Fork) -> None:
    """Raise ``ProcessLookupError`` where the child was killed: it reads as nothing."""
    if read_state(fork.pid) != b"t":
        raise ProcessLookupError


def kill_fork(fork: Fork) -> None:
    """End the child; for the target it is a zombie now."""
    try:
        os.kill(fork.pid, signal.SIGKILL)
        wait_for_stop(fork.pid, _PATIENCE_S)
    except ProcessLookupError:
        return  # the target was killed, and somebody else collected it


def collect_fork(carrier: Carrier, entrance: Entrance, fork: Fork) -> bool:
    """Let a stopped thread of the target collect the dead child; False: it did not."""
    arguments = (fork.number_there, 0, _WAIT_OPTIONS, 0)
    answer = Injection(carrier, entrance).run(_WAIT4, arguments, lambda _: None)
    return answer == fork.number_there
