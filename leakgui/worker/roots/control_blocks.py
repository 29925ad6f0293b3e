"""The control blocks of threads, living and dead, and the stacks that go with them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from leakgui.model.columns import I64, U64
from leakgui.worker.blocks.block_map import closed
from leakgui.worker.blocks.compiling import maker
from leakgui.worker.image import WORD_BYTES, Image

ALIGNMENT = 64
"""Of a control block (glibc 2.36 sysdeps/x86_64/nptl/tls.h, TCB_ALIGNMENT)."""
RECORD_BYTES = 2304
"""``struct pthread``, which begins with the control block (glibc 2.36 nptl/descr.h);
other versions differ by some hundred bytes."""
DTV_AT, SELF_AT = 8, 16
"""tcbhead_t (glibc 2.36 sysdeps/x86_64/nptl/tls.h): tcb, dtv, self."""
DTV_HEAD = 16
"""The dtv pointer leads past an element that holds the length (elf/dl-tls.c)."""
NEAR_END = 16_384
"""Record and alignment lie between a control block and the end of its stack."""
LEAST_STACK = 16_384
"""PTHREAD_STACK_MIN of x86-64."""
MOST_STACK = 1 << 40
"""A longer pair is 0 and some pointer: the first thread has no stack of glibc's."""
MOST_ENDED = 65_536
"""More stacks of ended threads are not looked for; glibc keeps 40 MiB of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ControlBlock:
    """One thread's control block, and the stack that glibc made for the thread."""

    address: int
    tid: int
    """-1: the thread has ended and glibc keeps its stack for another one."""
    stack_start: int
    stack_end: int
    """Both 0 where they are not known: the first thread has a stack of the kernel."""

    @property
    def end(self) -> int:
        """Where the record that begins here ends, at the latest."""
        return self.stack_end or self.address + RECORD_BYTES


def find_control_blocks(image: Image, first: I64, end: I64) -> list[ControlBlock]:
    """Return those of all threads, and those of ended ones in ranges of words.

    A control block begins with a pointer to itself and holds another one at +16. The
    record has the stack's start and length side by side (``stackblock`` and
    ``stackblock_size``, glibc 2.36 nptl/descr.h); their offset differs from version
    to version, so the pair is taken that encloses the control block near its end.
    """
    threads = image.threads
    live = dict(zip(threads.fs_base.tolist(), threads.tid.tolist(), strict=True))
    found = [_read(image, address, tid) for address, tid in live.items() if address]
    places = _find_self_pointers(
        closed(image.words), closed(image.present), first, end, _shift(image, first)
    )
    dead = (image.find_address(int(place)) for place in places)
    ended = (_read(image, address, -1) for address in dead if address not in live)
    return found + [block for block in ended if _has_ended(image, block)]


def _has_ended(image: Image, block: ControlBlock) -> bool:
    """Whether a control block that is no thread's now has a stack that none is on.

    A thread may have another %fs for a while, as programs of other systems do in an
    emulator; its stack pointer tells where it is.
    """
    pointers = image.threads.stack_pointer
    start, end = np.uint64(block.stack_start), np.uint64(block.stack_end)
    return block.stack_end > 0 and not ((start <= pointers) & (pointers < end)).any()


def _read(image: Image, address: int, tid: int) -> ControlBlock:
    """Return what is known of the control block at an address."""
    copied = image.read(address, RECORD_BYTES)
    record = np.frombuffer(copied[: len(copied) // 8 * 8], np.uint64)
    base, size = record[:-1], record[1:]
    here = np.uint64(address)
    end = base + size
    fits = (base < here) & (end > here) & (size >= LEAST_STACK) & (size < MOST_STACK)
    fits &= (end - here <= NEAR_END) & (base % 16 == 0)
    rows = np.flatnonzero(fits)
    start = int(base[rows[0]]) if len(rows) else 0
    return ControlBlock(
        address=address,
        tid=tid,
        stack_start=start,
        stack_end=start + int(size[rows[0]]) if len(rows) else 0,
    )


def _shift(image: Image, first: I64) -> I64:
    """Return what to add to eight times a place for its address, for each range."""
    segments = image.segments
    row = np.searchsorted(segments.first_word, first, "right") - 1
    shift = segments.start.astype(np.int64) - segments.first_word * WORD_BYTES
    return shift[row]


@maker
def _find_self_pointers(
    words: U64,
    present: npt.NDArray[np.uint8],
    first: I64,
    end: I64,
    shift: I64,
) -> I64:
    """Return the aligned places that hold their own address, twice."""
    found = np.empty(MOST_ENDED, np.int64)
    count = 0
    for row in range(len(first)):
        place = first[row]
        while place + 2 < end[row]:
            if not present[place >> 12] >> np.uint8((place >> 9) & 7) & 1:
                place = ((place >> 9) + 1) << 9
                continue
            address = place * 8 + shift[row]
            if address & (ALIGNMENT - 1):
                place += 1
                continue
            here = np.uint64(address)
            is_self = words[place] == here and words[place + 2] == here
            if is_self and count < MOST_ENDED:
                found[count] = place
                count += 1
            place += ALIGNMENT // 8
    return found[:count]
