"""A copy of the target's memory made by the kernel: fork it, and let it run on.

The child never runs an instruction of the program. While it lives, every page that
the target writes is copied, and large pages that both share are split; sockets and
pipes stay open in it until it is killed, after the copy. It has no exit signal, so
nobody in the target is told of it or waits for it, but for threads that wait for
whatever there is (__WALL): where one does, no fork is made. The child is collected by
a second short stop. If our process is killed before, the child is killed with it, and
a zombie of it stays until the target ends.
"""

from __future__ import annotations

import errno
import os
import signal
from array import array
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from leakgui.probe.freezing.carriers import Carrier
from leakgui.probe.freezing.injecting import PATIENCE_S, Injection, NotInjected
from leakgui.probe.freezing.registers import FIELDS, PLACE
from leakgui.probe.freezing.self_restoring import Entrance
from leakgui.probe.freezing.system_calls import ptrace
from leakgui.probe.freezing.tracing import (
    OPTION_EXITKILL,
    SETOPTIONS,
    NotStopped,
    read_state,
    wait_for_stop,
)
from leakgui.texts import say

_CLONE, _WAIT4, _WAITID = 56, 61, 247
"""arch/x86/entry/syscalls/syscall_64.tbl"""
_WAIT_OPTIONS = 0x40000000 | os.WNOHANG
"""__WALL: a child without an exit signal is waited for only so (wait(2))."""
_WAITS_FOR_CLONES = 0x40000000 | 0x80000000
"""__WALL, __WCLONE (linux/wait.h)"""
_OPTIONS_OF_WAIT = {_WAIT4: "rdx", _WAITID: "r10"}
"""Which register holds the options: the third and the fourth argument."""
_FORK_S_PER_BYTE = 0.040 / (1 << 30)
"""Page tables of 4 KiB pages; less where pages are large."""
_FIRST_VICTIM = b"1000"
"""OOM_SCORE_ADJ_MAX (linux/oom.h)"""


class ForkLost(Exception):
    """The fork was killed before all of it was copied."""


class Fork(NamedTuple):
    """A stopped child of the target with a copy of its memory."""

    pid: int
    number_there: int
    """Its pid as the target sees it (it may live in another namespace)."""


def fork_s(size: int) -> float:
    """Return how long a target that holds so many bytes needs to fork."""
    return size * _FORK_S_PER_BYTE


def patience_s(size: int) -> float:
    """Return how long the call may take before the target is called back."""
    return PATIENCE_S + 10 * fork_s(size)


def refuse_waiting(registers: array[int]) -> None:
    """Raise ``NotInjected`` where a thread waits for children of any kind.

    ``registers`` are those of all threads. It would be given our fork for one of its
    own, when that is killed.
    """
    for first in range(0, len(registers), len(FIELDS)):
        call = registers[first + PLACE["orig_rax"]]
        options = _OPTIONS_OF_WAIT.get(call)
        if options and registers[first + PLACE[options]] & _WAITS_FOR_CLONES:
            raise NotInjected(say("a thread of it waits for children of any kind"))


def fork_target(
    carrier: Carrier, entrance: Entrance, longest_s: float = PATIENCE_S
) -> Fork:
    """Let a stopped thread fork; afterwards it is as it was.

    Raises:
        NotInjected: the kernel refused to fork; the reason is its argument.
        NotRestored, ProcessLookupError: see ``Injection.run``.
    """
    born: list[int] = []

    def take(child: int) -> None:
        born.append(child)
        wait_for_stop(child, longest_s)
        ptrace(SETOPTIONS, child, 0, OPTION_EXITKILL)
        _offer_as_victim(child)

    # Flags 0: copied memory, and no signal to anybody when it ends.
    arguments = (0, carrier.image.child_stack)
    answer = Injection(carrier, entrance, longest_s, take).run(_CLONE, arguments)
    if answer < 0:
        raise NotInjected(os.strerror(-answer))
    if not born:
        raise NotInjected(say("it did not fork"))
    return Fork(born[0], answer)


def _offer_as_victim(child: int) -> None:
    """Where memory runs short, the fork shall be ended, and never the target."""
    with suppress(OSError):  # proc(5): raising it needs no right but to its file
        Path(f"/proc/{child}/oom_score_adj").write_bytes(_FIRST_VICTIM)


def refuse_dead(fork: Fork) -> None:
    """Raise ``ForkLost`` where the child was killed: it reads as nothing."""
    if read_state(fork.pid) != b"t":
        raise ForkLost


def kill_fork(fork: Fork, longest_s: float = PATIENCE_S) -> bool:
    """End the child; returns whether it did: for the target it is a zombie then."""
    try:
        os.kill(fork.pid, signal.SIGKILL)
        wait_for_stop(fork.pid, longest_s)
    except ProcessLookupError:
        return True  # the target was killed, and somebody else collected it
    except NotStopped:
        return False  # giving all of its memory back takes longer
    return True


def is_collected(fork: Fork) -> bool:
    """Return whether nothing is left of a dead child.

    Asked while the target is stopped, as only its threads could collect it.
    """
    return read_state(fork.pid) != b"Z"


def collect_fork(carrier: Carrier, entrance: Entrance, fork: Fork) -> bool:
    """Let a stopped thread of the target collect the dead child; False: it did not."""
    arguments = (fork.number_there, 0, _WAIT_OPTIONS, 0)
    answer = Injection(carrier, entrance).run(_WAIT4, arguments)
    # ECHILD: some thread waited for all kinds of children, and has it.
    return answer in {fork.number_there, -errno.ECHILD}
