"""What goes wrong in the middle of an injection costs the target nothing."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest

from leakgui.errors import HelperFailed, TargetError
from leakgui.probe.freezing import (
    INJECT,
    PAUSE,
    collecting,
    copy_heap,
    estimate,
    forking,
    refusals,
    watching,
)
from leakgui.probe.freezing.carriers import find_carrier
from leakgui.probe.freezing.injecting import NotInjected
from leakgui.probe.freezing.maps import MapsReader
from leakgui.probe.freezing.self_restoring import find_entrance
from leakgui.probe.freezing.state_format import find_state_format
from leakgui.probe.freezing.tracing import NotStopped, StoppedThreads
from leakgui.probe.platform import current
from tests.live.freezing_programs import Program, compile_target, read_status

pytestmark = [
    pytest.mark.live,
    pytest.mark.needs_tool("gcc"),
    pytest.mark.skipif(current().name != "linux", reason="copies on Linux"),
]
PATIENCE_S = 20.0


@pytest.fixture
def program(tmp_path):
    with Program(compile_target("frozen.c", tmp_path)) as it:
        yield it


def wait_for_state(pid: int, letter: str) -> None:
    deadline_s = time.monotonic() + PATIENCE_S
    while not read_status(pid, "State").startswith(letter):
        assert time.monotonic() < deadline_s
        time.sleep(0.01)


def fork_after_sigstop(pid: int) -> None:
    """Hold the target, send it SIGSTOP, and try to make it fork."""
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGCHLD})
    mappings = MapsReader().parse(Path(f"/proc/{pid}/maps").read_bytes())
    entrance = find_entrance(pid, mappings)
    held = StoppedThreads(pid)
    tids = held.stop(5.0)
    os.kill(pid, signal.SIGSTOP)
    carrier = find_carrier(tids, mappings, entrance, find_state_format())
    with pytest.raises(NotInjected, match="signal"):
        forking.fork_target(carrier, entrance)
    held.release()


def test_a_stop_signal_that_comes_while_it_is_held_is_not_lost(program):
    child = os.fork()
    if child == 0:
        try:
            fork_after_sigstop(program.pid)
            os._exit(0)
        finally:
            os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    wait_for_state(program.pid, "T")
    assert read_status(program.pid, "TracerPid") == "0"
    os.kill(program.pid, signal.SIGCONT)
    wait_for_state(program.pid, "S")


def test_where_the_fork_is_not_collected_the_freezer_still_ends_in_time(
    program, monkeypatch
):
    def never(*_: object) -> bool:
        raise NotStopped

    def hang(_: object) -> None:
        os.kill(os.getpid(), signal.SIGSTOP)

    monkeypatch.setattr(collecting, "REPORT_S", 0.3)
    monkeypatch.setattr(collecting, "collect_fork", never)
    monkeypatch.setattr(watching, "pack", hang)
    begun_s = time.monotonic()
    with pytest.raises(HelperFailed, match="was ended"):
        copy_heap(program.key, INJECT)
    assert time.monotonic() - begun_s < watching.PATIENCE_S / 2
    assert read_status(program.pid, "TracerPid") == "0"


def test_a_fork_that_is_not_collected_is_said(program, monkeypatch):
    def never(*_: object) -> bool:
        raise NotStopped

    monkeypatch.setattr(collecting, "collect_fork", never)
    with copy_heap(program.key, INJECT) as copy:
        assert copy.level == INJECT
        assert any("zombie" in note for note in copy.notes)


def test_pauses_that_came_to_nothing_are_told(program, monkeypatch, tmp_path):
    """The first attempt stops it and gives up; the second one copies."""
    stop, tried = StoppedThreads.stop, tmp_path / "tried"
    pause_s = 0.05

    def give_up_once(self: StoppedThreads, patience_s: float) -> list[int]:
        found = stop(self, patience_s)
        if not tried.exists():
            tried.touch()
            time.sleep(pause_s)
            raise NotStopped
        return found

    monkeypatch.setattr(StoppedThreads, "stop", give_up_once)
    with copy_heap(program.key) as copy:
        assert tried.exists()
        assert copy.paused_ms > 1000 * pause_s


def test_where_no_freezer_can_be_made_nothing_stays_open(program, monkeypatch):
    def refuse() -> int:
        raise BlockingIOError(11, "no more processes")

    before = open_files()
    monkeypatch.setattr(watching.os, "fork", refuse)
    with pytest.raises(TargetError):
        copy_heap(program.key)
    monkeypatch.undo()
    assert open_files() == before


def open_files() -> set[str]:
    return {path.name for path in Path("/proc/self/fd").iterdir() if path.exists()}


@pytest.mark.parametrize("level", [PAUSE, INJECT])
def test_only_a_fork_asks_what_speaks_against_one(program, monkeypatch, level):
    asked = []
    monkeypatch.setattr(
        estimate, "find_fork_hazard", lambda *_: asked.append(1) or "Because."
    )
    with copy_heap(program.key, level) as copy:
        assert copy.level == PAUSE
        assert bool(asked) == bool(copy.notes) == (level == INJECT)


def test_a_filter_on_ourselves_is_told(monkeypatch):
    monkeypatch.setattr(refusals, "find_tracer", lambda _: 0)
    assert "seccomp" not in refusals.refused_error(1).hint
    status = b"Name:\ta\nSeccomp:\t2\n"
    monkeypatch.setattr(refusals, "read_start", lambda _: status)
    assert "seccomp" in refusals.refused_error(1).hint
