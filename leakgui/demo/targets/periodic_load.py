"""Healthy: memory follows a load that comes and goes."""

import mmap

from practice import KIB, Practice

BUFFER_BYTES = 256 * KIB
TURN_S = 0.05
HALF_PERIOD_TURNS = 100


def take_buffer() -> mmap.mmap:
    """Return memory that goes back to the system at once when it is closed."""
    buffer = mmap.mmap(-1, BUFFER_BYTES, flags=mmap.MAP_PRIVATE)
    buffer.write(b"x" * BUFFER_BYTES)
    return buffer


def main() -> None:
    practice = Practice(
        "periodic-load", "healthy: a load of up to 25 MiB that comes and goes in 10 s."
    )
    held = []
    for turn in practice.turns(TURN_S):
        if turn // HALF_PERIOD_TURNS % 2 == 0:
            held.append(take_buffer())
        else:
            held.pop().close()


main()
