"""Parts of a memory file, one behind the other in this process's own memory.

Pages are those of the file itself: nothing is copied, and what is never looked at
takes no memory. mmap(2) of the C library is called, because Python's own gives no
choice of the address.
"""

from __future__ import annotations

import ctypes
import fcntl
import mmap
import os
import weakref
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from leakgui.errors import HelperFailed
from leakgui.texts import say

_NEEDED_SEALS = fcntl.F_SEAL_WRITE | fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW

# include/uapi/asm-generic/mman-common.h, for what Python's mmap does not name.
_PROT_NONE = 0
_MAP_FIXED = 0x10
_MAP_NORESERVE = 0x4000
_WORD_BYTES = 8
_MAP_FAILED = ctypes.c_void_p(-1).value

_library = ctypes.CDLL(None, use_errno=True)
_library.mmap.restype = ctypes.c_void_p
_library.mmap.argtypes = (
    ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int, ctypes.c_int, ctypes.c_int,
    ctypes.c_int64,
)  # fmt: skip
_library.munmap.argtypes = (ctypes.c_void_p, ctypes.c_size_t)


def check_memory_file(descriptor: int, end: int) -> None:
    """Make sure that nobody can change a file, and that it is long enough.

    A file that gets shorter while it is mapped would end this process (SIGBUS).

    Raises:
        HelperFailed: it is no memory file, is not sealed, or ends before ``end``.
    """
    try:
        seals = fcntl.fcntl(descriptor, fcntl.F_GET_SEALS)
        length = os.fstat(descriptor).st_size
    except OSError as error:
        raise HelperFailed(say("The copied memory is no memory file.")) from error
    if seals & _NEEDED_SEALS != _NEEDED_SEALS:
        raise HelperFailed(say("The copied memory is not sealed."))
    if length < end:
        raise HelperFailed(say("The copied memory is shorter than it should be."))


def map_spans(
    descriptor: int, spans: Sequence[tuple[int, int]]
) -> npt.NDArray[np.uint64]:
    """Return the words from each start to each end of a file, one span after another.

    Starts and ends are multiples of a page. The memory is given back when neither the
    array nor anything that was cut from it is used any more; until then the file
    stays, whether the descriptor is closed or not.

    Raises:
        HelperFailed: there is not so much room for addresses.
    """
    total = sum(end - start for start, end in spans)
    if not total:
        return np.zeros(0, np.uint64)
    room = _map(None, total, _PROT_NONE, mmap.MAP_ANONYMOUS | _MAP_NORESERVE)
    holder = (ctypes.c_uint64 * (total // _WORD_BYTES)).from_address(room)
    # Not on the array: what is cut from it holds only what is below it.
    weakref.finalize(holder, _library.munmap, room, total).atexit = False
    place = room
    for start, end in spans:
        # Private, as kernels before 6.7 refuse shared mappings of a sealed file, even
        # to readers (mm: permit write-sealed memfd read-only shared mappings).
        _map(place, end - start, mmap.PROT_READ, _MAP_FIXED, (descriptor, start))
        place += end - start
    words: npt.NDArray[np.uint64] = np.ctypeslib.as_array(holder)
    words.flags.writeable = False
    return words


def _map(
    place: int | None,
    length: int,
    protection: int,
    flags: int,
    source: tuple[int, int] = (-1, 0),
) -> int:
    found = _library.mmap(place, length, protection, flags | mmap.MAP_PRIVATE, *source)
    if found is None or found == _MAP_FAILED:
        error = OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
        raise HelperFailed(
            say("The copied memory cannot be mapped: {error}", error=error.strerror)
        ) from error
    return int(found)
