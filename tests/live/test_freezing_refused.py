"""What cannot be copied is refused with its reason; what cannot fork is copied."""

from __future__ import annotations

import json
import os
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from leakgui.errors import AccessDenied, LeakguiError, ProcessGone, Unsupported
from leakgui.model.process import ProcessKey
from leakgui.probe.freezing import (
    INJECT,
    PAUSE,
    copy_heap,
    estimate_heap_copy,
    refusals,
)
from leakgui.probe.platform import current
from tests.live.freezing_programs import Program, read_status
from tests.live.obedient import Obedient

pytestmark = [
    pytest.mark.live,
    pytest.mark.skipif(current().name != "linux", reason="copies on Linux"),
]
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="becomes another user")
NOBODY = 65534
PR_SET_DUMPABLE = 4


@pytest.fixture
def target():
    target = Obedient()
    yield target
    target.close()


def key_of(target: Obedient) -> ProcessKey:
    return current().find_key(target.pid)


def as_nobody(work: Callable[[], Any]) -> Any:
    """Do work in a fork without any rights; returns its answer or its error's text."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.setgroups([])
            os.setresgid(NOBODY, NOBODY, NOBODY)
            os.setresuid(NOBODY, NOBODY, NOBODY)
            os.write(writing, json.dumps(work()).encode())
        except LeakguiError as error:
            os.write(
                writing, json.dumps([type(error).__name__, error.message]).encode()
            )
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as answers:
        answer = answers.read()
    os.waitpid(child, 0)
    return json.loads(answer)


def wait_for_tracer(pid: int) -> None:
    deadline_s = time.monotonic() + 20
    while read_status(pid, "TracerPid") == "0":
        assert time.monotonic() < deadline_s
        time.sleep(0.01)


@pytest.mark.parametrize(
    ("tool", "arguments"),
    [("strace", ["-o", "/dev/null", "-p"]), ("gdb", ["-nx", "-batch-silent", "-p"])],
)
def test_another_tracer_is_named(target, tool, arguments, needs_tool):
    needs_tool(tool)
    more = ["-ex", "shell sleep 60"] if tool == "gdb" else []
    other = subprocess.Popen(
        [tool, *arguments, str(target.pid), *more],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        wait_for_tracer(target.pid)
        with pytest.raises(AccessDenied, match=f"traced by {tool}") as caught:
            copy_heap(key_of(target))
        assert "detach" in caught.value.hint
        with pytest.raises(AccessDenied, match=str(other.pid)):
            estimate_heap_copy(key_of(target))
    finally:
        os.killpg(other.pid, 9)
        other.wait()


def test_a_zombie_is_gone():
    child = subprocess.Popen([sys.executable, "-c", ""])
    key = current().find_key(child.pid)
    while read_status(child.pid, "State")[0] != "Z":
        time.sleep(0.01)
    with pytest.raises(ProcessGone):
        copy_heap(key)
    child.wait()


def test_a_pid_that_is_used_again_is_gone(target):
    with pytest.raises(ProcessGone):
        copy_heap(ProcessKey(target.pid, 1))


def test_a_kernel_thread_has_no_memory():
    kernel = next(
        (p.key for p in current().list_processes() if p.is_kernel_thread), None
    )
    if kernel is None:
        pytest.skip("no kernel threads are visible here")
    with pytest.raises(Unsupported, match="kernel thread"):
        copy_heap(kernel)


@needs_root
def test_a_user_may_copy_a_process_of_his_own():
    def work() -> list[Any]:
        # Not our own interpreter: it may lie where this user may not go.
        with Program("/bin/sh", "-c", "echo {}; exec sleep 60") as program:
            answers = []
            for level in (PAUSE, INJECT):
                with copy_heap(program.key, level) as copy:
                    answers.append([copy.level, copy.copied_bytes > 0, copy.gaps])
            return answers

    assert as_nobody(work) == [["pause", True, []], ["inject", True, []]]


@needs_root
def test_a_process_of_somebody_else_is_refused(target):
    kind, message = as_nobody(lambda: copy_heap(key_of(target)))
    assert (kind, "root" in message) == ("AccessDenied", True)


@needs_root
def test_an_undumpable_process_of_his_own_is_refused(target):
    target.tell("os.setresuid(65534, 65534, 65534)")
    target.tell(f"ctypes.CDLL(None).prctl({PR_SET_DUMPABLE}, 0)")
    kind, message = as_nobody(lambda: copy_heap(key_of(target)))
    assert (kind, "not dumpable" in message) == ("AccessDenied", True)


@needs_root
def test_root_without_the_capability_is_told_so(target):
    """As in most containers: a process of another user, and no CAP_SYS_PTRACE."""
    if shutil.which("setpriv") is None:
        pytest.skip("setpriv is not installed")
    target.tell("os.setresuid(65534, 65534, 65534)")
    code = (
        "from leakgui.probe.freezing import *; from leakgui.probe.identity import *\n"
        "from leakgui.errors import *\n"
        f"try: copy_heap(find_key({target.pid}))\n"
        "except AccessDenied as e: print(e.message, '|', e.hint)\n"
    )
    answer = subprocess.run(
        ["setpriv", "--bounding-set=-sys_ptrace", sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parents[2],
    ).stdout
    assert "without CAP_SYS_PTRACE" in answer
    assert "--cap-add=SYS_PTRACE" in answer


def test_too_little_memory_here_is_refused(target, monkeypatch):
    monkeypatch.setattr(refusals, "_read_free_memory", lambda: 1 << 20)
    with pytest.raises(Unsupported, match="this machine has 1 MiB left"):
        copy_heap(key_of(target))


def test_too_little_memory_in_our_own_group_is_refused(target, monkeypatch):
    monkeypatch.setattr(refusals, "read_headroom", lambda _: 2 << 20)
    with pytest.raises(Unsupported, match="control group of leakgui has 2 MiB"):
        copy_heap(key_of(target))


@pytest.mark.parametrize(
    ("limit", "value", "message"),
    [("RLIMIT_FSIZE", 1 << 30, "RLIMIT_FSIZE"), ("RLIMIT_AS", 1 << 20, "RLIMIT_AS")],
)
def test_limits_of_ours_are_named(target, monkeypatch, limit, value, message):
    number, real = getattr(resource, limit), resource.getrlimit
    monkeypatch.setattr(
        resource,
        "getrlimit",
        lambda which: (value, value) if which == number else real(which),
    )
    with pytest.raises(Unsupported, match=message):
        copy_heap(key_of(target))


FILTER = """
import ctypes, time
libc = ctypes.CDLL(None)
assert libc.prctl(38, 1, 0, 0, 0) == 0   # PR_SET_NO_NEW_PRIVS
allow = (ctypes.c_uint16 * 4)(6, 0, 0, 0x7fff)  # BPF_RET | BPF_K, SECCOMP_RET_ALLOW
class Program(ctypes.Structure):
    _fields_ = [("count", ctypes.c_ushort), ("code", ctypes.c_void_p)]
program = Program(1, ctypes.addressof(allow))
assert libc.prctl(22, 2, ctypes.byref(program)) == 0
print("{}", flush=True)
time.sleep(60)
"""
SPECIAL = """
import mmap, time
memory = mmap.mmap(-1, 1 << 20, mmap.MAP_PRIVATE)
memory.madvise({advice})
print("{{}}", flush=True)
time.sleep(60)
"""


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        (FILTER, "seccomp"),
        (SPECIAL.format(advice="mmap.MADV_DONTFORK"), "MADV_DONTFORK"),
        (SPECIAL.format(advice="18"), "MADV_WIPEONFORK"),
    ],
)
def test_hazards_of_a_fork_lead_to_a_copy_with_the_reason(code, reason):
    with Program(sys.executable, "-c", code) as program:
        expected = estimate_heap_copy(program.key)
        assert not expected.can_fork
        assert reason in expected.cannot_fork_reason
        with copy_heap(program.key, INJECT) as copy:
            assert copy.level == PAUSE
            assert reason in copy.notes[0]


def test_a_fork_that_the_kernel_refuses_leads_to_a_copy(monkeypatch):
    from leakgui.probe.freezing import forking

    monkeypatch.setattr(forking, "_CLONE", 1 << 20)  # no such call: ENOSYS
    code = "print('{}', flush=True); import time; time.sleep(60)"
    with Program(sys.executable, "-c", code) as program:
        with copy_heap(program.key, INJECT) as copy:
            assert copy.level == PAUSE
            assert "not implemented" in copy.notes[0]
        assert read_status(program.pid, "State")[0] == "S"


def test_old_kernels_list_pages_and_find_the_same(target, monkeypatch):
    from leakgui.probe.freezing import pagemap

    def refuse(*_: object) -> int:
        raise OSError(25, "no such request")

    target.tell("kept = bytearray(os.urandom(3 << 20))")
    with copy_heap(key_of(target)) as copy:
        new = copy.copied_bytes, copy.present.tobytes()
    monkeypatch.setattr(pagemap, "control", refuse)
    with copy_heap(key_of(target)) as copy:
        # Pages that were only read look as if they held something.
        assert 0 <= copy.copied_bytes - new[0] < 1 << 20
        assert len(copy.present) == len(new[1])
