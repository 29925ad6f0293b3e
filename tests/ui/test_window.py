"""The whole window on a real process, off-screen."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest
from PySide6.QtCore import QSettings

from leakgui.model.opening import Opening
from leakgui.model.process import Access, Process, ProcessKey
from leakgui.probe.platform import current
from leakgui.settings import SETTINGS, Settings
from leakgui.ui.application import make_application, make_window
from leakgui.ui.exporting import ExportChoice, write_files
from tests.ui.conftest import FILES_TARGET
from tests.ui.desktop import start_target, tell

pytestmark = pytest.mark.live


@pytest.fixture
def window(qtbot):
    QSettings().clear()
    make_application()
    window = make_window(Settings())
    qtbot.addWidget(window)
    window.show()
    yield window
    window.close()


def attach(qtbot, window, pid):
    window.load()
    with qtbot.waitSignal(window.workspace.judged, timeout=15_000):
        window.open(Opening(pid=pid))


def take_snapshot(qtbot, window, number):
    with qtbot.waitSignal(window.workspace.snapshot_shown, timeout=15_000):
        window.workspace.take_snapshot()
    assert window.workspace.snapshot.number == number


def test_picker_is_there_before_numpy_and_pyqtgraph():
    code = (
        "import sys\n"
        "from leakgui.settings import Settings\n"
        "from leakgui.ui.application import make_application, make_window\n"
        "app = make_application(); window = make_window(Settings()); window.show()\n"
        "app.processEvents()\n"
        "assert window.processes.view.model().rowCount() > 0\n"
        "print([m for m in ('numpy', 'pyqtgraph') if m in sys.modules])\n"
        "window.close()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert done.stdout.strip() == "[]", done.stderr


def test_watch_snapshot_compare_and_export(qtbot, window, target, tmp_path):
    attach(qtbot, window, target.pid)
    assert window.stack.currentWidget() is window.page
    assert "PID" in window.bar._chip.text()
    take_snapshot(qtbot, window, 1)
    tell(target, ("30",))
    with qtbot.waitSignal(window.workspace.compared, timeout=15_000):
        window.workspace.take_snapshot()
    difference = window.workspace.difference
    before, after = difference.counters["handles"]
    assert after - before == 30
    window.page.difference.choose("handles")
    rows = window.page.difference.table.model
    assert rows.rowCount() > 0
    assert rows.index(0, 0).data() in ("＋ new", "grown")
    choice = ExportChoice(
        formats=("png", "svg", "csv", "html"),
        view=None,
        scale=1,
        mask=True,
        stem=tmp_path / "out",
    )
    written = write_files(window.workspace, choice)
    assert sorted(path.suffix for path in written) == [".csv", ".html", ".png", ".svg"]
    assert all(path.stat().st_size > 200 for path in written)
    assert "leakgui-window-target" not in (tmp_path / "out.html").read_text()


def test_the_evidence_says_what_was_judged(qtbot, window, target):
    attach(qtbot, window, target.pid)
    window.page.show_evidence()
    evidence = window.page.evidence
    assert evidence._list.count() == len(window.workspace.judging.judgement.findings)
    assert window.page.strip._sentence.text()


def test_the_end_of_the_target_is_an_event(qtbot, window, target):
    attach(qtbot, window, target.pid)
    assert window.workspace.is_running
    target.stdin.close()
    target.wait(10)
    qtbot.waitUntil(lambda: not window.workspace.is_running, timeout=15_000)
    qtbot.waitUntil(
        lambda: not window.actions_by_key["snapshot"].isEnabled(), timeout=5_000
    )
    assert window.actions_by_key["export"].isEnabled()
    assert window.actions_by_key["wait"].isEnabled()


def test_the_recording_is_kept_and_opens_again(qtbot, window, target):
    attach(qtbot, window, target.pid)
    take_snapshot(qtbot, window, 1)
    path = window.workspace.subject.path
    window.workspace.close()
    assert path.is_file()
    with qtbot.waitSignal(window.workspace.opened, timeout=15_000):
        window.workspace.open_file(path)
    assert not window.workspace.is_running
    assert len(window.workspace.subject.headings()) == 1
    assert target.poll() is None


def test_a_process_gone_between_listing_and_choosing_is_told(qtbot, window):
    ended = subprocess.Popen([sys.executable, "-c", "pass"])
    key = current().find_key(ended.pid)
    ended.wait()
    window.watch(
        Process(
            key=key,
            parent_pid=1,
            name="gone",
            command="gone",
            user="",
            started_unix_s=0.0,
            state="S",
            rss_bytes=1,
            handles=1,
            threads=1,
            access=Access.FULL,
        )
    )
    assert window.stack.currentWidget() is window.processes
    assert window.processes.banner.isVisibleTo(window)
    assert window.workspace.subject is None


def test_a_reused_pid_is_not_taken_for_the_same_process(qtbot, window, target):
    window.load()
    stranger = ProcessKey(target.pid, current().find_key(target.pid).start_ticks + 1)
    assert not window.workspace.starter.watch(stranger, "stranger")
    assert window.workspace.subject is None


@pytest.mark.parametrize("content", [b"", b"not a recording", b"SQLite format 3\0xx"])
def test_a_damaged_file_is_told_in_the_page(qtbot, window, tmp_path, content):
    path = tmp_path / "damaged.leak"
    path.write_bytes(content)
    window.load()
    with qtbot.waitSignal(window.workspace.problem, timeout=15_000):
        window.workspace.open_file(path)
    assert window.processes.banner.isVisibleTo(window)
    assert window.workspace.subject is None


def test_a_missing_program_is_told(qtbot, window):
    window.load()
    assert not window.workspace.starter.start_program(["/nonexistent/program"])
    assert window.processes.banner.isVisibleTo(window)


def test_a_started_program_lives_on_when_the_window_closes(qtbot, window):
    window.load()
    command = [sys.executable, "-c", "import time; time.sleep(60)"]
    with qtbot.waitSignal(window.workspace.opened, timeout=15_000):
        assert window.workspace.starter.start_program(command, "my practice")
    assert window.workspace.subject.target.name == "my practice"
    child = window.workspace.subject.child
    window.workspace.close()
    assert child.poll() is None
    os.kill(child.pid, signal.SIGTERM)
    child.wait(10)


def test_settings_dialog_has_a_row_for_each_setting(qtbot, window, monkeypatch):
    from leakgui.ui.preferences import PreferencesDialog

    dialog = PreferencesDialog(window.settings, window)
    qtbot.addWidget(dialog)
    assert set(dialog._editors) == {setting.key for setting in SETTINGS}
    dialog._editors["theme"].setCurrentText("dark")
    dialog._save()
    assert window.settings.get("theme") == "dark"
    assert Settings.load().get("theme") == "dark"
    Settings().save()


def test_practice_dialog_starts_what_is_chosen(qtbot, window):
    from leakgui.demo.catalogue import TARGETS
    from leakgui.ui.practice_dialog import PracticeDialog

    dialog = PracticeDialog(window)
    qtbot.addWidget(dialog)
    assert dialog._list.count() == len(TARGETS)
    assert dialog.chosen_name() == TARGETS[0].name


@pytest.mark.parametrize(("theme", "is_dark"), [("dark", True), ("light", False)])
def test_a_theme_reaches_the_window(qtbot, window, target, theme, is_dark):
    attach(qtbot, window, target.pid)
    window.settings.set("theme", theme)
    window.theme.apply()

    def ground_is_right():
        ground = window.grab().toImage().pixelColor(5, 400).lightness()
        return (ground < 90) == is_dark

    qtbot.waitUntil(ground_is_right, timeout=5_000)
    assert window.theme.is_dark == is_dark


def test_the_next_run_is_drawn_over_the_one_before(qtbot, window):
    first = start_target(FILES_TARGET, "leakgui-run-target")
    second = None
    try:
        attach(qtbot, window, first.pid)
        window.actions_by_key["wait"].trigger()
        assert window.workspace.next_run.is_waiting
        first.stdin.close()
        first.wait(10)
        qtbot.waitUntil(lambda: not window.workspace.is_running, timeout=15_000)
        second = start_target(FILES_TARGET, "leakgui-run-target")
        with qtbot.waitSignal(window.workspace.opened, timeout=15_000):
            pass
        assert window.workspace.subject.target.key.pid == second.pid
        assert [run.target.key.pid for run in window.workspace.earlier] == [first.pid]
        assert not window.workspace.next_run.is_waiting
        window.page.timeline.plots.refresh()
    finally:
        window.workspace.close()
        first.stdout.close()
        if second is not None:
            second.stdin.close()
            second.wait(10)
            second.stdout.close()


def test_a_snapshot_can_be_renamed_and_keeps_its_name(qtbot, window, target):
    attach(qtbot, window, target.pid)
    take_snapshot(qtbot, window, 1)
    item = window.page.snapshots._tree.topLevelItem(0)
    item.setText(0, "1 · before the upload")
    path = window.workspace.subject.path
    window.workspace.close()
    with qtbot.waitSignal(window.workspace.opened, timeout=15_000):
        window.workspace.open_file(path)
    assert window.workspace.subject.headings()[0].name == "before the upload"


def test_units_follow_the_settings(qtbot, window, target):
    attach(qtbot, window, target.pid)
    window.settings.set("units", "decimal")
    window.apply_settings()
    window.page.overview.open_subject()
    assert window.page.overview._values["rss_bytes"].text().endswith("MB")
    window.settings.set("units", "binary")
    window.apply_settings()
    window.page.overview.open_subject()
    assert window.page.overview._values["rss_bytes"].text().endswith("MiB")


def test_the_difference_turns_to_where_something_changed(qtbot, window, target):
    attach(qtbot, window, target.pid)
    take_snapshot(qtbot, window, 1)
    tell(target, ("3",))
    window.workspace.mark_step()
    with qtbot.waitSignal(window.workspace.compared, timeout=15_000):
        window.workspace.take_snapshot()
    page = window.page.difference
    assert "1 step" in page._title.text()
    assert page._sections.button(1).text().startswith("Handles (")
    assert page._sections.button(1).text() != "Handles (0)"
    page.choose("threads")
    assert "Handles" in page.table.title.text()


def test_there_is_a_way_back_from_the_process_list(qtbot, window, target):
    attach(qtbot, window, target.pid)
    window.actions_by_key["choose"].trigger()
    assert window.stack.currentWidget() is window.processes
    window.processes._back.click()
    assert window.stack.currentWidget() is window.page


def test_keys_can_be_chosen_anew_but_not_twice(qtbot, window):
    from leakgui.ui.preferences import PreferencesDialog

    dialog = PreferencesDialog(window.settings, window)
    qtbot.addWidget(dialog)
    dialog._keys._editors["snapshot"].setKeySequence("Ctrl+O")
    dialog._save()
    assert not dialog._banner.isHidden()
    dialog._keys._editors["snapshot"].setKeySequence("F9")
    dialog._save()
    window.apply_settings()
    assert window.actions_by_key["snapshot"].shortcut().toString() == "F9"
    QSettings().clear()
    window.apply_settings()
    assert window.actions_by_key["snapshot"].shortcut().toString() == "F5"


def test_renaming_a_snapshot_compares_nothing_and_keeps_the_ticks(
    qtbot, window, target
):
    attach(qtbot, window, target.pid)
    take_snapshot(qtbot, window, 1)
    with qtbot.waitSignal(window.workspace.compared, timeout=15_000):
        window.workspace.take_snapshot()
    snapshots = window.page.snapshots
    item = snapshots._tree.topLevelItem(1)
    with qtbot.assertNotEmitted(snapshots.pair_chosen):
        item.setText(0, "after")
    assert item.text(0) == "2 · after"
    assert snapshots.ticked_pair() == (1, 2)


def test_nothing_more_can_be_taken_of_a_program_that_ended(qtbot, window, target):
    attach(qtbot, window, target.pid)
    take_snapshot(qtbot, window, 1)
    assert not window.page.snapshots._take.isHidden()
    target.stdin.close()
    qtbot.waitUntil(lambda: not window.workspace.is_running, timeout=15_000)
    qtbot.waitUntil(window.page.snapshots._take.isHidden, timeout=15_000)
    assert "ended" in window.bar._chip.text()
    assert not window.bar._cost.text()


def test_the_window_fits_on_the_screen(window):
    room = window.screen().availableGeometry()
    assert window.width() < room.width()
    assert window.height() < room.height()


@pytest.mark.parametrize(("answer", "is_replaced"), [("Yes", True), ("No", False)])
def test_an_export_replaces_only_what_it_may(
    qtbot, window, target, tmp_path, monkeypatch, answer, is_replaced
):
    from PySide6.QtWidgets import QMessageBox

    from leakgui.ui.export_dialog import ExportDialog

    attach(qtbot, window, target.pid)
    dialog = ExportDialog(window.workspace, (0.0, 1.0), window)
    qtbot.addWidget(dialog)
    dialog._folder.setText(str(tmp_path))
    dialog._name.setText("out")
    (tmp_path / "out.csv").write_text("mine")
    button = getattr(QMessageBox.StandardButton, answer)
    monkeypatch.setattr(QMessageBox, "question", lambda *_: button)
    dialog._write()
    assert ((tmp_path / "out.csv").read_text() != "mine") == is_replaced


@pytest.mark.parametrize("is_masked", [True, False])
def test_an_exported_difference_obeys_the_masking_setting(
    qtbot, window, target, tmp_path, is_masked
):
    from leakgui.ui.exporting import write_difference_beside

    attach(qtbot, window, target.pid)
    take_snapshot(qtbot, window, 1)
    with qtbot.waitSignal(window.workspace.compared, timeout=15_000):
        window.workspace.take_snapshot()
    window.settings.set("mask", is_masked)
    path = tmp_path / "difference.csv"
    with qtbot.waitSignal(window.workspace.said, timeout=15_000):
        write_difference_beside(window.workspace, path)
    assert ("/lib" in path.read_text()) != is_masked
