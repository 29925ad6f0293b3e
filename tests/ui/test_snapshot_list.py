"""The list marks what the pages show, and keeps what the user ticked."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from leakgui.model.recording import Event, EventKind
from tests.ui.heap_puppets import open_puppet
from tests.ui.heap_scenes import snapshot

AUTOMATIC = Event(elapsed_s=60.0, kind=EventKind.SNAPSHOT, text="")


@pytest.fixture
def subject(qtbot, loaded_window):
    loaded_window.page.vertical.setSizes([100, 500])
    return open_puppet(
        qtbot, loaded_window, *(snapshot(None, number) for number in (1, 2, 3))
    )


@pytest.fixture
def snapshots(loaded_window):
    return loaded_window.page.snapshots


def add_automatic(window, subject):
    subject.snapshots.append(snapshot(None, len(subject.snapshots) + 1))
    window.workspace.starter.announced.emit(AUTOMATIC)


def current(snapshots):
    return snapshots._tree.indexOfTopLevelItem(snapshots._tree.currentItem()) + 1


def click(snapshots, number):
    tree = snapshots._tree
    where = tree.visualItemRect(tree.topLevelItem(number - 1))
    QTest.mouseClick(tree.viewport(), Qt.MouseButton.LeftButton, pos=where.center())


def tick(snapshots, number, state=Qt.CheckState.Checked):
    snapshots._tree.topLevelItem(number - 1).setCheckState(0, state)


def test_the_mark_stays_on_what_the_pages_show(
    qtbot, loaded_window, subject, snapshots
):
    assert current(snapshots) == 3
    add_automatic(loaded_window, subject)
    assert current(snapshots) == 3
    click(snapshots, 1)
    qtbot.waitUntil(lambda: loaded_window.workspace.snapshot.number == 1)
    add_automatic(loaded_window, subject)
    loaded_window.workspace.state_changed.emit()
    assert current(snapshots) == 1
    assert [i.data(0, Qt.ItemDataRole.UserRole)
            for i in snapshots._tree.selectedItems()] == [1]  # fmt: skip


def test_a_click_shows_the_newest_also_after_an_automatic_one(
    qtbot, loaded_window, subject, snapshots
):
    add_automatic(loaded_window, subject)
    click(snapshots, 4)
    qtbot.waitUntil(lambda: loaded_window.workspace.snapshot.number == 4)
    assert current(snapshots) == 4


def test_a_click_on_the_current_one_shows_it_where_the_pages_show_another(
    qtbot, loaded_window, subject, snapshots
):
    click(snapshots, 2)
    qtbot.waitUntil(lambda: loaded_window.workspace.snapshot.number == 2)
    with qtbot.assertNotEmitted(snapshots.chosen):
        click(snapshots, 2)
    snapshots._shown = 1
    with qtbot.waitSignal(snapshots.chosen) as told:
        click(snapshots, 2)
    assert told.args == [2]


def test_a_snapshot_that_was_asked_for_is_marked(
    qtbot, loaded_window, subject, snapshots
):
    loaded_window.workspace.take_snapshot()
    subject.snapshots.append(snapshot(None, 4))
    with qtbot.waitSignal(loaded_window.workspace.compared):
        subject.recorder.futures[0].set_result(subject.snapshots[-1])
    assert current(snapshots) == 4


def test_new_ones_are_ticked_only_where_the_user_ticked_none(
    loaded_window, subject, snapshots
):
    assert snapshots.ticked_pair() == (2, 3)
    add_automatic(loaded_window, subject)
    assert snapshots.ticked_pair() == (3, 4)
    tick(snapshots, 1)
    assert snapshots.ticked_pair() == (1, 4)
    add_automatic(loaded_window, subject)
    loaded_window.workspace.state_changed.emit()
    assert snapshots.ticked_pair() == (1, 4)
    for number in (1, 4):
        tick(snapshots, number, Qt.CheckState.Unchecked)
    add_automatic(loaded_window, subject)
    assert snapshots.ticked_pair() == (5, 6)


def test_another_recording_begins_without_ticks_of_the_one_before(
    qtbot, loaded_window, subject, snapshots
):
    tick(snapshots, 1)
    open_puppet(qtbot, loaded_window, *(snapshot(None, number) for number in (1, 2, 3)))
    assert snapshots.ticked_pair() == (2, 3)
    assert current(snapshots) == 3
