"""Does the command line look into a real heap, and say it as the contract says?"""

from __future__ import annotations

import csv
import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from leakgui.errors import SessionUnreadable
from leakgui.session.reader import SessionReader
from tests.live.leaky import (
    DIRECT,
    DIRECT_BYTES,
    INDIRECT,
    INDIRECT_BYTES,
    Leaky,
    build,
)

pytestmark = pytest.mark.live

PATIENCE_S = 180.0
LEAKGUI = [sys.executable, "-m", "leakgui"]


def leakgui(*words: object, **more) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*LEAKGUI, *map(str, words)],
        capture_output=True, text=True, timeout=PATIENCE_S, check=False, **more,
    )  # fmt: skip


@pytest.fixture(scope="module")
def leaky(tmp_path_factory) -> Iterator[Leaky]:
    running = Leaky(build(tmp_path_factory.mktemp("leaky")))
    yield running
    running.end()


@pytest.fixture(scope="module")
def session(leaky, tmp_path_factory) -> tuple[Path, list[dict]]:
    """Two heaps with a leak between them, and what was printed of each."""
    file = tmp_path_factory.mktemp("session") / "a.leak"
    printed = []
    for _ in range(2):
        done = leakgui("snapshot", leaky.pid, "-o", file, "--heap", "--json")
        assert done.returncode == 0, done.stderr
        assert f"Stops PID {leaky.pid} for about" in done.stderr
        (line,) = done.stdout.splitlines()
        printed.append(json.loads(line))
        leaky.tell("leak")
    return file, printed


def test_a_snapshot_has_the_keys_of_the_contract(session):
    for found in session[1]:
        assert found["schema"] == 1
        assert found["allocator"] == "glibc"
        assert found["complete"] is True, found["gaps"]
        assert found["gaps"] == []
        assert found["paused_ms"] > 0
        for section in ("by_size", "by_type"):
            sizes = [row["bytes"] for row in found[section]]
            assert sizes == sorted(sizes, reverse=True)
            assert sum(sizes) == found["blocks"]["in_use_bytes"]


def test_what_is_lost_is_counted_exactly(session):
    before, after = (found["leaked"] for found in session[1])
    assert (before["direct"], before["indirect"]) == (0, 0)
    assert (after["direct"], after["direct_bytes"]) == (DIRECT, DIRECT_BYTES)
    assert (after["indirect"], after["indirect_bytes"]) == (INDIRECT, INDIRECT_BYTES)
    lost = {row["key"]: row["lost"] for row in session[1][1]["by_size"]}
    assert lost["136 bytes"] == DIRECT
    assert lost["40 bytes"] == INDIRECT
    assert session[1][1]["looks"] == 2


def test_a_difference_lists_what_grew(session, tmp_path):
    done = leakgui("diff", session[0], "--json", "--csv", tmp_path / "d.csv")
    found = json.loads(done.stdout)
    for section in ("heap_by_size", "heap_by_type", "heap_lost"):
        rows = {row["key"]: row for row in found[section]}
        assert rows["136 bytes"]["delta"] == DIRECT, section
        assert rows["136 bytes"]["delta_bytes"] == DIRECT_BYTES
    assert found["heap"]["lost"]["delta"] == DIRECT + INDIRECT
    assert found["heap"]["lost_bytes"]["delta"] == DIRECT_BYTES + INDIRECT_BYTES
    assert found["heap"]["in_use"]["delta"] >= DIRECT + INDIRECT
    with (tmp_path / "d.csv").open(newline="", encoding="utf-8") as file:
        sections = {row["section"] for row in csv.DictReader(file)}
    assert {"heap_by_size", "heap_by_type", "heap_lost"} <= sections
    told = leakgui("diff", session[0]).stdout
    assert "Lost blocks" in told
    assert "heap lost" in told


def test_a_report_and_a_verdict_can_be_made_of_it(session, tmp_path):
    report = tmp_path / "r.html"
    done = leakgui("export", session[0], "--html", report)
    assert done.returncode == 0, done.stderr
    assert "Lost, directly" in report.read_text("utf-8")
    judged = leakgui("judge", session[0], "--json")
    assert judged.returncode in {0, 1, 3}
    assert json.loads(judged.stdout)["findings"]


def test_a_person_reads_totals_and_the_largest_types(leaky, tmp_path):
    done = leakgui("snapshot", leaky.pid, "-o", tmp_path / "p.leak", "--heap", "--once")
    assert done.returncode == 0, done.stderr
    for part in ("Heap of glibc", "lost, directly", "LARGEST LOST", "136 bytes"):
        assert part in done.stdout


def test_nothing_is_stopped_that_nobody_asked_for(leaky, tmp_path):
    done = leakgui("snapshot", leaky.pid, "-o", tmp_path / "n.leak", "--json")
    found = json.loads(done.stdout)
    assert found["paused_ms"] == 0
    assert "allocator" not in found
    assert "Stops" not in done.stderr


def test_doctor_tells_what_a_copy_would_cost(leaky):
    done = leakgui("doctor", leaky.pid, "--json")
    facts = {fact["key"]: fact for fact in map(json.loads, done.stdout.splitlines())}
    assert facts["heap-copy"]["is_fine"], facts["heap-copy"]
    assert "ms" in facts["heap-copy"]["value"]


def has_heap(file: Path) -> bool:
    try:
        with SessionReader(file) as reader:
            return any(one.has_heap for one in reader.headings())
    except SessionUnreadable:  # it is not there yet
        return False


def test_a_running_program_can_be_looked_into_while_it_is_recorded(leaky, tmp_path):
    file = tmp_path / "r.leak"
    recording = subprocess.Popen(
        [*LEAKGUI, "record", str(leaky.pid), "-o", str(file), "--for", "180",
         "--snapshot-every", "1", "--heap", "--once"],
        stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        while not has_heap(file) and recording.poll() is None:
            time.sleep(0.1)
        recording.send_signal(signal.SIGINT)
        _, told = recording.communicate(timeout=PATIENCE_S)
    finally:
        recording.kill()
    assert recording.returncode == 0, told
    assert f"Stops PID {leaky.pid} for about" in told
    with SessionReader(file) as reader:
        assert any(one.has_heap for one in reader.headings())
        assert reader.damage == ()


def test_a_recording_looks_into_the_heap_without_being_told_how_often(leaky, tmp_path):
    file = tmp_path / "w.leak"
    done = leakgui("record", leaky.pid, "-o", file, "--for", "10", "--heap", "--once")
    assert done.returncode == 0, done.stderr
    assert "A heap snapshot every 2.5 s" in done.stderr
    assert has_heap(file)


def test_nothing_is_stopped_for_a_file_of_another_process(leaky, session, tmp_path):
    before = session[0].read_bytes()
    other = subprocess.Popen(["sleep", "60"])
    try:
        done = leakgui("snapshot", other.pid, "-o", session[0], "--heap")
    finally:
        other.kill()
        other.wait()
    assert done.returncode == 2
    assert "Stops" not in done.stderr
    assert "not of this run" in done.stderr
    assert session[0].read_bytes() == before


TRACE = """
import ctypes, sys
libc = ctypes.CDLL(None, use_errno=True)
libc.ptrace.argtypes = [ctypes.c_ulong, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
PTRACE_SEIZE = 0x4206
print(libc.ptrace(PTRACE_SEIZE, int(sys.argv[1]), None, None), flush=True)
sys.stdin.read()
"""


@pytest.fixture
def tracer(leaky) -> Iterator[None]:
    """Somebody else who traces it, as a debugger would: there can be only one."""
    other = subprocess.Popen(
        [sys.executable, "-c", TRACE, str(leaky.pid)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    if other.stdout.readline() != "0\n":
        pytest.skip("may not trace at all")
    yield
    other.communicate()


def test_what_is_refused_is_told_and_the_rest_is_kept(leaky, tracer, tmp_path):
    file = tmp_path / "t.leak"
    words = ("snapshot", leaky.pid, "-o", file, "--heap", "--json")
    done = leakgui(*words, stdin=subprocess.DEVNULL)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    found = json.loads(done.stdout)
    assert found["blocks"] is found["by_type"] is None
    assert not found["complete"]
    assert found["paused_ms"] == 0
    (gap,) = [gap for gap in found["gaps"] if gap["where"] == "heap"]
    assert gap["reason"] == "denied"
    assert gap["detail"]
    kept = leakgui("judge", file, "--json")
    assert json.loads(kept.stdout)["findings"]
