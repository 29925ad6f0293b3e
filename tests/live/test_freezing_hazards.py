"""Programs that an injected call could harm, or that could harm it."""

from __future__ import annotations

import faulthandler
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from leakgui.errors import HelperFailed, Unsupported
from leakgui.probe.freezing import (
    INJECT,
    PAUSE,
    carriers,
    collecting,
    copy_heap,
    forking,
    freezer,
    heap_copy,
    injecting,
    tracing,
)
from leakgui.probe.freezing.tracing import BeganAnotherProgram, NotStopped
from leakgui.probe.platform import current
from tests.live.freezing_programs import Program, compile_target, read_status
from tests.live.injected import die_before, fork_held, in_child

pytestmark = [
    pytest.mark.live,
    pytest.mark.needs_tool("gcc"),
    pytest.mark.skipif(current().name != "linux", reason="copies on Linux"),
]


PATIENCE_S = 20.0


@pytest.fixture(scope="module")
def hazards(tmp_path_factory) -> Path:
    return compile_target("hazards.c", tmp_path_factory.mktemp("hazards"))


@pytest.fixture
def run(hazards):
    started = []

    def start(*arguments: str) -> Program:
        started.append(Program(hazards, *arguments))
        return started[-1]

    yield start
    for program in started:
        program.kill()


@pytest.fixture
def program(run) -> Program:
    return run("signals")


def zombies_of(pid: int) -> list[str]:
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [child for child in children if read_status(int(child), "State")[0] == "Z"]


# --- calls that become signals -----------------------------------------------


def goes_on_dispatching(program: Program) -> bool:
    before, deadline_s = program.ask()["dispatched"], time.monotonic() + PATIENCE_S
    while program.ask()["dispatched"] == before:
        assert time.monotonic() < deadline_s
        time.sleep(0.01)  # asking without end would leave it no time
    return True


def test_a_program_that_dispatches_its_calls_goes_on_doing_so(run):
    program = run("dispatch")
    for _ in range(3):
        copy_heap(program.key, INJECT).close()
        assert goes_on_dispatching(program)


def test_even_where_the_kernel_does_not_tell_that_it_does(run, monkeypatch):
    monkeypatch.setattr(carriers, "dispatches_calls", lambda _: False)
    program = run("dispatch")
    with copy_heap(program.key, INJECT) as copy:
        assert copy.level == PAUSE
        assert "signal" in copy.notes[0]
    assert goes_on_dispatching(program)


# --- signals that are sent meanwhile ------------------------------------------

FAULTS = [signal.SIGSEGV, signal.SIGBUS, signal.SIGSYS, signal.SIGTRAP]


@pytest.mark.parametrize("number", [*FAULTS, signal.SIGUSR1])
def test_a_signal_that_is_sent_while_it_is_held_arrives_once(program, number):
    assert in_child(lambda: fork_held(program.pid, number)) == 0
    assert program.ask() == {"received": 1, "failures": 0}
    assert read_status(program.pid, "TracerPid") == "0"
    assert zombies_of(program.pid) == []


@pytest.mark.parametrize("number", [signal.SIGSEGV, signal.SIGUSR1])
def test_it_arrives_once_wherever_the_freezer_is_killed(program, number):
    request = 0
    while die_before(request, lambda: fork_held(program.pid, number)):
        request += 1
        assert program.ask() == {"received": request, "failures": 0}
    assert request > 10


def test_a_stop_signal_is_not_lost_where_the_freezer_is_killed(program, monkeypatch):
    monkeypatch.setattr(
        injecting, "stop_again", lambda *_: os.kill(os.getpid(), signal.SIGKILL)
    )
    killed = in_child(lambda: fork_held(program.pid, signal.SIGSTOP))
    assert killed == -signal.SIGKILL
    while read_status(program.pid, "State")[0] not in "Tt":
        pass
    os.kill(program.pid, signal.SIGCONT)
    assert program.ask() == {"received": 0, "failures": 0}


# --- waits that could get our fork --------------------------------------------


@pytest.mark.parametrize("call", ["wait4", "waitid"])
def test_no_fork_is_made_where_a_thread_would_wait_for_it(run, call):
    program = run(call)
    with copy_heap(program.key, INJECT) as copy:
        assert (copy.level, "waits for children" in copy.notes[0]) == (PAUSE, True)
    os.kill(program.told["child"], signal.SIGKILL)
    assert program._read() == {"waited_for": program.told["child"]}


def test_a_fork_that_was_waited_for_is_collected(run, monkeypatch):
    monkeypatch.setattr(freezer, "refuse_waiting", lambda _: None)
    program = run("wait4")
    with copy_heap(program.key, INJECT) as copy:
        assert (copy.level, copy.notes) == (INJECT, [])
    assert zombies_of(program.pid) == []


def test_even_where_that_turns_out_by_its_answer(run, monkeypatch):
    monkeypatch.setattr(freezer, "refuse_waiting", lambda _: None)
    monkeypatch.setattr(collecting, "is_collected", lambda _: False)
    with copy_heap(run("wait4").key, INJECT) as copy:
        assert (copy.level, copy.notes) == (INJECT, [])


# --- forks that take long ------------------------------------------------------


def test_an_answer_that_comes_late_is_an_answer(program, monkeypatch):
    """It has forked, and stops to tell that, just when nobody waits any more."""
    children = Path(f"/proc/{program.pid}/task/{program.pid}/children")
    seen = []

    def wait(tid: int, longest_s: float) -> int:
        seen.append(tid)
        if len(seen) == 2:
            while not children.read_text():
                pass
            raise NotStopped
        return tracing.wait_for_stop(tid, longest_s)

    monkeypatch.setattr(injecting, "wait_for_stop", wait)
    with copy_heap(program.key, INJECT) as copy:
        assert (copy.level, copy.notes) == (INJECT, [])
    assert zombies_of(program.pid) == []
    assert program.ask() == {"received": 0, "failures": 0}


def never_stops(*_: object) -> int:
    raise NotStopped


def test_a_call_that_never_comes_back_is_not_made_again(program, monkeypatch):
    attempts, ask = [], heap_copy.run_freezer
    monkeypatch.setattr(injecting, "wait_for_stop", never_stops)
    monkeypatch.setattr(
        heap_copy, "run_freezer", lambda *given: [attempts.append(1), ask(*given)][1]
    )
    with pytest.raises(Unsupported, match="did not fork in time"):
        copy_heap(program.key, INJECT)
    assert attempts == [1]
    assert program.ask() == {"received": 0, "failures": 0}


def test_patience_grows_with_the_target():
    assert forking.patience_s(0) == injecting.PATIENCE_S
    assert forking.patience_s(64 << 30) > injecting.PATIENCE_S + 20


# --- copies that are good whatever comes afterwards ---------------------------


@pytest.mark.parametrize(
    "error", [PermissionError(1, "no"), BeganAnotherProgram(), OSError(5, "bad")]
)
def test_what_comes_between_collecting_costs_no_copy(program, monkeypatch, error):
    def fail(*_: object) -> bool:
        raise error

    monkeypatch.setattr(collecting, "collect_fork", fail)
    with copy_heap(program.key, INJECT) as copy:
        assert (copy.level, copy.gaps) == (INJECT, [])
        assert any("zombie" in note for note in copy.notes)


def test_a_fork_that_takes_long_to_end_costs_no_copy(program, monkeypatch):
    wait = tracing.wait_for_stop

    def give_up(tid: int, longest_s: float) -> int:
        if longest_s > freezer._KILL_PATIENCE_S:
            raise NotStopped
        return wait(tid, longest_s)

    monkeypatch.setattr(forking, "wait_for_stop", give_up)
    with copy_heap(program.key, INJECT) as copy:
        assert (copy.level, "zombie" in copy.notes[0]) == (INJECT, True)


def test_a_fork_that_is_killed_is_told_as_that(program, monkeypatch):
    copying = freezer.Freezer._copy_fork

    def kill(self: freezer.Freezer, fork: forking.Fork, plan: object) -> object:
        os.kill(fork.pid, signal.SIGKILL)
        while Path(f"/proc/{fork.pid}/mem").exists() and not is_dead(fork.pid):
            pass
        return copying(self, fork, plan)

    monkeypatch.setattr(freezer.Freezer, "_copy_fork", kill)
    with pytest.raises(Unsupported, match="fork of process"):
        copy_heap(program.key, INJECT)
    assert program.ask() == {"received": 0, "failures": 0}
    assert zombies_of(program.pid) == []


def is_dead(pid: int) -> bool:
    return tracing.read_state(pid) in {b"Z", b"X"}


# --- where memory runs short ---------------------------------------------------


def test_a_fork_is_ended_before_the_target(program, monkeypatch):
    seen = forking.refuse_dead
    before = Path(f"/proc/{program.pid}/oom_score_adj").read_text()

    def look(fork: forking.Fork) -> None:
        assert Path(f"/proc/{fork.pid}/oom_score_adj").read_text() == "1000\n"
        seen(fork)

    monkeypatch.setattr(freezer, "refuse_dead", look)
    copy_heap(program.key, INJECT).close()
    assert Path(f"/proc/{program.pid}/oom_score_adj").read_text() == before


# --- why a freezer ended -------------------------------------------------------


def by(number: int) -> Callable[[object], None]:
    def end(_: object) -> None:
        faulthandler.disable()  # pytest's: it would tell of a crash that is meant
        os.kill(os.getpid(), number)

    return end


@pytest.mark.parametrize(
    ("number", "why"),
    [
        (signal.SIGKILL, "memory ran short"),
        (signal.SIGSEGV, "crashed .signal 11"),
        (signal.SIGSTOP, "took longer than 0.3 s"),
    ],
)
def test_what_ended_a_freezer_is_told(program, monkeypatch, number, why):
    monkeypatch.setattr(freezer.Freezer, "_longest_s", lambda *_: 0.3)
    monkeypatch.setattr(freezer, "_read_threads", by(number))
    with pytest.raises(HelperFailed, match=why):
        copy_heap(program.key)
    assert program.ask() == {"received": 0, "failures": 0}
