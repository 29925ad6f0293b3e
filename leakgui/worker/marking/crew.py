"""Several threads that search together, and the end of their work."""

from __future__ import annotations

import os
import threading
import time

from leakgui.worker.giving_up import Cancelled, GivenUp, Progress
from leakgui.worker.marking.frontier import BLOCKS
from leakgui.worker.marking.spreading import Search, spread

SLICE_WORDS = 2_000_000
"""Searched between two looks at whether to go on: some 25 ms."""
FEW_BLOCKS = 50_000
"""Not worth a thread."""
MOST_HANDS = 4
IDLE_S = 0.000_3
LOOK_S = 0.05


def choose_hands(blocks: int) -> int:
    """Return how many threads shall search a heap of so many blocks."""
    if blocks < FEW_BLOCKS:
        return 1
    return min(MOST_HANDS, len(os.sched_getaffinity(0)))


class Crew:
    """Threads that search until none finds anything left to do.

    A thread that found nothing is idle, and only a thread that isn't can make new
    work; it looks for that itself before it becomes idle. So all idle means done.
    """

    def __init__(self, searches: list[Search], progress: Progress, total: int) -> None:
        self._searches = searches
        self._progress, self._total = progress, total
        self._idle = [False] * len(searches)
        self._gives_up = False
        self._failure: BaseException | None = None

    def run(self, cancelled: Cancelled) -> None:
        """Search to the end. Raises GivenUp when nobody waits any more."""
        started = [
            thread
            for number in range(1, len(self._searches))
            if (thread := self._start(number)) is not None
        ]
        try:
            self._work(0, cancelled)
        except BaseException:
            self._gives_up = True
            raise
        finally:
            for thread in started:
                thread.join()
        if self._failure is not None:
            raise self._failure

    def _start(self, number: int) -> threading.Thread | None:
        """Start a thread; where the system has none left, the others do its part."""
        thread = threading.Thread(target=self._work, args=(number,), name="search")
        try:
            thread.start()
        except RuntimeError:
            self._idle[number] = True
            return None
        return thread

    def _work(self, number: int, cancelled: Cancelled | None = None) -> None:
        """Search in one thread; the first one also tells how far all are."""
        looked = time.monotonic()
        while not self._gives_up:
            self._idle[number] = False
            self._idle[number] = not self._search(number)
            if self._idle[number]:
                if all(self._idle):
                    return
                time.sleep(IDLE_S)
            if cancelled is not None and time.monotonic() - looked > LOOK_S:
                looked = time.monotonic()
                self._look(cancelled)

    def _search(self, number: int) -> bool:
        """Search one slice; False when nothing was found to do."""
        try:
            return bool(spread(self._searches[number], SLICE_WORDS))
        except BaseException as failure:  # noqa: BLE001  # raised again by run
            self._failure, self._gives_up = failure, True
            return False

    def _look(self, cancelled: Cancelled) -> None:
        """Say how far the search is; give up when told to."""
        done = sum(int(search.hand.numbers[BLOCKS]) for search in self._searches)
        self._progress(done, self._total)
        if cancelled():
            self._gives_up = True
            raise GivenUp
