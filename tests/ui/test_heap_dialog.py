"""What a heap snapshot does is shown before it happens, and agreed to."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from PySide6.QtCore import QSettings
from PySide6.QtGui import QGuiApplication

from leakgui.errors import AccessDenied, Unsupported
from leakgui.model.heap import Level
from leakgui.recording.heap_taking import CONFIRM_AFTER_S, HeapWish
from leakgui.settings import Settings
from leakgui.ui import heap_dialog
from leakgui.ui.application import make_application, make_window
from leakgui.ui.heap_dialog import HeapDialog
from tests.ui.heap_puppets import ESTIMATE, PuppetSubject

YAMA = AccessDenied("Yama lets only a parent trace PID 4242.", "Allow it, or ask.")
ELEVATION = SimpleNamespace(explanation="This will be run: pkexec helper")


@pytest.fixture
def window(qtbot):
    QSettings().clear()
    make_application()
    window = make_window(Settings())
    qtbot.addWidget(window)
    window.load()
    yield window
    window.close()


@pytest.fixture
def subject(qtbot, window):
    subject = PuppetSubject()
    with qtbot.waitSignal(window.workspace.judged):
        window.workspace.starter.started.emit(subject)
    return subject


@pytest.fixture
def open_dialog(qtbot, window, subject):
    def open_it(answer=ESTIMATE):
        subject.recorder.answer = answer
        dialog = HeapDialog(window.workspace, window)
        qtbot.addWidget(dialog)
        dialog.show()
        assert not dialog.take.isEnabled()
        qtbot.waitUntil(lambda: "Asking" not in dialog.cost.text())
        return dialog

    return open_it


def test_the_cost_is_known_before(open_dialog):
    dialog = open_dialog()
    assert dialog.cost.text() == (
        "Pauses PID 4242 for about 35 ms to copy 96.0 MiB, up to twice: a second look "
        "only where something seems lost"
    )
    dialog.twice.setChecked(False)
    assert dialog.cost.text() == "Pauses PID 4242 for about 35 ms to copy 96.0 MiB"


def test_pausing_is_the_default(open_dialog, subject):
    dialog = open_dialog()
    dialog.take.click()
    assert subject.recorder.wishes == [HeapWish()]


def test_injecting_takes_a_yes_each_time(open_dialog, subject, window):
    dialog = open_dialog()
    dialog.unasked.setChecked(True)
    dialog.inject.setChecked(True)
    assert "inside PID 4242 and pauses it for about 4" in dialog.cost.text()
    assert not dialog.unasked.isEnabled()
    assert "system call inside the process" in dialog.hazards.text()
    dialog.twice.setChecked(False)
    dialog.take.click()
    wish = HeapWish(level=Level.INJECT, confirm_after_s=0.0)
    assert subject.recorder.wishes == [wish]
    assert window.workspace.heap.must_ask


def test_a_process_is_asked_about_once_where_the_user_wants_that(
    open_dialog, subject, window
):
    assert window.workspace.heap.must_ask
    dialog = open_dialog()
    dialog.unasked.setChecked(True)
    dialog.take.click()
    window.commands.take_heap()
    assert [wish.level for wish in subject.recorder.wishes] == [Level.PAUSE] * 2
    assert subject.recorder.wishes[1].confirm_after_s == CONFIRM_AFTER_S


def test_cancel_takes_nothing(open_dialog, subject):
    open_dialog().reject()
    assert subject.recorder.wishes == []


def test_no_fork_says_why(open_dialog):
    no_fork = SimpleNamespace(
        copy_bytes=1,
        paused_ms=0.3,
        fork_paused_ms=0.3,
        can_fork=False,
        cannot_fork_reason="a seccomp filter",
        notes=("9 MiB of it are swapped out.",),
    )
    dialog = open_dialog(no_fork)
    assert not dialog.inject.isEnabled()
    assert dialog.hazards.text() == "Not possible here: a seccomp filter"
    assert "0.3 ms" in dialog.cost.text()
    assert dialog.cost.text().endswith("\n9 MiB of it are swapped out.")


def test_a_refusal_shows_reason_remedy_and_command(open_dialog, monkeypatch):
    monkeypatch.setattr(heap_dialog, "memory_command", lambda _: "sudo sysctl x=0")
    monkeypatch.setattr(heap_dialog, "find_elevation", lambda: None)
    dialog = open_dialog(YAMA)
    assert dialog.refusal.reason.text() == YAMA.message
    assert dialog.refusal.hint.text() == YAMA.hint
    assert not dialog.take.isEnabled()
    assert dialog.refusal.elevate.isHidden()
    dialog.refusal._copy.click()
    assert QGuiApplication.clipboard().text() == "sudo sysctl x=0"


def test_rights_are_asked_for_only_when_told_to(
    qtbot, open_dialog, subject, monkeypatch
):
    monkeypatch.setattr(heap_dialog, "memory_command", lambda _: "")
    monkeypatch.setattr(heap_dialog, "find_elevation", lambda: ELEVATION)
    monkeypatch.setattr(heap_dialog, "would_rights_help", lambda _: True)
    dialog = open_dialog(YAMA)
    assert dialog.refusal.explanation.text() == ELEVATION.explanation
    assert subject.recorder.elevations == []
    dialog.refusal.elevate.click()
    assert subject.recorder.elevations == [ELEVATION]
    qtbot.waitUntil(dialog.take.isEnabled)
    assert dialog.refusal.isHidden()


def test_rights_do_not_help_what_is_not_supported(open_dialog, monkeypatch):
    monkeypatch.setattr(heap_dialog, "find_elevation", lambda: ELEVATION)
    dialog = open_dialog(Unsupported("PID 4242 is a 32-bit program."))
    assert dialog.refusal.elevate.isHidden()


def test_no_password_is_asked_for_where_rights_would_not_help(
    open_dialog, subject, monkeypatch
):
    keys = []
    monkeypatch.setattr(heap_dialog, "find_elevation", lambda: ELEVATION)
    monkeypatch.setattr(heap_dialog, "would_rights_help", keys.append)
    dialog = open_dialog(AccessDenied("gdb (PID 7) holds PID 4242."))
    assert dialog.refusal.elevate.isHidden()
    assert dialog.refusal.explanation.isHidden()
    assert keys == [subject.target.key]


def test_f6_is_in_the_menu_and_asks(window, subject, monkeypatch):
    asked = []
    monkeypatch.setattr(HeapDialog, "exec", lambda dialog: asked.append(dialog))  # noqa: PLW0108  # bound as a method
    window.actions_by_key["heap"].trigger()
    assert window.actions_by_key["heap"].shortcut().toString() == "F6"
    assert len(asked) == 1
    window.page.snapshots._take_heap.click()
    window.workspace.heap.ask_no_more()
    window.actions_by_key["heap_ask"].trigger()
    assert len(asked) == 3
    assert subject.recorder.wishes == []


def test_a_dialog_that_was_answered_listens_no_more(
    qtbot, window, subject, monkeypatch
):
    monkeypatch.setattr(HeapDialog, "exec", HeapDialog.accept)
    for _ in range(3):
        window.actions_by_key["heap_ask"].trigger()
    qtbot.waitUntil(lambda: not window.findChildren(HeapDialog))
