"""A snapshot that takes long keeps nothing waiting, and each gets its own answer."""

from __future__ import annotations

from concurrent.futures import CancelledError

import pytest

from leakgui.errors import HelperFailed
from tests.ui.heap_puppets import open_puppet
from tests.ui.heap_scenes import heap, snapshot


@pytest.fixture
def subject(qtbot, loaded_window):
    return open_puppet(qtbot, loaded_window, snapshot(None, 1))


def answer(subject, place, made):
    subject.snapshots.append(made)
    subject.recorder.futures[place].set_result(made)


def test_the_window_works_on_while_a_heap_is_taken(qtbot, loaded_window, subject):
    workspace = loaded_window.workspace
    subject.snapshots.append(snapshot(None, 2))
    workspace.heap.take()
    for _ in range(3):
        workspace.take_snapshot()
    with qtbot.waitSignals([workspace.compared, workspace.judged]):
        workspace.compare(1, 2)
        workspace.judging.judge_now()


def test_a_heap_is_told_though_a_snapshot_was_asked_for_meanwhile(
    qtbot, loaded_window, subject
):
    workspace = loaded_window.workspace
    workspace.heap.take()
    workspace.take_snapshot()
    with qtbot.waitSignal(workspace.heap.taken):
        answer(subject, 0, snapshot(heap(), 2))
    assert loaded_window.page.tabs.currentWidget() is loaded_window.page.heap
    assert workspace.taking.is_waiting
    assert loaded_window._busy.text()
    with qtbot.waitSignal(workspace.difference_asked):
        answer(subject, 1, snapshot(None, 3))
    assert not workspace.taking.is_waiting
    assert not loaded_window._busy.text()
    assert workspace.snapshot.number == 3


def test_what_fails_is_told_and_what_comes_after_it_too(qtbot, loaded_window, subject):
    workspace = loaded_window.workspace
    workspace.take_snapshot()
    workspace.take_snapshot()
    with qtbot.waitSignal(workspace.problem):
        subject.recorder.futures[0].set_exception(HelperFailed("No helper."))
    with qtbot.waitSignal(workspace.snapshot_shown):
        answer(subject, 1, snapshot(None, 2))


@pytest.mark.parametrize("error", [None, CancelledError()])
def test_what_was_open_before_tells_nothing_more(qtbot, loaded_window, subject, error):
    workspace = loaded_window.workspace
    workspace.take_snapshot()
    workspace.taking.forget()
    with qtbot.assertNotEmitted(workspace.snapshot_shown, wait=50):
        if error is None:
            answer(subject, 0, snapshot(None, 2))
        else:
            subject.recorder.futures[0].cancel()


@pytest.mark.parametrize(
    ("kept", "compared_with"),
    [
        ([heap(), None], 1),
        ([heap(), heap(), None, None], 2),
        ([None, None], 2),
    ],
)
def test_a_heap_is_compared_with_the_heap_before_it(
    qtbot, loaded_window, kept, compared_with
):
    made = [snapshot(one, number) for number, one in enumerate(kept, start=1)]
    subject = open_puppet(qtbot, loaded_window, *made)
    workspace, number = loaded_window.workspace, len(made) + 1
    workspace.heap.take()
    with qtbot.waitSignal(workspace.compared):
        answer(subject, 0, snapshot(heap(), number))
    difference = workspace.difference
    assert (difference.from_number, difference.to_number) == (compared_with, number)
    workspace.take_snapshot()
    with qtbot.waitSignal(workspace.compared):
        answer(subject, 1, snapshot(None, number + 1))
    assert workspace.difference.from_number == number
