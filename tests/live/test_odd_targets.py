"""Is every odd target answered with a clear message, and never with a traceback?"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

pytestmark = pytest.mark.live

PATIENCE_S = 60.0
KERNEL_THREAD = 2
SET_NAME = """
import ctypes, sys
ctypes.CDLL(None).prctl(15, sys.argv[1].encode("utf-8", "surrogateescape"), 0, 0, 0)
open(sys.argv[2], "w")
sys.stdout.write("ready\\n"); sys.stdout.flush()
sys.stdin.read()
"""


def leakgui(*words: object) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [sys.executable, "-m", "leakgui", *map(str, words)],
        capture_output=True, text=True, timeout=PATIENCE_S, check=False,
    )  # fmt: skip
    assert "Traceback" not in done.stderr
    assert "bug" not in done.stderr
    return done


@pytest.fixture
def zombie() -> Iterator[int]:
    """A process that has ended and whose parent does not ask."""
    pid = os.fork()
    if pid == 0:
        os._exit(3)
    deadline_s = time.monotonic() + PATIENCE_S
    while ") Z " not in Path(f"/proc/{pid}/stat").read_text():
        assert time.monotonic() < deadline_s, "never ended"
        time.sleep(0.01)
    yield pid
    os.waitpid(pid, 0)


@pytest.mark.parametrize("command", ["record", "snapshot"])
def test_a_zombie_cannot_be_recorded(zombie, tmp_path, command):
    done = leakgui(command, zombie, "-o", tmp_path / "z.leak")
    assert done.returncode == 2
    assert f"Process {zombie} has ended and waits" in done.stderr
    assert not (tmp_path / "z.leak").exists()


def test_a_zombie_is_listed_as_what_it_is(zombie):
    lines = leakgui("ps", "--json").stdout.splitlines()
    row = next(row for row in map(json.loads, lines) if row["pid"] == zombie)
    assert (row["state"], row["access"]) == ("Z", "not allowed")
    assert leakgui("doctor", zombie).returncode == 2


@pytest.mark.skipif(
    not Path(f"/proc/{KERNEL_THREAD}").exists(), reason="kernel threads are hidden"
)
def test_a_kernel_thread_has_no_memory(tmp_path):
    done = leakgui("snapshot", KERNEL_THREAD, "-o", tmp_path / "k.leak")
    assert done.returncode == 0
    assert "RSS n/a" in done.stdout
    allowed = leakgui("doctor", KERNEL_THREAD).stdout.splitlines()
    mappings = next(line for line in allowed if " mappings " in line)
    assert "A kernel thread has no memory" in mappings


@pytest.mark.parametrize("exit_code", [0, 5])
def test_a_program_that_ends_at_once_is_named(tmp_path, exit_code):
    for number in range(5):  # it ends before, while or after it is first looked at
        file = tmp_path / f"{number}.leak"
        done = leakgui("record", "-o", file, "--", "sh", "-c", f"exit {exit_code}")
        assert done.returncode == exit_code
        if not file.exists():
            assert f"sh ended at once (exit code {exit_code})." in done.stderr


def test_a_place_that_cannot_be_written_is_told_at_once(tmp_path):
    begun_s = time.monotonic()
    for path in ("x" * 300, "none/a.leak"):
        done = leakgui("record", os.getpid(), "-o", tmp_path / path, "--for", "600")
        assert done.returncode == 2
        assert "cannot be" in done.stderr
        assert "Recorded" not in done.stderr
    assert time.monotonic() - begun_s < PATIENCE_S


@pytest.mark.parametrize(
    "name", ["a\nb) R 1", "\x1b[31mred\x07", "x\u202egnp", "\udcff\udcfez"]
)
def test_a_hostile_name_is_shown_harmless(tmp_path, name):
    held = tmp_path / f"held-{name}"
    with subprocess.Popen(
        [sys.executable, "-c", SET_NAME, name, held, "\x1b[2J"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    ) as target:  # fmt: skip
        assert target.stdout.readline() == b"ready\n"
        file = tmp_path / "n.leak"
        for command in (
            ("snapshot", target.pid, "-o", file),
            ("record", target.pid, "-o", file, "--for", "1", "--snapshot-every", "0.5"),
            ("ps", target.pid),
            ("doctor", target.pid),
            ("judge", file),
            ("diff", file),
        ):
            done = leakgui(*command)
            shown = done.stdout + done.stderr
            assert done.returncode in (0, 3), shown
            assert not set("\x1b\x07\u202e") & set(shown)
