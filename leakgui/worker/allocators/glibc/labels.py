"""Names for arenas: the threads that use them, as far as their memory tells."""

from __future__ import annotations

from leakgui.worker.allocators.glibc.parts import Arena
from leakgui.worker.image import WORD_BYTES, Image

_TLS_BYTES = 4096
"""libc's own thread-local variables lie close below the thread control block
(glibc elf/dl-tls.c, TLS_TCB_AT_TP); ``thread_arena`` is one of them."""


def find_labels(image: Image, arenas: list[Arena]) -> list[str]:
    """Return ``main``, ``thread TID`` where one is known to use it, or ``arena N``."""
    users = _find_users(image, {arena.address for arena in arenas})
    labels = []
    for number, arena in enumerate(arenas):
        tid = users.get(arena.address)
        if arena.is_main:
            labels.append("main" if number == 0 else f"main {number}")
        else:
            labels.append(f"arena {number}" if tid is None else f"thread {tid}")
    return labels


def _find_users(image: Image, addresses: set[int]) -> dict[int, int]:
    """Return a tid for each arena that a live thread points to; the lowest."""
    users: dict[int, int] = {}
    threads = sorted(zip(image.threads.tid, image.threads.fs_base, strict=True))
    for tid, control_block in threads:
        last = image.find_word(int(control_block))
        if last is None:
            continue
        first = max(0, last - _TLS_BYTES // WORD_BYTES)
        # The nearest one: further below may be what is left of old stack frames.
        for word in reversed(image.words[first:last].tolist()):
            if word in addresses:
                users.setdefault(word, int(tid))
                break
    return users
