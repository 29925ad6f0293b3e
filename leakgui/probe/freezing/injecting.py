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
from typing import NamedTuple

from leakgui.probe.freezing.maps import Mapping
from leakgui.probe.freezing.registers import (
    PLACE,
    read_extended_state,
    read_registers,
    read_rseq_area,
    read_signal_mask,
    write_registers,
    write_signal_mask,
)
from leakgui.probe.freezing.self_restoring import (
    ALL_SIGNALS,
    NO_CALL,
    RED_ZONE,
    Entrance,
    Image,
    StateFormat,
    build_image,
    image_bytes,
    signed,
    waits_for_a_time,
)
from leakgui.probe.freezing.system_calls import ptrace, read_memory, write_memory
from leakgui.probe.freezing.tracing import (
    EVENT_CLONE,
    EVENT_STOP,
    SYSCALL,
    NotStopped,
    read_event_message,
    stop_again,
    wait_for_stop,
)
from leakgui.probe.procfs import read_start
from leakgui.texts import say

_CODE_64_BIT = 0x33
"""__USER_CS (asm/segment.h): the thread runs 64-bit code at this moment."""
_CALL_STOP = signal.SIGTRAP | 0x80
"""Entry or exit of a call, with PTRACE_O_TRACESYSGOOD."""
_RSEQ_CRITICAL = 8
"""struct rseq, rseq_cs (linux/rseq.h): not 0 while a critical section may run."""
_ARGUMENTS = ("rdi", "rsi", "rdx", "r10", "r8", "r9")
_NO_ARGUMENTS = (0,) * len(_ARGUMENTS)
_MOST_STOPS = 64
_PATIENCE_S = 2.0
_MOST_TRIED = 32


class NotInjected(Exception):
    """No call was made; the thread is as it was."""


class Carrier(NamedTuple):
    """A stopped thread that can carry a call, and all that it must get back."""

    tid: int
    registers: array[int]
    mask: int
    image: Image


def find_carrier(
    tids: list[int],
    mappings: list[Mapping],
    entrance: Entrance,
    form: StateFormat,
) -> Carrier | None:
    """Return a stopped thread whose stack and state allow it, or None.

    One that waits for a time comes last: should it have to restore itself, it sees
    its wait end early (EINTR); others see nothing.
    """
    waiting: Carrier | None = None
    for tid in tids[:_MOST_TRIED]:
        try:
            registers = read_registers(tid)
            if not _is_suitable(tid, registers, mappings, form):
                continue
            mask, state = read_signal_mask(tid), read_extended_state(tid)
        except OSError:
            continue  # killed meanwhile, or its first thread that has ended
        image = build_image(entrance, registers, mask, state, form)
        if image is None:
            continue
        carrier = Carrier(tid, registers, mask, image)
        if not waits_for_a_time(registers):
            return carrier
        waiting = waiting or carrier
    return waiting


def _is_suitable(
    tid: int, registers: array[int], mappings: list[Mapping], form: StateFormat
) -> bool:
    return (
        registers[PLACE["cs"]] == _CODE_64_BIT
        and _has_room(registers, mappings, form)
        and not _is_in_critical_section(tid, registers)
        and not _is_filtered(tid)
    )


def _has_room(
    registers: array[int], mappings: list[Mapping], form: StateFormat
) -> bool:
    """Whether below the stack pointer is nothing but stack that is not in use.

    True for the kernel's own ``[stack]`` and for stacks of the C library, which
    keep the thread control block at their end. Small stacks of coroutines, which may
    lie beside anything, are none of these.
    """
    pointer, control = registers[PLACE["rsp"]], registers[PLACE["fs_base"]]
    lowest = pointer - RED_ZONE - image_bytes(form)
    for mapping in mappings:
        if mapping.start <= pointer < mapping.end:
            is_stack = mapping.path == b"[stack]" or (
                not mapping.is_file and pointer < control < mapping.end
            )
            is_ours = mapping.permissions in {b"rw-p", b"rwxp"}
            return is_stack and is_ours and mapping.start <= lowest
    return False


def _is_in_critical_section(tid: int, registers: array[int]) -> bool:
    """Whether it may be in a restartable sequence, which must see its interruption.

    In a system call it never is (linux/rseq.h forbids calls within).
    """
    if registers[PLACE["orig_rax"]] != NO_CALL:
        return False
    area = read_rseq_area(tid)
    if area is None:
        return True
    return bool(area) and any(read_memory(tid, area + _RSEQ_CRITICAL, 8))


def _is_filtered(tid: int) -> bool:
    """Whether seccomp(2) may kill it for a call that it does not make itself."""
    return b"\nSeccomp:\t0\n" not in read_start(f"/proc/{tid}/status")


class Injection:
    """One system call in a carrier; ``begin``, ``run``, and always ``undo``."""

    def __init__(self, carrier: Carrier, entrance: Entrance) -> None:
        self._carrier, self._entrance = carrier, entrance
        self._below = b""
        self._status = 0
        """Of the last stop."""

    def run(
        self, number: int, arguments: tuple[int, ...], born: Callable[[int], None]
    ) -> int:
        """Make the call, undo all traces, and return its answer (negative: errno).

        ``born`` is told the id of a process or thread that the call created, which
        is traced by us and stops before its first instruction.

        Raises:
            NotStopped: it did not come back in time; end this process, then the
                thread restores itself.
            ProcessLookupError: it was killed.
        """
        try:
            for _ in self.steps(number, arguments):
                pass
            return self._run_to_exit(born)
        finally:
            self.undo()

    def steps(self, number: int, arguments: tuple[int, ...]) -> Iterator[str]:
        """Prepare the call step by step; tests end the process between any two."""
        tid, image = self._carrier.tid, self._carrier.image
        self._below = read_memory(tid, image.address, len(image.data))
        write_memory(tid, image.address, image.data)
        yield "frames"
        # Registers first: the frame that they lead to also restores the mask.
        write_registers(tid, self._calling(number, arguments))
        yield "registers"
        write_signal_mask(tid, ALL_SIGNALS)
        yield "mask"

    def _calling(self, number: int, arguments: tuple[int, ...]) -> array[int]:
        registers = self._carrier.registers[:]
        registers[PLACE["rip"]] = self._entrance.call
        registers[PLACE["rsp"]] = self._carrier.image.thread_stack
        registers[PLACE["rax"]], registers[PLACE["orig_rax"]] = number, NO_CALL
        for name, value in zip(_ARGUMENTS, (*arguments, *_NO_ARGUMENTS), strict=False):
            registers[PLACE[name]] = value
        return registers

    def _run_to_exit(self, born: Callable[[int], None]) -> int:
        tid, call_stops = self._carrier.tid, 0
        for _ in range(_MOST_STOPS):
            ptrace(SYSCALL, tid)
            status = self._wait()
            event = status >> 16
            if event == EVENT_CLONE:
                born(read_event_message(tid))
            elif os.WSTOPSIG(status) == _CALL_STOP:
                call_stops += 1
                if call_stops == 2:
                    return signed(read_registers(tid)[PLACE["rax"]])
            elif event != EVENT_STOP:
                # A fault as the code is not what it was, or SIGSTOP.
                raise NotInjected(say("a signal came between"))
        raise NotInjected(say("it was interrupted again and again"))

    def _wait(self) -> int:
        self._status = wait_for_stop(self._carrier.tid, _PATIENCE_S)
        if not os.WIFSTOPPED(self._status):
            raise ProcessLookupError
        return self._status

    def _take_signal(self) -> int:
        """Return a signal that has to arrive: only SIGSTOP cannot be blocked."""
        is_stop = self._status >> 8 == signal.SIGSTOP  # and no event of ptrace
        self._status = 0
        return signal.SIGSTOP if is_stop else 0

    def undo(self) -> None:
        """Bring the thread to a stop where calls are restarted, and put all back.

        Setting registers where the call returned would lose the restart of the call
        that we interrupted: only on the way out of a stop for INTERRUPT does the
        kernel look at its code (-512 to -516) again.
        """
        carrier = self._carrier
        for _ in range(_MOST_STOPS):
            stop_again(carrier.tid, self._take_signal())
            if self._wait() >> 16 == EVENT_STOP:
                break
        else:
            raise NotStopped
        write_signal_mask(carrier.tid, carrier.mask)
        write_registers(carrier.tid, carrier.registers)
        if self._below:
            write_memory(carrier.tid, carrier.image.address, self._below)
