"""Healthy: takes memory for each request and frees it again."""

from practice import KIB, Practice


def handle_request(number: int) -> int:
    """Work in some memory that is freed when the function returns."""
    answer = bytearray(64 * KIB)
    answer[0] = number % 256
    return len(answer)


def main() -> None:
    practice = Practice("steady", "healthy: nothing to find, memory stays level.")
    for turn in practice.turns(0.05):
        handle_request(turn)


main()
