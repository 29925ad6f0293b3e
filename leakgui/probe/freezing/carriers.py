"""Which stopped thread of a target can carry a call, and what it must get back."""

from __future__ import annotations

from array import array
from typing import NamedTuple

from leakgui.probe.freezing.maps import Mapping
from leakgui.probe.freezing.registers import (
    PLACE,
    dispatches_calls,
    read_extended_state,
    read_registers,
    read_rseq_area,
    read_signal_mask,
)
from leakgui.probe.freezing.self_restoring import (
    NO_CALL,
    RED_ZONE,
    Entrance,
    Image,
    StateFormat,
    build_image,
    image_bytes,
    waits_for_a_time,
)
from leakgui.probe.freezing.system_calls import read_memory
from leakgui.probe.procfs import read_start

_CODE_64_BIT = 0x33
"""__USER_CS (asm/segment.h): the thread runs 64-bit code at this moment."""
_RSEQ_CRITICAL = 8
"""struct rseq, rseq_cs (linux/rseq.h): not 0 while a critical section may run."""
_MOST_TRIED = 32


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
        and not dispatches_calls(tid)
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
