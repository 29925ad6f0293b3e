"""Run one system call in a stopped thread of a target, and put everything back.

Between any two steps our process may be killed: the kernel then lets the thread go
with the registers it has, and ``self_restoring`` describes why that does no harm.
For the same reason the thread is never single-stepped (the trap flag would survive
us and kill the target) and never gets PTRACE_O_EXITKILL.
"""

from __future__ import annotations

import os
import signal
from array import array
from collections.abc import Callable, Iterator

from leakgui.probe.freezing.carriers import Carrier
from leakgui.probe.freezing.registers import (
    PLACE,
    read_registers,
    read_signal_code,
    write_registers,
    write_signal_mask,
)
from leakgui.probe.freezing.self_restoring import (
    CALL_BYTES,
    DEFERRED_SIGNALS,
    FORCED_SIGNALS,
    NO_CALL,
    Entrance,
    signed,
)
from leakgui.probe.freezing.system_calls import ptrace, read_memory, write_memory
from leakgui.probe.freezing.tracing import (
    EVENT_CLONE,
    EVENT_STOP,
    INTERRUPT,
    SYSCALL,
    NotRestored,
    NotStopped,
    read_event_message,
    stop_again,
    wait_for_stop,
)
from leakgui.texts import say

PATIENCE_S = 2.0
_CALL_STOP = signal.SIGTRAP | 0x80
"""Entry or exit of a call, with PTRACE_O_TRACESYSGOOD."""
_ARGUMENTS = ("rdi", "rsi", "rdx", "r10", "r8", "r9")
_NO_ARGUMENTS = (0,) * len(_ARGUMENTS)
_MOST_STOPS = 64
_LOWEST_ERROR = -511
"""What lies below is for the kernel itself: the call is to be made again."""


class NotInjected(Exception):
    """No call was made; the thread is as it was."""


class Injection:
    """One system call in a carrier: ``run`` makes it and puts everything back."""

    def __init__(
        self,
        carrier: Carrier,
        entrance: Entrance,
        patience_s: float = PATIENCE_S,
        born: Callable[[int], None] = lambda _: None,
    ) -> None:
        """Prepare.

        Args:
            carrier: the thread.
            entrance: code of the target that makes a call.
            patience_s: how long the call may take, and as long again to come back.
            born: told the id of a process or thread that the call created, which
                is traced by us and stops before its first instruction.
        """
        self._carrier, self._entrance = carrier, entrance
        self._patience_s, self._born = patience_s, born
        self._below = b""
        self._status = 0
        """Of the last stop."""
        self._is_running = False
        """Whether nobody has seen the thread stop since it was let go."""

    def run(self, number: int, arguments: tuple[int, ...]) -> int:
        """Make the call, undo all traces, and return its answer (negative: errno).

        Raises:
            NotInjected: it did not come to that; the thread is as it was.
            NotRestored: it did not come back in time; end this process, then the
                thread restores itself.
            ProcessLookupError: it was killed.
        """
        answer: int | None = None
        try:
            for _ in self.steps(number, arguments):
                pass
            answer = self._run_to_exit()
        except NotStopped:
            pass  # it may come back while it is called back
        finally:
            late = self.undo()
        answer = late if answer is None else answer
        if answer is None:
            raise NotInjected(say("it did not come back in time"))
        return answer

    def steps(self, number: int, arguments: tuple[int, ...]) -> Iterator[str]:
        """Prepare the call step by step; tests end the process between any two."""
        tid, image = self._carrier.tid, self._carrier.image
        self._below = read_memory(tid, image.address, len(image.data))
        write_memory(tid, image.address, image.data)
        yield "frames"
        # Registers first: the frame that they lead to also restores the mask.
        write_registers(tid, self._calling(number, arguments))
        yield "registers"
        write_signal_mask(tid, DEFERRED_SIGNALS)
        yield "mask"

    def _calling(self, number: int, arguments: tuple[int, ...]) -> array[int]:
        registers = self._carrier.registers[:]
        registers[PLACE["rip"]] = self._entrance.call
        registers[PLACE["rsp"]] = self._carrier.image.thread_stack
        registers[PLACE["rax"]], registers[PLACE["orig_rax"]] = number, NO_CALL
        for name, value in zip(_ARGUMENTS, (*arguments, *_NO_ARGUMENTS), strict=False):
            registers[PLACE[name]] = value
        return registers

    def _run_to_exit(self) -> int:
        tid, call_stops = self._carrier.tid, 0
        for _ in range(_MOST_STOPS):
            ptrace(SYSCALL, tid)
            event = self._wait()
            if os.WSTOPSIG(self._status) == _CALL_STOP:
                call_stops += 1
                if call_stops == 2:
                    return signed(read_registers(tid)[PLACE["rax"]])
            elif event not in {EVENT_CLONE, EVENT_STOP}:
                # A fault as the code is not what it was, or a signal that came.
                raise NotInjected(say("a signal came between"))
        raise NotInjected(say("it was interrupted again and again"))

    def _wait(self) -> int:
        """Wait for the next stop and return which event it is, 0 for none."""
        self._is_running = True
        self._status = wait_for_stop(self._carrier.tid, self._patience_s)
        self._is_running = False
        if not os.WIFSTOPPED(self._status):
            raise ProcessLookupError
        event = self._status >> 16
        if event == EVENT_CLONE:
            self._born(read_event_message(self._carrier.tid))
        return event

    def undo(self) -> int | None:
        """Bring the thread to a stop where calls are restarted, and put all back.

        Setting registers where the call returned would lose the restart of the call
        that we interrupted: only on the way out of a stop for INTERRUPT does the
        kernel look at its code (-512 to -516) again.

        Returns the call's answer where the thread stands right behind the call.
        """
        try:
            passed_on = self._call_back()
        except NotStopped:
            raise NotRestored from None
        answer = self._read_answer()
        self._put_back()
        if passed_on:
            # Its handler finds what was just put back, and the kernel restarts the
            # call in there as for any signal (handle_signal).
            self._pass_on(passed_on)
        return answer

    def _call_back(self) -> int:
        """Wait for that stop; or for a signal that somebody sent, which is returned."""
        for _ in range(_MOST_STOPS):
            if self._is_running:
                # Not let go as well: it may have stopped by now, to tell of a birth.
                ptrace(INTERRUPT, self._carrier.tid)
            else:
                number = self._find_signal()
                if number in FORCED_SIGNALS:
                    return number
                stop_again(self._carrier.tid, number)
            if self._wait() == EVENT_STOP:
                return 0
        raise NotStopped

    def _find_signal(self) -> int:
        """Return a signal that it stopped for and that has to arrive, else 0.

        Others than these are blocked. One that was forced is about our call: its
        handler would not know what happened.
        """
        number = self._status >> 8  # with an event of ptrace it is no signal
        if number == signal.SIGSTOP:
            return number
        if number in FORCED_SIGNALS and read_signal_code(self._carrier.tid) <= 0:
            return number
        return 0

    def _pass_on(self, number: int) -> None:
        """Let a signal arrive: its handler begins, or the thread ends, as it would."""
        stop_again(self._carrier.tid, number)
        try:
            event = self._wait()
        except NotStopped:
            raise NotRestored from None
        # Before it looks for another signal the kernel stops it as it was told to
        # (kernel/signal.c, get_signal).
        if event != EVENT_STOP:
            raise NotRestored

    def _read_answer(self) -> int | None:
        registers = read_registers(self._carrier.tid)
        answer = signed(registers[PLACE["rax"]])
        is_behind = registers[PLACE["rip"]] == self._entrance.call + CALL_BYTES
        return answer if is_behind and answer >= _LOWEST_ERROR else None

    def _put_back(self) -> None:
        carrier = self._carrier
        write_signal_mask(carrier.tid, carrier.mask)
        write_registers(carrier.tid, carrier.registers)
        if self._below:
            write_memory(carrier.tid, carrier.image.address, self._below)
