"""Limits set on our own process, so that a target never waits for us too long.

A timer of the kernel sends SIGKILL when it runs out; it needs nobody to be awake, so
it holds even where the freezer and everybody above it were stopped (Ctrl+Z, SIGSTOP).
The kernel then detaches the target, and it runs on.
"""

from __future__ import annotations

import gc
import os
import signal
import time
from collections.abc import Callable

from leakgui.probe.freezing.system_calls import (
    create_signal_timer,
    die_with_parent,
    set_timer,
)

STOP_PATIENCE_S = 0.5
"""How long some threads may wait for the last one to stop."""
REPORT_S = 5.0
"""How long a thread may wait that could be held neither well nor let go: until the
report is written and this process ends."""
_TERMINAL_SIGNALS = (signal.SIGTSTP, signal.SIGTTIN, signal.SIGTTOU)


class Fuse:
    """Kills this process unless it is lit again or put out in time.

    Whoever waits for us is told how long we have, and so knows what ended us.
    """

    def __init__(self, tell: Callable[[float], None]) -> None:
        self._tell = tell
        self._timer = create_signal_timer(time.CLOCK_MONOTONIC, signal.SIGKILL)

    def light(self, seconds: float) -> None:
        """Leave so long from now."""
        set_timer(self._timer, seconds)
        self._tell(seconds)

    def put_out(self) -> None:
        """Leave as long as it takes."""
        set_timer(self._timer, 0)
        self._tell(0.0)


def settle(parent: int) -> None:
    """Make a fresh fork of the helper fit to hold a target; ends it without parent.

    No terminal reaches it, no handler of Python's runs in it, SIGCHLD waits until it
    is asked for, and the memory it shares with the helper isn't touched needlessly.
    """
    die_with_parent(signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)
    os.setsid()
    for number in signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}:
        if callable(signal.getsignal(number)):
            signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    for number in _TERMINAL_SIGNALS:
        signal.signal(number, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_SETMASK, {signal.SIGCHLD})
    signal.set_wakeup_fd(-1)
    gc.disable()
