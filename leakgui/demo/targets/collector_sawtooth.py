"""Healthy: cycles of objects pile up until the garbage collector frees them."""

import gc
import mmap

from practice import KIB, Practice

BUFFER_BYTES = 256 * KIB
TURN_S = 0.05
TURNS_A_COLLECTION = 80


class Page:
    """Refers to itself, so that only the collector can free it."""

    def __init__(self) -> None:
        # A mapping of its own goes back to the system at once when it is freed.
        self.buffer = mmap.mmap(-1, BUFFER_BYTES, flags=mmap.MAP_PRIVATE)
        self.buffer.write(b"x" * BUFFER_BYTES)
        self.me = self


def main() -> None:
    practice = Practice(
        "collector-sawtooth",
        "healthy: makes 5 MiB of garbage a second, collected every four seconds.",
    )
    gc.disable()
    for turn in practice.turns(TURN_S):
        Page()
        if turn % TURNS_A_COLLECTION == TURNS_A_COLLECTION - 1:
            gc.collect()


main()
