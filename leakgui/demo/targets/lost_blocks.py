"""Blocks that nobody frees, for machines without a compiler: malloc by ctypes."""

import ctypes

from practice import KIB, MIB, Practice, bound

BLOCK_BYTES = KIB
PER_TURN = 10

libc = ctypes.CDLL(None)
libc.malloc.restype = ctypes.c_void_p
libc.malloc.argtypes = [ctypes.c_size_t]


def handle_request(number: int) -> None:
    """Take a block, work in it, and forget to give it back."""
    answer = libc.malloc(BLOCK_BYTES)
    if answer:
        ctypes.memset(answer, number % 256, BLOCK_BYTES)
    # missing: libc.free(answer)


def main() -> None:
    practice = Practice(
        "lost-blocks", "takes 200 KiB a second with malloc and never frees it."
    )
    most = bound(512 * MIB) // (PER_TURN * BLOCK_BYTES)
    for turn in practice.turns(0.05):
        if turn >= most:
            practice.hold("stops taking memory at its safe bound.")
            break
        for _ in range(PER_TURN):
            handle_request(turn)


main()
