"""An injected system call that undoes itself, even where its tracer is killed.

The danger of running a call in another program is the moment between setting the
thread's registers and restoring them: a tracer that is killed then leaves the thread
with foreign registers, and the program fails. So the thread gets its own way back.
Below its stack we write a frame as the kernel does for a signal handler, and let the
call run in a piece of the program that reads ``syscall; ret``: ``ret`` then leads to
the C library's return from signal handlers (``mov $15, %rax; syscall``), and
rt_sigreturn(2) puts every register, the vectors and the signal mask back. A living
tracer restores all of it before that happens; a dead one isn't needed.

A forked child gets a second frame, which leads it to exit_group(2).
"""

from __future__ import annotations

import signal
import struct
from array import array
from typing import NamedTuple

from leakgui.probe.freezing.maps import Mapping
from leakgui.probe.freezing.registers import PLACE
from leakgui.probe.freezing.system_calls import read_memory

CALL_AND_RETURN = b"\x0f\x05\xc3"
"""syscall; ret"""
CALL_BYTES = 2
"""Of that, what makes the call: behind it a thread stands when it was answered."""
RESTORE = b"\x48\xc7\xc0\x0f\x00\x00\x00\x0f\x05"
"""mov $15, %rax; syscall: ``__restore_rt``, glibc sysdeps/unix/sysv/linux/x86_64."""
_MOST_CODE_BYTES = 256 << 20
_CHUNK_BYTES = 4 << 20

EXIT_GROUP, RESTART_SYSCALL = 231, 219
"""arch/x86/entry/syscalls/syscall_64.tbl"""
_RESTARTED_AS_THEY_WERE = frozenset((-512, -513, -514))
_RESTARTED_BY_CALL = -516
"""linux/errno.h: ERESTARTSYS, ERESTARTNOINTR, ERESTARTNOHAND, ERESTART_RESTARTBLOCK"""
NO_CALL = (1 << 64) - 1
ALL_SIGNALS = (1 << 64) - 1
"""A signal mask that blocks all; the kernel exempts SIGKILL and SIGSTOP itself."""
FORCED_SIGNALS = frozenset(
    (
        signal.SIGILL,
        signal.SIGTRAP,
        signal.SIGBUS,
        signal.SIGFPE,
        signal.SIGSEGV,
        signal.SIGSYS,
    )
)
"""What the kernel sends for a fault. Where that is blocked it takes the program's
handler away, for good, and kills it (kernel/signal.c, force_sig_info_to_task)."""
DEFERRED_SIGNALS = ALL_SIGNALS & ~sum(1 << (number - 1) for number in FORCED_SIGNALS)
"""The mask while a thread makes a call for us."""

RED_ZONE = 128
"""Below the stack pointer, and still in use (System V ABI of x86-64, 3.2.2)."""
FRAME_BYTES = 320
"""Return address and struct ucontext, 312 bytes, rounded up for what follows."""
_FLAGS = 0x1 | 0x2 | 0x4
"""UC_FP_XSTATE, UC_SIGCONTEXT_SS, UC_STRICT_RESTORE_SS (asm/ucontext.h)"""
_NO_SUCH_STACK = 0x7FFF
"""Flags that sigaltstack(2) refuses: the alternate stack stays as it is."""
# fmt: off
_IN_FRAME = (
    "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15", "rdi", "rsi", "rbp", "rbx",
    "rdx", "rax", "rcx", "rsp", "rip", "eflags",
)
# fmt: on
"""struct sigcontext_64 (asm/sigcontext.h); cs, gs, fs and ss follow, 16 bits each."""

_SOFTWARE_BYTES = 464
"""Where struct _fpx_sw_bytes lies in an FXSAVE image (asm/sigcontext.h)."""
_STATE_IN_USE = 512
"""Where an XSAVE image says which parts it holds (xstate_bv)."""
MAGIC_1, _MAGIC_2 = 0x46505853, struct.pack("<I", 0x46505845)


class Entrance(NamedTuple):
    """Where in the target the two pieces of code are."""

    call: int
    restore: int


class StateFormat(NamedTuple):
    """How this kernel keeps the vectors of a thread in a signal frame."""

    features: int
    size: int


def find_entrance(pid: int, mappings: list[Mapping]) -> Entrance | None:
    """Look for both pieces in the executable files of a process; libc comes first."""
    code = [m for m in mappings if m.permissions == b"r-xp" and m.is_file]
    code.sort(key=lambda mapping: b"libc" not in mapping.path)
    call = restore = 0
    left = _MOST_CODE_BYTES
    for mapping in code:
        size = min(mapping.end - mapping.start, left)
        left -= size
        call = call or _find(pid, mapping.start, size, CALL_AND_RETURN)
        restore = restore or _find(pid, mapping.start, size, RESTORE)
        if call and restore:
            return Entrance(call, restore)
    return None


def _find(pid: int, begin: int, size: int, wanted: bytes) -> int:
    for first in range(begin, begin + size, _CHUNK_BYTES):
        last = min(first + _CHUNK_BYTES + len(wanted), begin + size)
        try:
            place = read_memory(pid, first, last - first).find(wanted)
        except OSError:
            return 0
        if place >= 0:
            return first + place
    return 0


def is_still_there(pid: int, entrance: Entrance) -> bool:
    """Return whether both pieces are where they were found."""
    try:
        call = read_memory(pid, entrance.call, len(CALL_AND_RETURN))
        restore = read_memory(pid, entrance.restore, len(RESTORE))
    except OSError:
        return False
    return (call, restore) == (CALL_AND_RETURN, RESTORE)


class Image(NamedTuple):
    """What is written below the stack of the thread."""

    address: int
    data: bytes

    @property
    def thread_stack(self) -> int:
        """Return the stack pointer that leads the thread back to what it did."""
        return self.address

    @property
    def child_stack(self) -> int:
        """Return the stack pointer that leads a forked child to its end."""
        return self.address + FRAME_BYTES


def image_bytes(form: StateFormat) -> int:
    """Return how much room below the red zone an image takes at most."""
    return 2 * FRAME_BYTES + form.size + len(_MAGIC_2) + 64


def build_image(
    entrance: Entrance,
    registers: array[int],
    mask: int,
    state: bytes,
    form: StateFormat,
) -> Image | None:
    """Return both frames for a thread; None where its vectors do not fit the format.

    ``registers``, ``mask`` and ``state`` are what the thread has to get back.
    """
    vectors = _pack_state(state, form)
    if vectors is None:
        return None
    room = registers[PLACE["rsp"]] - RED_ZONE - image_bytes(form)
    address = room + -room % 64  # XRSTOR asks for multiples of 64
    back = _pack_frame(entrance, restart(registers), mask, address + 2 * FRAME_BYTES)
    end = _pack_frame(entrance, _exiting(entrance, registers, address), ALL_SIGNALS, 0)
    return Image(address, back + end + vectors)


def restart(registers: array[int]) -> array[int]:
    """Return registers with which an interrupted call is made again.

    The kernel does this by itself on its way to the program (arch/x86/kernel/
    signal.c, arch_do_signal_or_restart), but not after rt_sigreturn. Calls that
    wait for a time (-516) then answer EINTR, as after any signal.
    """
    registers = registers[:]
    number, answer = registers[PLACE["orig_rax"]], signed(registers[PLACE["rax"]])
    if number == NO_CALL:
        return registers
    if answer in _RESTARTED_AS_THEY_WERE:
        registers[PLACE["rax"]] = number
        registers[PLACE["rip"]] -= CALL_BYTES
    elif waits_for_a_time(registers):
        registers[PLACE["rax"]] = RESTART_SYSCALL
        registers[PLACE["rip"]] -= CALL_BYTES
    return registers


def waits_for_a_time(registers: array[int]) -> bool:
    """Return whether it is in a call that only the kernel can go on with: a sleep."""
    return (
        registers[PLACE["orig_rax"]] != NO_CALL
        and signed(registers[PLACE["rax"]]) == _RESTARTED_BY_CALL
    )


def signed(word: int) -> int:
    """Return a 64-bit word as a number with a sign."""
    return word - (1 << 64) if word >> 63 else word


def _exiting(entrance: Entrance, registers: array[int], address: int) -> array[int]:
    registers = registers[:]
    registers[PLACE["rip"]] = entrance.call
    registers[PLACE["rax"]], registers[PLACE["rdi"]] = EXIT_GROUP, 0
    registers[PLACE["rsp"]] = address
    return registers


def _pack_frame(
    entrance: Entrance, registers: array[int], mask: int, vectors: int
) -> bytes:
    """Return address, then struct ucontext (asm/ucontext.h); 0 clears the vectors."""
    head = struct.pack("<QQQQi4xQ", entrance.restore, _FLAGS, 0, 0, _NO_SUCH_STACK, 0)
    words = struct.pack("<18Q", *(registers[PLACE[name]] for name in _IN_FRAME))
    code, stack = registers[PLACE["cs"]], registers[PLACE["ss"]]
    rest = struct.pack("<4H5Q64x", code, 0, 0, stack, 0, 0, 0, 0, vectors)
    frame = head + words + rest + struct.pack("<Q", mask)
    return frame.ljust(FRAME_BYTES, b"\0")


def _pack_state(state: bytes, form: StateFormat) -> bytes | None:
    """Return the vectors as in a signal frame (fpu/signal.c, save_xstate_epilog)."""
    if len(state) < form.size:
        return None
    (in_use,) = struct.unpack_from("<Q", state, _STATE_IN_USE)
    if in_use & ~form.features:
        return None
    software = struct.pack(
        "<IIQI28x", MAGIC_1, form.size + len(_MAGIC_2), form.features, form.size
    )
    packed = bytearray(state[: form.size])
    packed[_SOFTWARE_BYTES : _SOFTWARE_BYTES + len(software)] = software
    return bytes(packed) + _MAGIC_2
