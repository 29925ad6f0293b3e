"""Real programs are recorded, and never disturbed, whatever happens to the recorder."""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from leakgui.errors import SessionUnreadable, ToolMissing, WriteFailed
from leakgui.model.recording import EventKind
from leakgui.probe.platform import current
from leakgui.recording.launch import Launched, launch
from leakgui.recording.recorder import Recorder
from leakgui.recording.waiting import NextStart
from leakgui.session.opening import open_recording
from leakgui.session.reader import SessionReader
from leakgui.session.store import SessionWriter

pytestmark = pytest.mark.live

ROOT = Path(__file__).parents[2]
GROW = "held = []\nwhile True:\n held.append(bytearray(100_000)); time.sleep(0.02)"
IDLE = "while True: time.sleep(0.05)"
LATEST_LOSS_S = 1.6
"""One second between commits, and what a busy machine adds."""


@contextlib.contextmanager
def running(code: str, *arguments: str) -> Iterator[Launched]:
    """Start a Python program that is collected in the end, whatever happens."""
    child = launch([sys.executable, "-c", f"import time, os, sys\n{code}", *arguments])
    try:
        yield child
    finally:
        with contextlib.suppress(ProcessLookupError):
            if child.poll() is None:
                os.kill(child.pid, signal.SIGKILL)
        child.wait(10)


def until(condition, what: str, patience_s: float = 20.0) -> None:
    deadline_s = time.monotonic() + patience_s
    while not condition():
        assert time.monotonic() < deadline_s, f"never: {what}"
        time.sleep(0.02)


def readings(recorder: Recorder) -> int:
    return len(recorder.live.envelope("rss_bytes") or ())


def status_of(pid: int) -> dict[str, str]:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return {key: value.strip() for key, _, value in (x.partition(":") for x in lines)}


def assert_undisturbed(pid: int) -> None:
    status = status_of(pid)
    assert status["TracerPid"] == "0"
    assert status["State"][0] in "RSD"


def test_a_growing_program(tmp_path):
    path = tmp_path / "a.leak"
    with running(GROW) as child:
        recorder = Recorder(child.key, path, interval_s=0.05, child=child)
        recorder.start()
        first = recorder.take_snapshot("first").result(60)
        until(lambda: readings(recorder) >= 40, "forty readings")
        assert_undisturbed(child.pid)
        second = recorder.take_snapshot("second").result(60)
        os.kill(child.pid, signal.SIGKILL)
        assert recorder.wait(20)
        recorder.stop()
    found = open_recording(path)
    rss = found.series["rss_bytes"].value
    assert rss[-1] > rss[0] + 1e6
    assert {"pss_bytes", "mappings", "handles_file", "threads"} <= set(found.series)
    assert found.events[-1].kind is EventKind.TARGET_ENDED
    assert "137" in found.events[-1].text
    assert "Why is not known" in found.events[-1].text
    assert found.facts["exit_code"] == "137"
    assert second.counters["rss_bytes"] > first.counters["rss_bytes"]
    with SessionReader(path) as reader:
        assert [heading.name for heading in reader.headings()] == ["first", "second"]
        assert reader.snapshot(2).mappings is not None
        assert len(reader.snapshot(2).mappings) == len(second.mappings)


def test_handles_that_are_closed_are_remembered(tmp_path):
    code = (
        "kept = open(sys.argv[1], 'w')\nfile = open(sys.argv[2], 'w')\n"
        "sys.stdin.readline()\nfile.close()\n" + IDLE
    )
    names = [str(tmp_path / "kept.txt"), str(tmp_path / "closed.txt")]
    child = subprocess.Popen(
        [sys.executable, "-c", f"import time, sys\n{code}", *names],
        stdin=subprocess.PIPE,
    )
    try:
        until(lambda: Path(names[1]).exists(), "both are open")
        recorder = Recorder(current().find_key(child.pid), None)
        recorder.start()
        until(lambda: recorder.live.envelope("handles_file"), "handles were read")
        child.stdin.write(b"\n")
        child.stdin.close()
        until(recorder.live.closed_handles, "a handle was closed")
        snapshot = recorder.take_snapshot().result(60)
        recorder.stop()
    finally:
        child.kill()
        child.wait()
    assert [row.target for row in recorder.live.closed_handles()] == [names[1]]
    dated = dict(
        zip(
            snapshot.handles.target.as_list(),
            snapshot.handles.first_seen_s.tolist(),
            strict=True,
        )
    )
    assert dated[names[0]] < 1.0


@pytest.mark.parametrize("seed", range(4))
def test_a_killed_recorder_loses_a_second_at_most(tmp_path, seed):
    path = tmp_path / "a.leak"
    with running(GROW) as child:
        recorder, lines = start_recorder(child.pid, path)
        until(lambda: lines, "a first reading")
        time.sleep(random.Random(seed).uniform(0.3, 3.0))  # any moment is as good
        recorder.kill()
        recorder.wait()
        last_s = float(lines[-1].split()[1])
        assert_undisturbed(child.pid)
        before = open_recording(path)
        series = before.series.get("rss_bytes")  # none in the first second
        times = series.elapsed_s if series else np.empty(0)
        assert last_s - max(times, default=0.0) <= LATEST_LOSS_S
        assert (np.diff(times) > 0).all()
        assert not before.facts.get("damaged")
        again = Recorder(child.key, path, interval_s=0.02)
        again.start()
        until(lambda: readings(again) > len(times) + 5, "it goes on in the same file")
        again.stop()
    after = open_recording(path)
    np.testing.assert_array_equal(
        after.series["rss_bytes"].elapsed_s[: len(times)], times
    )
    assert [path.name for path in tmp_path.iterdir()] == ["a.leak"]


def start_recorder(
    pid: int, path: Path, *more: str
) -> tuple[subprocess.Popen[str], list[str]]:
    """Start a recorder; what it says is in the list, newest last."""
    script = Path(__file__).parent / "record_until_killed.py"
    process = subprocess.Popen(
        [sys.executable, str(script), str(pid), str(path), *more],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    lines: list[str] = []

    def collect() -> None:
        with process.stdout:
            lines.extend(process.stdout)

    threading.Thread(target=collect, daemon=True).start()
    return process, lines


def test_a_full_disk_is_survived(tmp_path):
    """RLIMIT_FSIZE stands for the end of the disk: write(2) fails with EFBIG."""
    path = tmp_path / "a.leak"
    with running(GROW) as child:
        recorder, lines = start_recorder(child.pid, path, "300000")
        try:
            until(lambda: any("recovered" in x for x in lines), "recovery", 60)
        finally:
            recorder.kill()
            recorder.wait()
        assert_undisturbed(child.pid)
    told = [line for line in lines if "cannot be written" in line]
    assert told or any("recovered" in line for line in lines)
    count = int(next(line for line in lines if "recovered" in line).split()[1])
    found = open_recording(path)
    assert len(found.series["rss_bytes"]) == count
    texts = " ".join(event.text for event in found.events)
    assert "cannot be written" in texts
    assert "written again" in texts


@contextlib.contextmanager
def mounted(folder: Path, *options: str) -> Iterator[Path]:
    """Mount a small file system; needs root."""
    folder.mkdir(exist_ok=True)
    command = ["mount", "-t", "tmpfs", *options, "tmpfs", str(folder)]
    if os.getuid() != 0 or subprocess.run(command, check=False).returncode:
        pytest.skip("mounting is not allowed here")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def test_a_small_disk_and_a_read_only_one(tmp_path, log_watch):
    log_watch.expect("cannot be written|written again")
    with mounted(tmp_path / "disk", "-o", "size=200k") as disk, running(GROW) as child:
        recorder = Recorder(child.key, disk / "a.leak", interval_s=0.02)
        recorder.start()
        (disk / "ballast").write_bytes(b"x" * 100_000)
        until(lambda: recorder.problem, "the disk is full", 60)
        assert isinstance(recorder.problem, WriteFailed)
        count = readings(recorder)
        until(lambda: readings(recorder) > count + 10, "it goes on in memory")
        (disk / "ballast").unlink()
        subprocess.run(["mount", "-o", "remount,size=20m", str(disk)], check=True)
        until(lambda: not recorder.problem, "it is written again", 30)
        recorder.stop()
        whole = open_recording(disk / "a.leak")
        assert len(whole.series["rss_bytes"]) == readings(recorder)
        subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
        assert len(open_recording(disk / "a.leak").series["rss_bytes"]) == len(
            whole.series["rss_bytes"]
        )
        with pytest.raises(WriteFailed):
            SessionWriter.append(disk / "a.leak", whole.target)


def test_an_unclosed_file_on_a_read_only_medium(tmp_path):
    path = tmp_path / "a.leak"
    with running(IDLE) as child:
        recorder = Recorder(child.key, path)
        recorder.start()
        recorder._file.flush(10)
        with mounted(tmp_path / "disk") as disk:
            for name in ("a.leak", "a.leak-wal"):
                shutil.copy(tmp_path / name, disk / name)
            shutil.copy(path, disk / "alone.leak")
            subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
            with pytest.raises(SessionUnreadable, match="not closed") as caught:
                open_recording(disk / "a.leak")
            assert "a.leak-wal" in caught.value.hint
            with contextlib.suppress(SessionUnreadable):  # may not hold a table yet
                open_recording(disk / "alone.leak")
        recorder.stop()


def test_a_recorder_without_a_place_to_write(tmp_path, log_watch):
    log_watch.expect("cannot be made")
    with running(IDLE) as child:
        recorder = Recorder(child.key, tmp_path / "none" / "a.leak", interval_s=0.05)
        recorder.start()
        until(lambda: readings(recorder) > 5, "readings in memory")
        assert isinstance(recorder.problem, WriteFailed)
        recorder.stop()


def test_a_started_program_lives_on_without_us(tmp_path):
    script = (
        "import sys, os\nfrom leakgui.recording.launch import launch\n"
        "print(launch([sys.executable, '-c', 'import time; time.sleep(60)']).pid)\n"
        "sys.stdout.flush()\nos.kill(os.getpid(), 9)\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, text=True, cwd=ROOT
    )
    pid = int(process.stdout.readline())
    process.stdout.close()
    process.wait()
    try:
        assert process.returncode == -signal.SIGKILL
        assert os.getsid(pid) == pid
        assert_undisturbed(pid)
    finally:
        os.kill(pid, signal.SIGKILL)


def test_exit_codes_are_those_of_a_shell():
    with running("sys.exit(7)") as child:
        assert child.wait(20) == 7
        assert child.exit_code == 7
    with running(IDLE) as child:
        assert child.poll() is None
        assert child.wait(0.01) is None
        os.kill(child.pid, signal.SIGTERM)
        assert child.wait(20) == 143


@pytest.mark.parametrize(
    ("name", "content", "hint"),
    [
        ("no-such-program-anywhere", None, "spelling"),
        ("plain.txt", "text", "execute"),
        ("script", "#!/no/such/interpreter\n", "interpreter"),
    ],
)
def test_what_cannot_be_started_is_explained(tmp_path, name, content, hint):
    path = tmp_path / name
    if content is not None:
        path.write_text(content)
        path.chmod(0o755 if content.startswith("#!") else 0o644)
    with pytest.raises(ToolMissing, match=name) as caught:
        launch([str(path)])
    assert hint in caught.value.hint


def test_the_next_start_is_found():
    code = "time.sleep(60)"
    with running(code, "one-of-a-kind") as child:
        recorder = Recorder(child.key, None)
        recorder.start()
        target = recorder.live.target
        waiting = NextStart(target)
        assert waiting.poll() is None
        os.kill(child.pid, signal.SIGKILL)
        assert recorder.wait(20)
        recorder.stop()
    with running(code, "another"), running(code, "one-of-a-kind") as again:
        until(lambda: waiting.poll() == again.key, "the next start")
