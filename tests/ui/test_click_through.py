"""The main job done by hand: choose, watch, snapshot, compare, understand, export."""

from __future__ import annotations

from pathlib import Path

import pytest

from leakgui.session.reader import SessionReader
from tests.ui.desktop import Desktop, Program, tell

pytestmark = [
    pytest.mark.desktop,
    pytest.mark.live,
    pytest.mark.needs_tool("Xvfb", "openbox", "xdotool", "import"),
]


@pytest.fixture
def desktop():
    desktop = Desktop()
    yield desktop
    desktop.close()


def test_the_main_job_by_keys_and_clicks(desktop, target, tmp_path):
    program = Program(desktop, env={"HOME": str(tmp_path)})
    try:
        desktop.wait_for_window("leakgui")
        program.wait_for("ready to watch")
        desktop.type("leakgui-window-target")
        desktop.press("Return")
        program.wait_for(f"watching {target.pid}")
        program.wait_for("judged")
        desktop.press("F5")
        program.wait_for("snapshot 1 taken")
        assert tell(target, ("50",)) == "50"
        desktop.press("F5")
        program.wait_for("snapshot 2 taken")
        assert "handles +50" in program.wait_for("compared 1 with 2")
        desktop.press("w")
        desktop.press("ctrl+e")
        desktop.wait_for_window("Export")
        desktop.press("Return")
        program.wait_for("exported")
        desktop.press("ctrl+q")
        assert program.end() == 0
    finally:
        program.kill()
    written = {path.suffix for path in tmp_path.iterdir() if path.is_file()}
    assert {".png", ".svg", ".csv", ".html"} <= written
    assert target.poll() is None
    assert tell(target, ("1",)) == "51"


def test_a_heap_snapshot_is_agreed_to_and_the_target_runs_on(desktop, target, tmp_path):
    home = {"HOME": str(tmp_path), "XDG_DATA_HOME": str(tmp_path)}
    program = Program(desktop, str(target.pid), env=home)
    try:
        program.wait_for(f"watching {target.pid}")
        desktop.wait_for_window("leakgui")
        program.wait_for("judged")
        desktop.press("F6")
        program.wait_for("would pause")
        desktop.wait_for_window("Heap snapshot")
        desktop.press("Return")
        program.wait_for("snapshot 1 taken", 60)
        assert tell(target, ("5",)) == "5"
        desktop.press("ctrl+q")
        assert program.end() == 0
    finally:
        program.kill()
    (recording,) = (tmp_path / "leakgui/recordings").glob("*.leak")
    with SessionReader(recording) as reader:
        assert reader.headings()[0].has_heap
        assert reader.snapshot(1).heap.allocator == "glibc"


def test_killed_while_it_takes_a_snapshot(desktop, target, tmp_path):
    home = {"HOME": str(tmp_path), "XDG_DATA_HOME": str(tmp_path)}
    program = Program(desktop, str(target.pid), env=home)
    try:
        program.wait_for(f"watching {target.pid}")
        program.wait_for("judged")
        desktop.wait_for_window("leakgui")
        program.wait_for("judged")  # two seconds later: a second is on disk
        desktop.press("F5")
    finally:
        program.kill()
    assert tell(target, ("5",)) == "5"
    status = Path(f"/proc/{target.pid}/status").read_text()
    assert "TracerPid:\t0" in status
    assert "State:\tT" not in status
    (recording,) = (tmp_path / "leakgui/recordings").glob("*.leak")
    with SessionReader(recording) as reader:
        assert len(reader.recording().series["rss_bytes"]) > 0


def test_a_process_that_ends_is_an_event(desktop, target, tmp_path):
    program = Program(desktop, str(target.pid), env={"HOME": str(tmp_path)})
    try:
        program.wait_for(f"watching {target.pid}")
        program.wait_for("judged")
        target.stdin.close()
        target.wait(10)
        program.wait_for("target ended")
        desktop.wait_for_window("leakgui")
        desktop.press("ctrl+q")
        assert program.end() == 0
    finally:
        program.kill()
