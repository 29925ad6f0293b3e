"""Healthy: a cache that fills to its bound and is then only used."""

import functools
import random

from practice import KIB, Practice

ENTRIES = 2000
ENTRY_BYTES = 8 * KIB
PER_TURN = 70


@functools.lru_cache(maxsize=ENTRIES)
def look_up(number: int) -> bytes:
    """Return what belongs to a number; kept, so that it is made only once."""
    return bytes([number % 256]) * ENTRY_BYTES


def main() -> None:
    practice = Practice(
        "warm-up-cache", "healthy: fills a cache of 16 MiB within some 15 s, then stays."
    )
    chance = random.Random(1)
    for _ in practice.turns(0.1):
        for _ in range(PER_TURN):
            look_up(chance.randrange(ENTRIES))


main()
