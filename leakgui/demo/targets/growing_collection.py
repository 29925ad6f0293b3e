"""A collection that is never cleared: every answer is kept, none is removed."""

from practice import KIB, MIB, Practice, bound

PER_TURN = 10

answers = {}


def handle_request(number: int) -> None:
    """Answer, and remember the answer for a second request that never comes."""
    answers[number] = {"number": number, "text": f"{number:>{KIB}}"}
    # missing: a bound, or del answers[...] when the answer was delivered


def main() -> None:
    practice = Practice(
        "growing-collection", "keeps 200 answers of 1 KiB a second in a dict for ever."
    )
    most = bound(512 * MIB) // (2 * KIB)
    for turn in practice.turns(0.05):
        if len(answers) >= most:
            practice.hold("stops adding at its safe bound.")
            break
        for i in range(PER_TURN):
            handle_request(turn * PER_TURN + i)


main()
