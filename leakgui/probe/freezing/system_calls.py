"""The calls of Linux on x86-64 that Python has no words for, by way of the C library.

Nothing is looked up before the first call, so that other systems can import this.
Every function raises ``OSError`` where the kernel refuses.
"""

from __future__ import annotations

import ctypes
import os
from array import array
from functools import cache

MAP_SHARED = 0x01
MAP_NORESERVE = 0x4000
"""asm-generic/mman-common.h and bits/mman-linux.h, as the two below."""
PROT_READ, PROT_WRITE = 1, 2
MADV_POPULATE_WRITE = 23
"""Linux 5.14: take the pages now, not one fault at a time (madvise(2))."""

PR_SET_PDEATHSIG = 1
"""linux/prctl.h"""

_TIMER_CREATE, _TIMER_SETTIME = 222, 223
"""arch/x86/entry/syscalls/syscall_64.tbl"""
_SIGEVENT_BYTES = 64
"""asm-generic/siginfo.h, SIGEV_MAX_SIZE"""

PAGEMAP_SCAN = 0xC0606610
"""_IOWR('f', 16, struct pm_scan_arg), linux/fs.h, since Linux 6.7."""


@cache
def _library() -> ctypes.CDLL:
    library = ctypes.CDLL(None, use_errno=True)
    word, address = ctypes.c_ulong, ctypes.c_size_t
    for name, result, arguments in (
        ("ptrace", ctypes.c_long, (ctypes.c_long, ctypes.c_int, address, word)),
        ("process_vm_readv", ctypes.c_ssize_t, _VM_ARGUMENTS),
        ("process_vm_writev", ctypes.c_ssize_t, _VM_ARGUMENTS),
        ("pread64", ctypes.c_ssize_t, (ctypes.c_int, address, word, ctypes.c_long)),
        ("mmap", ctypes.c_ssize_t, _MAP_ARGUMENTS),
        ("munmap", ctypes.c_int, (address, ctypes.c_size_t)),
        ("madvise", ctypes.c_int, (address, ctypes.c_size_t, ctypes.c_int)),
        ("prctl", ctypes.c_int, (ctypes.c_int, word, word, word, word)),
        ("ioctl", ctypes.c_int, (ctypes.c_int, word, address)),
        ("fstatfs", ctypes.c_int, (ctypes.c_int, address)),
        ("syscall", ctypes.c_long, (ctypes.c_long, word, word, word, word)),
    ):
        function = getattr(library, name)  # an index would not be remembered
        function.restype, function.argtypes = result, arguments
    return library


_VM_ARGUMENTS = (
    ctypes.c_int,
    ctypes.c_size_t,
    ctypes.c_ulong,
    ctypes.c_size_t,
    ctypes.c_ulong,
    ctypes.c_ulong,
)
_MAP_ARGUMENTS = (
    ctypes.c_size_t,
    ctypes.c_size_t,
    ctypes.c_int,
    ctypes.c_int,
    ctypes.c_int,
    ctypes.c_long,
)


def _checked(result: int) -> int:
    if result == -1:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return result


def ptrace(request: int, tid: int, address: int = 0, data: int = 0) -> None:
    """Make a request that answers with success or failure only, see the manual page."""
    _checked(_library().ptrace(request, tid, address, data))


def address_of(buffer: array[int], item: int = 0) -> int:
    """Return where an item of an array lies in our memory."""
    return buffer.buffer_info()[0] + item * buffer.itemsize


def read_ranges(pid: int, local: int, remote: int, count: int) -> int:
    """Copy from a process, process_vm_readv(2); returns how many bytes came.

    ``local`` and ``remote`` are addresses of ``count`` pairs of address and length
    (``struct iovec``). Fewer bytes than asked means that one page was not readable.
    """
    return _checked(
        _library().process_vm_readv(pid, local, count, remote, count, 0),
    )


def read_at(file: int, local: int, size: int, place: int) -> int:
    """Read from a place in an open file to an address of ours, pread(2)."""
    return _checked(_library().pread64(file, local, size, place))


def read_memory(pid: int, address: int, size: int) -> bytes:
    """Return bytes of a process's memory, fewer where a page is not readable."""
    buffer = array("B", bytes(size))
    local = array("Q", (address_of(buffer), size))
    remote = array("Q", (address, size))
    count = read_ranges(pid, address_of(local), address_of(remote), 1)
    return buffer.tobytes()[:count]


def write_memory(pid: int, address: int, data: bytes) -> None:
    """Write into a process's writable memory, process_vm_writev(2)."""
    buffer = array("B", data)
    local = array("Q", (address_of(buffer), len(data)))
    remote = array("Q", (address, len(data)))
    written = _checked(
        _library().process_vm_writev(
            pid, address_of(local), 1, address_of(remote), 1, 0
        )
    )
    if written != len(data):
        raise OSError(14, os.strerror(14))  # EFAULT: a part of it is not mapped


def map_file(descriptor: int, size: int, offset: int, protection: int) -> int:
    """Map a part of a file, shared; returns the address."""
    flags = MAP_SHARED | MAP_NORESERVE
    return _checked(_library().mmap(0, size, protection, flags, descriptor, offset))


def unmap(address: int, size: int) -> None:
    """Give a mapping back."""
    _checked(_library().munmap(address, size))


def populate(address: int, size: int) -> None:
    """Take memory for fresh writable pages of a mapping now.

    Kernels before 5.14 are helped by writing zeros, which the pages hold anyway.
    """
    try:
        _checked(_library().madvise(address, size, MADV_POPULATE_WRITE))
    except OSError as error:
        if error.errno != 22:  # EINVAL
            raise
        ctypes.memset(address, 0, size)


def die_with_parent(signal_number: int) -> None:
    """Let the kernel send this to us when the thread that forked us ends."""
    _checked(_library().prctl(PR_SET_PDEATHSIG, signal_number, 0, 0, 0))


def control(descriptor: int, request: int, argument: array[int]) -> int:
    """Give a structure to a driver, ioctl(2); returns its answer."""
    return _checked(_library().ioctl(descriptor, request, address_of(argument)))


def file_system_of(descriptor: int) -> int:
    """Return of what type the file system of an open file is, fstatfs(2)."""
    answer = array("q", (0,) * 15)  # struct statfs, 120 bytes; f_type comes first
    _checked(_library().fstatfs(descriptor, address_of(answer)))
    return answer[0]


def create_signal_timer(clock: int, signal_number: int) -> int:
    """Create a timer of the kernel that sends a signal to us, timer_create(2)."""
    # struct sigevent: value (8), signal (4), notify (4): 0 is SIGEV_SIGNAL.
    event = array("i", (0, 0, signal_number, 0, *([0] * (_SIGEVENT_BYTES // 4 - 4))))
    timer = array("i", (0,))
    _checked(
        _library().syscall(
            _TIMER_CREATE, clock, address_of(event), address_of(timer), 0
        )
    )
    return timer[0]


def set_timer(timer: int, seconds: float) -> None:
    """Let a timer fire once after so long; 0 stops it, timer_settime(2)."""
    whole, rest = divmod(max(0, round(seconds * 1e9)), 10**9)
    when = array("q", (0, 0, whole, rest))
    _checked(_library().syscall(_TIMER_SETTIME, timer, 0, address_of(when), 0))
