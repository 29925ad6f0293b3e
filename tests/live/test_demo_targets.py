"""Do the practice targets really do what they say, and do they end?

All of them run at once; each test waits until its own does what it claims.
"""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from leakgui.demo.building import find_compiler
from leakgui.demo.catalogue import TARGETS, Language, PracticeTarget, find_target
from leakgui.demo.starting import SOURCES, prepare_target

pytestmark = pytest.mark.live

RUN_S = 60
PATIENCE_S = 30.0
LEAST_BYTES = 256 * 1024
STAND_IN = "lost-blocks in Python"


@pytest.fixture(scope="module")
def runs() -> Iterator[dict[str, subprocess.Popen[str]]]:
    """Every target that can be built here, started at once."""
    commands = {
        row.name: prepare_target(row.name, for_s=RUN_S).command
        for row in TARGETS
        if row.language is Language.PYTHON or find_compiler(row.language)
    }
    stand_in = str(SOURCES / find_target("lost-blocks").stand_in)
    commands[STAND_IN] = (sys.executable, stand_in, "--for", str(RUN_S))
    started = {
        name: subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
        for name, command in commands.items()
    }
    yield started
    for run in started.values():
        run.terminate()
        run.communicate(timeout=PATIENCE_S)


def pid_of(runs: dict[str, subprocess.Popen[str]], name: str) -> int:
    if name not in runs:
        pytest.skip(f"no compiler for {name}")
    return runs[name].pid


def status(pid: int, key: str) -> int:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(f"{key}:"):
            return int(line.split()[1]) * (1024 if line.endswith("kB") else 1)
    raise KeyError(key)


def wait_for(what: Callable[[], bool]) -> bool:
    deadline_s = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline_s:
        if what():
            return True
        time.sleep(0.05)
    return False


def grows(read: Callable[[], int], least: int) -> bool:
    """Return whether the value rises by so much within the time that is given."""
    first = read()
    return wait_for(lambda: read() - first >= least)


@pytest.mark.parametrize(
    "name",
    [
        "lost-blocks", STAND_IN, "growing-collection", "held-in-cache",
        "virtual-destructor", "fragmentation", "mapping-leak", "bulk-load",
        "runaway-loop",
    ],
)  # fmt: skip
def test_private_memory_rises(runs, name: str) -> None:
    pid = pid_of(runs, name)
    assert grows(lambda: status(pid, "RssAnon"), LEAST_BYTES)


def test_shared_memory_rises_and_nothing_stays_open(runs) -> None:
    pid = pid_of(runs, "shared-memory-leak")
    assert grows(lambda: status(pid, "RssShmem"), LEAST_BYTES)
    assert "memfd:practice-picture" in Path(f"/proc/{pid}/maps").read_text()
    assert len(list(Path(f"/proc/{pid}/fd").iterdir())) <= 4


def test_mappings_are_not_joined(runs) -> None:
    pid = pid_of(runs, "mapping-leak")
    maps = Path(f"/proc/{pid}/maps")
    assert grows(lambda: len(maps.read_text().splitlines()), 8)


@pytest.mark.parametrize("name", ["descriptor-leak", "socket-leak"])
def test_descriptors_rise(runs, name: str) -> None:
    folder = Path(f"/proc/{pid_of(runs, name)}/fd")
    assert grows(lambda: len(list(folder.iterdir())), 3)


def test_sockets_wait_to_be_closed(runs) -> None:
    table = Path(f"/proc/{pid_of(runs, 'socket-leak')}/net/tcp")

    def close_waits() -> int:
        states = [line.split()[3] for line in table.read_text().splitlines()[1:]]
        return states.count("08")  # TCP_CLOSE_WAIT, include/net/tcp_states.h

    assert grows(close_waits, 2)


def test_threads_rise(runs) -> None:
    pid = pid_of(runs, "thread-leak")
    assert grows(lambda: status(pid, "Threads"), 2)


def test_stack_rises(runs) -> None:
    pid = pid_of(runs, "deep-recursion")
    assert grows(lambda: status(pid, "VmStk"), LEAST_BYTES)


def test_limit_is_its_own_and_nearly_used(runs) -> None:
    pid = pid_of(runs, "limit-too-small")
    limits = Path(f"/proc/{pid}/limits")

    def limit() -> str:
        lines = limits.read_text().splitlines()
        return next(line for line in lines if "Max data size" in line).split()[3]

    assert wait_for(lambda: limit().isdigit())
    assert wait_for(lambda: status(pid, "VmData") >= 0.9 * int(limit()))


@pytest.mark.parametrize("row", TARGETS, ids=lambda row: row.name)
def test_says_first_what_it_does(row: PracticeTarget, runs) -> None:
    pid_of(runs, row.name)
    line = runs[row.name].stderr.readline()
    assert line.startswith("leakgui practice target: ")
    assert line.rstrip().endswith(f"Ends after {RUN_S} s.")
    assert ("healthy" in line) == row.is_healthy


@pytest.mark.parametrize("row", TARGETS, ids=lambda row: row.name)
def test_ends_by_itself_and_explains_itself(row: PracticeTarget) -> None:
    if row.language is not Language.PYTHON and not find_compiler(row.language):
        pytest.skip(f"no compiler for {row.name}")
    command = prepare_target(row.name, for_s=0.2).command
    done = subprocess.run(command, timeout=PATIENCE_S, capture_output=True, check=False)
    assert done.returncode == 0
    helped = subprocess.run(
        [*command[:-2], "--help"], capture_output=True, text=True, check=True
    )
    assert "--for SECONDS" in helped.stdout


@pytest.mark.parametrize("name", ["steady", "lost-blocks"])
def test_can_be_ended_early(name: str) -> None:
    if name == "lost-blocks" and shutil.which("cc") is None:
        pytest.skip("no compiler")
    run = subprocess.Popen(prepare_target(name).command, stderr=subprocess.PIPE)
    assert run.stderr.readline()
    run.send_signal(signal.SIGTERM)
    run.communicate(timeout=PATIENCE_S)
    assert run.returncode in (-signal.SIGTERM, 128 + signal.SIGTERM)


@pytest.mark.parametrize("name", ["lost-blocks", "growing-collection"])
def test_a_target_ends_with_whoever_started_it(name):
    starter = (
        "import subprocess, sys; "
        "child = subprocess.Popen(sys.argv[1:], stderr=subprocess.PIPE); "
        "child.stderr.readline(); print(child.pid, flush=True)"
    )
    command = prepare_target(name).command
    done = subprocess.run(
        [sys.executable, "-c", starter, *command],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    pid = int(done.stdout)
    deadline = time.monotonic() + 20
    while Path(f"/proc/{pid}").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not Path(f"/proc/{pid}").exists()
