"""Whatever happens to the copying processes, the target runs on as it was."""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from leakgui.errors import HelperFailed, ProcessGone, Unsupported
from leakgui.probe.freezing import (
    INJECT,
    PAUSE,
    copy_heap,
    forking,
    freezer,
    system_calls,
    tracing,
    watching,
)
from leakgui.probe.freezing.carriers import find_carrier
from leakgui.probe.freezing.maps import MapsReader
from leakgui.probe.freezing.self_restoring import find_entrance
from leakgui.probe.freezing.state_format import find_state_format
from leakgui.probe.platform import current
from tests.live.freezing_programs import Program, compile_target, read_status

pytestmark = [
    pytest.mark.live,
    pytest.mark.needs_tool("gcc"),
    pytest.mark.skipif(current().name != "linux", reason="copies on Linux"),
]
PATIENCE_S = 20.0


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("programs")


@pytest.fixture(scope="module")
def steadfast(folder):
    return compile_target("steadfast.c", folder)


@pytest.fixture(scope="module")
def frozen(folder):
    return compile_target("frozen.c", folder)


@pytest.fixture
def busy(steadfast):
    with Program(steadfast) as program:
        yield program
        answer = program.ask()
        assert answer["failures"] == 0, answer
        assert read_status(program.pid, "TracerPid") == "0"
        assert program.end() == 0


def wait_until(is_so: Callable[[], bool]) -> None:
    deadline_s = time.monotonic() + PATIENCE_S
    while not is_so():
        assert time.monotonic() < deadline_s
        time.sleep(0.005)


def in_child(work: Callable[[], object]) -> int:
    """Run something in a fork of this process; returns its pid."""
    child = os.fork()
    if child == 0:
        try:
            work()
        finally:
            os._exit(0)
    return child


def find_freezer(parent: int) -> int:
    """Return the fork that a copying process has made; 0 while there is none."""
    try:
        children = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
    except OSError:
        return 0
    return int(children[0]) if children else 0


def state_of(pid: int) -> str:
    return read_status(pid, "State")[0]


@pytest.mark.parametrize("level", [PAUSE, INJECT])
def test_a_busy_program_notices_nothing(busy, level):
    for _ in range(15):
        with copy_heap(busy.key, level) as copy:
            assert copy.level == level, copy.notes
            assert copy.paused_ms < 2000
        # Waits were not interrupted, no SIGCHLD came, waitpid(-1) has no child,
        # queued signals all arrived, registers and vectors are what they were.
        assert busy.ask()["failures"] == 0
    assert not list(Path(f"/proc/{busy.pid}/task/{busy.pid}").glob("children/*"))


@pytest.mark.parametrize("level", [PAUSE, INJECT])
def test_no_zombie_of_a_fork_stays(busy, level):
    with copy_heap(busy.key, level):
        pass
    for task in Path(f"/proc/{busy.pid}/task").iterdir():
        assert (task / "children").read_text() == ""


@pytest.mark.parametrize("level", [PAUSE, INJECT])
def test_threads_that_come_and_go_all_the_time_are_all_held(steadfast, level):
    with Program(steadfast, "storm") as program:
        for _ in range(40):
            with copy_heap(program.key, level) as copy:
                assert len(copy.threads["tid"]) >= 10
            assert program.ask()["failures"] == 0
        assert program.end() == 0


@pytest.mark.parametrize("level", [PAUSE, INJECT])
@pytest.mark.parametrize("victim", ["helper", "freezer"])
def test_killed_at_random_moments(busy, level, victim):
    dice = random.Random(4)
    for _ in range(25):
        helper = in_child(lambda: copy_heap(busy.key, level).close())
        time.sleep(dice.uniform(0, 0.12))
        target = helper if victim == "helper" else find_freezer(helper)
        if target:
            with suppress(ProcessLookupError):
                os.kill(target, signal.SIGKILL)
        os.waitpid(helper, 0)
        answer = busy.ask()
        assert answer["failures"] == 0, answer


def fork_and_die_before(pid: int, thread: int, request: int) -> bool:
    """Fork a target in a process that kills itself before its n-th ptrace request.

    ``thread`` is the place of the thread that is made to fork.

    Returns whether it came that far; else it did everything.
    """

    def work() -> None:
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGCHLD})
        library = system_calls._library()
        ask, left = library.ptrace, [request]

        def ask_or_die(*arguments: int) -> int:
            if not left[0]:
                os.kill(os.getpid(), signal.SIGKILL)
            left[0] -= 1
            return ask(*arguments)

        library.ptrace = ask_or_die
        form = find_state_format()
        mappings = MapsReader().parse(Path(f"/proc/{pid}/maps").read_bytes())
        entrance = find_entrance(pid, mappings)
        held = tracing.StoppedThreads(pid)
        tids = held.stop(5.0)
        carrier = find_carrier([tids[thread]], mappings, entrance, form)
        carrier = carrier or find_carrier(tids, mappings, entrance, form)
        fork = forking.fork_target(carrier, entrance)
        forking.kill_fork(fork)
        assert forking.collect_fork(
            find_carrier(tids, mappings, entrance, form), entrance, fork
        )
        held.release()
        os.kill(os.getpid(), signal.SIGUSR1)

    _, status = os.waitpid(in_child(work), 0)
    assert os.WTERMSIG(status) in {signal.SIGKILL, signal.SIGUSR1}
    return os.WTERMSIG(status) == signal.SIGKILL


@pytest.mark.parametrize("thread", [0, 3, 4], ids=["reader", "registers", "vectors"])
def test_killed_before_each_single_request_of_an_injection(busy, thread):
    request = 0
    while fork_and_die_before(busy.pid, thread, request):
        answer = busy.ask()
        assert answer["failures"] == 0, (request, answer)
        request += 1
    assert request > 40  # seven threads are seized, stopped and released, and more


@pytest.mark.parametrize("level", [PAUSE, INJECT])
def test_a_freezer_that_is_stopped_is_ended_in_time(busy, monkeypatch, level):
    monkeypatch.setattr(freezer.Freezer, "_longest_s", lambda *_: 0.5)
    monkeypatch.setattr(
        freezer, "_read_threads", lambda _: os.kill(os.getpid(), signal.SIGSTOP)
    )
    with pytest.raises(HelperFailed, match="was ended"):
        copy_heap(busy.key, level)
    assert busy.ask()["longest_stall_ms"] < 5000


def test_even_where_the_helper_is_stopped_as_well(busy, monkeypatch):
    monkeypatch.setattr(freezer.Freezer, "_longest_s", lambda *_: 0.5)

    def stop_both(_: object) -> None:
        os.kill(os.getppid(), signal.SIGSTOP)
        os.kill(os.getpid(), signal.SIGSTOP)

    monkeypatch.setattr(freezer, "_read_threads", stop_both)

    def work() -> None:
        with suppress(HelperFailed):
            copy_heap(busy.key)

    helper = in_child(work)
    os.waitpid(helper, os.WUNTRACED)
    assert busy.ask()["longest_stall_ms"] < 5000
    assert state_of(helper) == "T"
    os.kill(helper, signal.SIGCONT)
    os.waitpid(helper, 0)


def test_a_freezer_that_hangs_before_the_stop_is_ended(frozen, monkeypatch):
    monkeypatch.setattr(watching, "PATIENCE_S", 0.2)
    monkeypatch.setattr(
        freezer.Freezer, "_prepare", lambda _: os.kill(os.getpid(), signal.SIGSTOP)
    )
    with Program(frozen) as program, pytest.raises(HelperFailed, match="was ended"):
        copy_heap(program.key)


@pytest.mark.parametrize("level", [PAUSE, INJECT])
def test_a_program_that_a_signal_stopped_stays_stopped(frozen, level):
    with Program(frozen) as program:
        os.kill(program.pid, signal.SIGSTOP)
        wait_until(lambda: state_of(program.pid) == "T")
        with copy_heap(program.key, level) as copy:
            assert copy.level == PAUSE
            assert bool(copy.notes) == (level == INJECT)
        wait_until(lambda: state_of(program.pid) == "T")
        assert read_status(program.pid, "TracerPid") == "0"
        os.kill(program.pid, signal.SIGCONT)
        wait_until(lambda: state_of(program.pid) == "S")


def test_a_stopped_program_stays_stopped_when_the_freezer_is_killed(
    frozen, monkeypatch
):
    monkeypatch.setattr(
        freezer, "_read_threads", lambda _: os.kill(os.getpid(), signal.SIGKILL)
    )
    with Program(frozen) as program:
        os.kill(program.pid, signal.SIGSTOP)
        wait_until(lambda: state_of(program.pid) == "T")
        with pytest.raises(HelperFailed):
            copy_heap(program.key)
        wait_until(lambda: state_of(program.pid) == "T")
        os.kill(program.pid, signal.SIGCONT)
        wait_until(lambda: state_of(program.pid) == "S")


def test_a_target_that_is_killed_while_it_is_held(frozen, monkeypatch):
    read = freezer._read_threads
    with Program(frozen) as program:

        def kill_and_read(tids: list[int]) -> object:
            os.kill(program.pid, signal.SIGKILL)
            time.sleep(0.2)
            return read(tids)

        monkeypatch.setattr(freezer, "_read_threads", kill_and_read)
        with pytest.raises(ProcessGone):
            copy_heap(program.key)


EXECUTES = """
import os, sys, threading, time
if len(sys.argv) < 2:
    print("{}", flush=True)
    time.sleep(0.15)
for _ in range(3):
    threading.Thread(target=time.sleep, args=(60,), daemon=True).start()
left = int(sys.argv[1]) if len(sys.argv) > 1 else 40
if left == 0:
    print("{}", flush=True)
    time.sleep(60)
last = threading.Thread(
    target=os.execv, args=(sys.executable, [sys.executable, sys.argv[0], str(left - 1)])
)
last.start()
time.sleep(60)
"""


@pytest.mark.parametrize("level", [PAUSE, INJECT])
def test_a_program_that_executes_others_all_the_time(tmp_path, level):
    script = tmp_path / "executes.py"
    script.write_text(EXECUTES)
    outcomes = []
    with Program("python3", script) as program:
        deadline_s = time.monotonic() + 1.5
        while time.monotonic() < deadline_s:
            try:
                copy_heap(program.key, level).close()
                outcomes.append("copied")
            except (Unsupported, HelperFailed) as error:
                outcomes.append(error.message)
        # All forty were executed one after the other, by threads that survived.
        assert program._read() == {}
    assert "copied" in outcomes


def test_a_program_that_ends_all_the_time():
    for moment in range(12):
        with Program(
            "python3", "-c", "print('{}', flush=True); import time; time.sleep(0.06)"
        ) as program:
            time.sleep(moment / 150)
            with suppress(ProcessGone, Unsupported):
                copy_heap(program.key).close()


VFORK = r"""
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>
static volatile long turns;
static void *turn(void *unused) { for (;;) { turns++; usleep(1000); } return unused; }
static void *wait_for_child(void *unused)
{
    int gate[2];
    if (pipe(gate) == 0 && vfork() == 0) {
        char byte;
        close(gate[1]);
        _exit((int)read(0, &byte, 1));
    }
    return unused;
}
int main(void)
{
    pthread_t thread;
    pthread_create(&thread, NULL, turn, NULL);
    pthread_create(&thread, NULL, wait_for_child, NULL);
    usleep(50000);
    printf("{}\n"); fflush(stdout);
    for (long before = turns;;) {
        usleep(20000);
        printf("{\"turns\": %ld}\n", turns - before); fflush(stdout);
        before = turns;
    }
}
"""


def never_stop(*_: object) -> list[int]:
    raise AssertionError


def test_where_a_thread_waits_for_its_vfork_nothing_is_stopped(tmp_path, monkeypatch):
    (tmp_path / "vfork.c").write_text(VFORK)
    program = compile_target(str(tmp_path / "vfork.c"), tmp_path)
    monkeypatch.setattr(tracing.StoppedThreads, "stop", never_stop)
    with Program(program) as target, pytest.raises(Unsupported) as caught:
        copy_heap(target.key)
    assert "could not be stopped in time" in caught.value.message
    assert "vfork" in caught.value.hint
    assert "stood still" not in caught.value.message


def test_a_thread_that_waits_for_its_vfork_does_not_hold_up_the_others(
    tmp_path, monkeypatch
):
    """Even where it began to wait after it was looked at."""
    monkeypatch.setattr(freezer, "refuse_stuck", lambda _: None)
    (tmp_path / "vfork.c").write_text(VFORK)
    program = compile_target(str(tmp_path / "vfork.c"), tmp_path)
    with Program(program) as target:
        begun_s = time.monotonic()
        with pytest.raises(Unsupported, match="could not be stopped in time") as caught:
            copy_heap(target.key)
        assert time.monotonic() - begun_s < 10
        assert "It stood still for" in caught.value.message
        assert "vfork" in caught.value.hint
        assert target._read()["turns"] >= 0
        assert read_status(target.pid, "TracerPid") == "0"
        deadline_s = time.monotonic() + PATIENCE_S
        while target._read()["turns"] == 0:
            assert time.monotonic() < deadline_s
