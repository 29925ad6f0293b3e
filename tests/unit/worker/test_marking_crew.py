"""What happens where the system has no more threads to give."""

from __future__ import annotations

import threading

import pytest

from leakgui.worker.marking.entering import _share_out
from leakgui.worker.marking.grouping import group_possible
from leakgui.worker.marking.marking import mark
from tests.unit.worker.drawn_heap import draw

LIST = " -> ".join(f"n{number}" for number in range(500))


@pytest.fixture
def no_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: threading.Thread) -> None:
        message = "can't start new thread"
        raise RuntimeError(message)

    monkeypatch.setattr(threading.Thread, "start", refuse)


def test_what_fails_in_a_thread_is_not_lost() -> None:
    def work(number: int) -> None:
        if number:
            raise MemoryError

    with pytest.raises(MemoryError):
        _share_out(work, 2)


@pytest.mark.usefixtures("no_threads")
def test_one_thread_does_what_others_would_have_done() -> None:
    heap = draw(f"root -> {LIST}\nroot -> in@8\nx -> y")
    reach = mark(heap.image, heap.walk, heap.roots, hands=4)
    assert (reach.totals.reachable, reach.totals.direct) == (500, 1)
    possible, _, _ = group_possible(heap.image, heap.walk, heap.roots, reach)
    assert possible.count.tolist() == [1]
