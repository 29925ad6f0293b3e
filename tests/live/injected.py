"""Hold a program in a child of the test, make it fork, and end the child anywhere."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path

from leakgui.probe.freezing import forking, system_calls
from leakgui.probe.freezing.carriers import find_carrier
from leakgui.probe.freezing.injecting import NotInjected
from leakgui.probe.freezing.maps import MapsReader
from leakgui.probe.freezing.self_restoring import find_entrance
from leakgui.probe.freezing.state_format import find_state_format
from leakgui.probe.freezing.tracing import StoppedThreads


def in_child(work: Callable[[], object]) -> int:
    """Do it in a fork of this process; returns its exit status, negative: killed."""
    child = os.fork()
    if child == 0:
        try:
            work()
            os._exit(0)
        finally:
            os._exit(1)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def fork_held(pid: int, number: int) -> None:
    """Hold a program, send it a signal, try to make it fork, and let it go."""
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGCHLD})
    mappings = MapsReader().parse(Path(f"/proc/{pid}/maps").read_bytes())
    entrance, form = find_entrance(pid, mappings), find_state_format()
    os.kill(pid, signal.SIGCONT)  # that it came so far is seen by nobody
    held = StoppedThreads(pid)
    tids = held.stop(5.0)
    os.kill(pid, number)
    carrier = find_carrier(tids, mappings, entrance, form)
    try:
        fork = forking.fork_target(carrier, entrance)
    except NotInjected:
        pass  # the signal came between
    else:
        assert forking.kill_fork(fork)
        again = find_carrier(tids, mappings, entrance, form)
        assert forking.collect_fork(again, entrance, fork)
    held.release()


def die_before(request: int, work: Callable[[], object]) -> bool:
    """Do it in a child that kills itself before its n-th request of ptrace.

    Requests count from the moment that the first thread has been stopped. Returns
    whether it came that far; else it did everything.
    """

    def work_or_die() -> None:
        library = system_calls._library()
        ask, left = library.ptrace, [request]

        def ask_or_die(*arguments: int) -> int:
            if not left[0]:
                os.kill(os.getpid(), signal.SIGKILL)
            left[0] -= 1
            return ask(*arguments)

        stop = StoppedThreads.stop

        def stop_and_count(self: StoppedThreads, patience_s: float) -> list[int]:
            found = stop(self, patience_s)
            library.ptrace = ask_or_die
            return found

        StoppedThreads.stop = stop_and_count  # type: ignore[method-assign]
        work()

    code = in_child(work_or_die)
    assert code in {0, -signal.SIGKILL}
    return code != 0
