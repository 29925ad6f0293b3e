"""Threads that wait for ever: each waits for an answer that never comes."""

import threading

from practice import Practice

MOST = 500


def wait_for_answer(answer: threading.Event) -> None:
    """Wait for an event that nobody sets."""
    answer.wait()


def main() -> None:
    practice = Practice("thread-leak", "starts a thread a second that never ends.")
    for turn in practice.turns(1.0):
        try:
            if turn >= MOST:
                practice.hold("stops at its safe bound of threads.")
                break
            threading.Thread(
                target=wait_for_answer, args=(threading.Event(),),
                name=f"request-{turn}", daemon=True,
            ).start()  # fmt: skip
        except RuntimeError as error:  # a limit of threads
            practice.hold(f"stops: {error}.")
            break


main()
