"""General and vector registers of a thread that a tracer holds, on x86-64."""

from __future__ import annotations

from array import array

from leakgui.probe.freezing.system_calls import address_of, ptrace

GETREGSET, SETREGSET, GETFPREGS = 0x4204, 0x4205, 14
GETSIGMASK, SETSIGMASK = 0x420A, 0x420B
GET_RSEQ_CONFIGURATION = 0x420F
GETSIGINFO = 0x4202
GET_SYSCALL_USER_DISPATCH_CONFIG = 0x4211
"""linux/ptrace.h and sys/ptrace.h"""
NT_PRSTATUS, NT_X86_XSTATE = 1, 0x202
"""linux/elf.h"""

# fmt: off
FIELDS = (
    "r15", "r14", "r13", "r12", "rbp", "rbx", "r11", "r10", "r9", "r8", "rax", "rcx",
    "rdx", "rsi", "rdi", "orig_rax", "rip", "cs", "eflags", "rsp", "ss", "fs_base",
    "gs_base", "ds", "es", "fs", "gs",
)
# fmt: on
"""struct user_regs_struct (sys/user.h), 64 bits each."""
PLACE = {name: place for place, name in enumerate(FIELDS)}
VECTOR_WORDS = 32
"""XMM0 to XMM15."""

_FPREGS_BYTES = 512
_XMM = slice(160 // 8, 160 // 8 + VECTOR_WORDS)
"""struct user_fpregs_struct (sys/user.h) is an FXSAVE image: XMM0 lies at 160."""
_MOST_STATE_BYTES = 1 << 16


def read_registers(tid: int) -> array[int]:
    """Return the general registers in the order of ``FIELDS``."""
    registers = array("Q", bytes(8 * len(FIELDS)))
    vector = array("Q", (address_of(registers), 8 * len(FIELDS)))
    ptrace(GETREGSET, tid, NT_PRSTATUS, address_of(vector))
    return registers


def write_registers(tid: int, registers: array[int]) -> None:
    """Set the general registers."""
    vector = array("Q", (address_of(registers), 8 * len(FIELDS)))
    ptrace(SETREGSET, tid, NT_PRSTATUS, address_of(vector))


def read_vectors(tid: int) -> array[int]:
    """Return XMM0 to XMM15 as 32 words."""
    image = array("Q", bytes(_FPREGS_BYTES))
    ptrace(GETFPREGS, tid, 0, address_of(image))
    return image[_XMM]


def read_extended_state(tid: int) -> bytes:
    """Return the XSAVE image of a thread in its standard format."""
    image = array("B", bytes(_MOST_STATE_BYTES))
    vector = array("Q", (address_of(image), _MOST_STATE_BYTES))
    ptrace(GETREGSET, tid, NT_X86_XSTATE, address_of(vector))
    return image[: vector[1]].tobytes()


def read_signal_mask(tid: int) -> int:
    """Return which signals a thread blocks; bit 0 is signal 1."""
    mask = array("Q", (0,))
    ptrace(GETSIGMASK, tid, 8, address_of(mask))
    return mask[0]


def write_signal_mask(tid: int, mask: int) -> None:
    """Set which signals a thread blocks."""
    words = array("Q", (mask,))  # has to live until the call is over
    ptrace(SETSIGMASK, tid, 8, address_of(words))


def read_rseq_area(tid: int) -> int | None:
    """Return where a thread keeps ``struct rseq``; 0 for nowhere, None for unknown.

    Kernels before 5.13 cannot tell.
    """
    # struct ptrace_rseq_configuration: u64 pointer, u32 size, u32 signature, ...
    answer = array("Q", (0, 0, 0))
    try:
        # Success is the size of the answer, so ptrace's own check still holds.
        ptrace(GET_RSEQ_CONFIGURATION, tid, 24, address_of(answer))
    except OSError:
        return None
    return answer[0]


def read_signal_code(tid: int) -> int:
    """Return ``si_code`` of the signal that a thread stopped for (siginfo_t).

    Above 0 the kernel found a fault in what the thread does; else somebody sent it
    (sigaction(2)).
    """
    # Of 128 bytes (asm-generic/siginfo.h, SI_MAX_SIZE): number, errno, code.
    answer = array("i", (0,) * 32)
    ptrace(GETSIGINFO, tid, 0, address_of(answer))
    return answer[2]


def dispatches_calls(tid: int) -> bool:
    """Whether a program gets signals for calls that it makes, instead of answers.

    Syscall User Dispatch (Documentation/admin-guide/syscall-user-dispatch.rst), as
    Wine uses it. Kernels before 6.4 cannot tell, and hardly any program does it: there
    the forced signal is taken back, but if we are killed before, its handler is asked
    for a call of ours.
    """
    # struct ptrace_sud_config: u64 mode, selector, offset, len.
    answer = array("Q", (0, 0, 0, 0))
    try:
        ptrace(GET_SYSCALL_USER_DISPATCH_CONFIG, tid, 32, address_of(answer))
    except OSError:
        return False
    return answer[0] != 0
