"""Find the words that may hold pointers which the program itself would follow."""

from __future__ import annotations

from leakgui.worker.image import Image
from leakgui.worker.roots.table import Roots
from leakgui.worker.walked import Walk


def find_roots(image: Image, walk: Walk) -> Roots:
    """Return copied memory outside the heap, live registers and live stacks.

    Left out are the areas of the allocator, what lies more than 128 bytes below a
    stack pointer (the red zone of the System V ABI for x86-64, §3.2.2), and stacks
    that glibc keeps of threads that have ended. The dtv of each thread, whose only
    pointer leads 16 bytes into its block, is a root by itself.
    """
    raise NotImplementedError
