"""Does the whole command line work on real programs, from record to export?"""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

pytestmark = pytest.mark.live

PATIENCE_S = 60.0
LEAKGUI = [sys.executable, "-m", "leakgui"]
GROWS = """
import sys, time
kept = []
sys.stdout.write('ready\\n'); sys.stdout.flush()
while True:
    kept.append(bytes(64 * 1024))
    time.sleep(0.02)
"""


def leakgui(*words: object, **more) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*LEAKGUI, *map(str, words)],
        capture_output=True, text=True, timeout=PATIENCE_S, check=False, **more,
    )  # fmt: skip


@pytest.fixture
def target() -> Iterator[subprocess.Popen[str]]:
    """A program that keeps 64 KiB fifty times a second."""
    run = subprocess.Popen(
        [sys.executable, "-c", GROWS], stdout=subprocess.PIPE, text=True
    )
    assert run.stdout.readline() == "ready\n"
    yield run
    run.kill()
    run.communicate()


def wait_for(what: Callable[[], bool]) -> None:
    deadline_s = time.monotonic() + PATIENCE_S
    while not what():
        assert time.monotonic() < deadline_s, "waited too long"
        time.sleep(0.02)


def has_readings(file: Path) -> bool:
    return file.exists() and file.stat().st_size > 0


def test_recording_ends_cleanly_on_signals(target, tmp_path) -> None:
    for number in (signal.SIGINT, signal.SIGTERM):
        file = tmp_path / f"{number.name}.leak"
        run = subprocess.Popen(
            [*LEAKGUI, "record", str(target.pid), "-o", str(file)],
            stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        wait_for(lambda file=file: has_readings(file))
        run.send_signal(number)
        _, told = run.communicate(timeout=PATIENCE_S)
        assert run.returncode == 0, told
        assert "Recorded" in told
        assert [left.name for left in tmp_path.glob(f"{file.name}-*")] == []
    assert target.poll() is None


def test_started_program_keeps_its_exit_code(tmp_path) -> None:
    code = "import time; time.sleep(0.5); raise SystemExit(7)"
    done = leakgui(
        "record", "-o", tmp_path / "a.leak", "--", sys.executable, "-c", code
    )
    assert done.returncode == 7, done.stderr
    code = "import os, time; time.sleep(0.5); os.kill(os.getpid(), 9)"
    done = leakgui(
        "record", "-o", tmp_path / "b.leak", "--", sys.executable, "-c", code
    )
    assert done.returncode == 137, done.stderr


def test_program_that_outlives_its_recording_runs_on(tmp_path) -> None:
    record = [*LEAKGUI, "record", "-o", str(tmp_path / "a.leak"), "--for", "1"]
    command = [sys.executable, "-c", "import time; time.sleep(600)"]
    told = tmp_path / "told"
    # A file, because the program keeps the standard error that it was given.
    with told.open("w") as error:
        code = subprocess.call([*record, "--", *command], stderr=error)
    assert code == 0, told.read_text()
    pid = int(told.read_text().rpartition("kill ")[2])
    os.kill(pid, signal.SIGKILL)  # it did run on, and it is of our making


def test_missing_program_is_told(tmp_path) -> None:
    done = leakgui("record", "-o", tmp_path / "a.leak", "--", "no-such-program")
    assert done.returncode == 2
    assert "no-such-program" in done.stderr
    assert "Traceback" not in done.stderr


def test_from_record_to_export(target, tmp_path) -> None:
    file = tmp_path / "a.leak"
    done = leakgui(
        "record", target.pid, "-o", file, "--for", "6", "--interval", "0.05",
        "--snapshot-every", "2",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr

    judged = leakgui("judge", file, "--json")
    verdict = json.loads(judged.stdout)
    assert verdict["schema"] == 1
    assert verdict["target"]["pid"] == target.pid
    assert judged.returncode in (1, 3)

    table = tmp_path / "a.csv"
    assert leakgui("export", file, "--csv", table).returncode == 0
    with table.open(newline="", encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines))
    assert len(rows) > 24
    assert {"elapsed_s", "timestamp_utc", "rss_bytes", "handles"} <= set(rows[0])

    again = leakgui("judge", table, "--json")
    assert again.returncode == judged.returncode
    assert json.loads(again.stdout)["series"] == verdict["series"]

    changes = leakgui("diff", file, "--json")
    assert changes.returncode == 0, changes.stderr
    difference = json.loads(changes.stdout)
    assert difference["from"] != difference["to"]
    assert difference["mappings"]
    assert leakgui("diff", file).stdout.startswith("Snapshot ")
    assert leakgui("diff", file, "--from", "1", "--to", "99").returncode == 2


def test_pictures_and_report(target, tmp_path) -> None:
    file = tmp_path / "a.leak"
    assert leakgui("record", target.pid, "-o", file, "--for", "2").returncode == 0
    names = {kind: tmp_path / f"a.{kind}" for kind in ("png", "svg", "html")}
    words = [word for kind, path in names.items() for word in (f"--{kind}", path)]
    environment = {key: value for key, value in os.environ.items() if "QT" not in key}
    done = leakgui("export", file, *words, env=environment)
    assert done.returncode == 0, done.stderr
    assert names["png"].read_bytes().startswith(b"\x89PNG")
    assert "<svg" in names["svg"].read_text(encoding="utf-8")
    assert "<html" in names["html"].read_text(encoding="utf-8")


def test_snapshots_are_added_to_the_same_process_only(target, tmp_path) -> None:
    file = tmp_path / "a.leak"
    for number in (1, 2):
        done = leakgui("snapshot", target.pid, "-o", file, "--json")
        assert done.returncode == 0, done.stderr
        taken = json.loads(done.stdout)
        assert taken["number"] == number
        assert taken["mappings"] > 10
        assert taken["handles"] >= 3
    other = leakgui("snapshot", os.getpid(), "-o", file)
    assert other.returncode == 2
    assert "another" in other.stderr or "other" in other.stderr
    changes = json.loads(leakgui("diff", file, "--json").stdout)
    assert (changes["from"], changes["to"]) != (None, None)


def test_gone_process_is_told(tmp_path) -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    for command in ("record", "snapshot"):
        done = leakgui(command, gone.pid, "-o", tmp_path / "a.leak")
        assert done.returncode == 2
        assert done.stderr.startswith("leakgui: ")
        assert not (tmp_path / "a.leak").exists()
    assert leakgui("doctor", gone.pid).returncode == 2


def test_judge_goes_on_after_a_file_that_is_none(tmp_path) -> None:
    broken = tmp_path / "broken.leak"
    broken.write_bytes(b"SQLite format 3\0" + b"x" * 100)
    done = leakgui("judge", tmp_path / "missing.leak", broken)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.count("leakgui: ") == 2
    assert "Traceback" not in done.stderr


def test_output_fits_any_terminal_and_any_pipe(target) -> None:
    environment = {**os.environ, "PYTHONIOENCODING": "ascii", "LC_ALL": "C"}
    assert leakgui("doctor", target.pid, env=environment).returncode == 0
    listing = f"{sys.executable} -m leakgui ps --json | head -c 1 > /dev/null"
    done = subprocess.run(
        ["sh", "-c", listing], capture_output=True, text=True, check=False
    )
    assert done.stderr == ""


def test_own_process_is_in_the_list() -> None:
    rows = [json.loads(line) for line in leakgui("ps", "--json").stdout.splitlines()]
    (mine,) = [row for row in rows if row["pid"] == os.getpid()]
    assert mine["access"] == "full"
    assert mine["rss_bytes"] > 0


def test_practice_target_is_ended_with_its_recording(tmp_path) -> None:
    file, report = tmp_path / "a.leak", tmp_path / "a.html"
    done = leakgui(
        "demo", "steady", "--headless", "--for", "3",
        "-o", file, "--html", report, "--json",
    )  # fmt: skip
    verdict = json.loads(done.stdout)
    assert verdict["target"]["name"] == "steady"
    assert not Path(f"/proc/{verdict['target']['pid']}").exists()
    assert done.returncode in (0, 3), done.stdout
    assert report.exists()
