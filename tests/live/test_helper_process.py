"""The helper as a process: it starts late, dies alone, and leaves nothing behind."""

from __future__ import annotations

import io
import json
import logging
import os
import signal
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from leakgui.errors import AccessDenied, HelperFailed, ProcessGone
from leakgui.helper.__main__ import EARLY_VICTIM
from leakgui.helper.client import COMMAND, HelperClient
from leakgui.model.heap import Level
from leakgui.model.process import ProcessKey
from leakgui.probe import platform
from leakgui.wire import child
from leakgui.wire.child import Child, Role, Sending
from leakgui.wire.frames import read_frame, write_frame
from leakgui.wire.tables import unpack_numbers

pytestmark = pytest.mark.live

PATIENCE_S = 10.0

ANSWER = """
import json, struct, sys, time
def read():
    (length,) = struct.unpack("<I", sys.stdin.buffer.read(4))
    header = json.loads(sys.stdin.buffer.read(length))
    sys.stdin.buffer.read(8)
    return header
def write(header, payload=b""):
    text = json.dumps(header).encode()
    frame = struct.pack("<I", len(text)) + text
    sys.stdout.buffer.write(frame + struct.pack("<Q", len(payload)) + payload)
    sys.stdout.buffer.flush()
write({"id": read()["id"], "reply": "hello", "protocol": 3})
asked = read()
"""
"""A helper that says hello and then misbehaves."""


@pytest.fixture
def me() -> ProcessKey:
    return platform.current().find_key(os.getpid())


@pytest.fixture
def client() -> Iterator[HelperClient]:
    with HelperClient() as started:
        yield started


@pytest.fixture
def misbehaving() -> Iterator[Callable[[str], HelperClient]]:
    started = []

    def start(code: str) -> HelperClient:
        started.append(HelperClient((sys.executable, "-I", "-c", ANSWER + code)))
        return started[-1]

    yield start
    for client in started:
        client.close()


def test_it_starts_when_first_asked_and_serves_again(client, me):
    assert client.pid is None
    client.take_snapshot(me)
    pid = client.pid
    assert pid is not None
    client.take_snapshot(me)
    assert client.pid == pid
    client.close()
    assert client.pid is None
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_it_is_ended_before_others_and_leaves_no_core(client, me):
    client.take_snapshot(me)
    process = Path(f"/proc/{client.pid}")
    if not process.exists():
        pytest.skip("tells of processes in /proc")
    assert int((process / "oom_score_adj").read_text()) >= EARLY_VICTIM
    (core,) = (
        line.split()[4:6]
        for line in (process / "limits").read_text().splitlines()
        if line.startswith("Max core file size")
    )
    assert core == ["0", "0"]


def test_what_sudo_said_about_the_window_decides_nothing(me, monkeypatch):
    """``sudo leakgui``: the helper is not another's, but root's own."""
    monkeypatch.setenv("SUDO_UID", "4711")
    monkeypatch.setenv("SUDO_GID", "4711")
    with HelperClient() as client:
        assert client.take_snapshot(me).counters


def test_closing_what_never_started_or_twice_is_fine(client, me):
    client.close()
    client.close()
    with pytest.raises(HelperFailed):
        client.take_snapshot(me)


def test_known_errors_arrive_as_what_they_are(client, me):
    with pytest.raises(ProcessGone) as caught:
        client.take_snapshot(ProcessKey(me.pid, me.start_ticks + 1))
    assert str(me.pid) in caught.value.message
    pid = client.pid
    client.take_snapshot(me)
    assert client.pid == pid


def test_a_helper_that_dies_while_asked_fails_once(client, me):
    client.take_snapshot(me)
    first = client.pid
    os.kill(first, signal.SIGSTOP)  # so that it cannot have answered already

    def kill() -> bool:
        os.kill(first, signal.SIGKILL)
        return False

    with pytest.raises(HelperFailed):
        client.take_snapshot(me, cancelled=kill)
    assert client.take_snapshot(me).counters
    assert client.pid != first


def test_a_helper_that_died_in_between_is_replaced(client, me):
    client.take_snapshot(me)
    first = client.pid
    os.kill(first, signal.SIGKILL)
    os.waitid(os.P_PID, first, os.WEXITED | os.WNOWAIT)
    assert client.take_snapshot(me).counters
    assert client.pid != first


def test_cancelling_kills_it_and_the_next_request_is_served(client, me):
    client.take_snapshot(me)
    first = client.pid
    with pytest.raises(HelperFailed, match="cancelled"):
        client.take_snapshot(me, cancelled=lambda: True)
    assert client.take_snapshot(me).counters
    assert client.pid != first


def test_an_error_in_a_callback_leaves_no_stale_answer(client, me):
    def fail(done: int, total: int) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        client.take_snapshot(me, fail)
    assert client.take_snapshot(me).counters


def test_no_answer_in_time_is_a_failure(misbehaving, me):
    client = misbehaving("time.sleep(60)")
    begun_s = time.monotonic()
    with pytest.raises(HelperFailed, match="in time"):
        client.take_snapshot(me, timeout_s=0.2)
    assert time.monotonic() - begun_s < 5


def test_closing_from_another_thread_ends_a_request(misbehaving, me):
    client = misbehaving("time.sleep(60)")
    failures = []

    def ask() -> None:
        try:
            client.take_snapshot(me)
        except HelperFailed as error:
            failures.append(error)

    asking = threading.Thread(target=ask)
    asking.start()
    deadline_s = time.monotonic() + PATIENCE_S
    while client.pid is None and time.monotonic() < deadline_s:
        time.sleep(0.005)
    client.close()
    asking.join(PATIENCE_S)
    assert not asking.is_alive()
    assert len(failures) == 1


@pytest.mark.parametrize(
    "code",
    [
        "sys.exit(0)",
        "sys.stdout.buffer.write(b'garbage' * 9)",
        "sys.stdout.buffer.write(struct.pack('<I', 0xFFFFFFFF))",
        "write({'id': asked['id'], 'reply': 'snapshot'})",
        "write({'id': 99, 'reply': 'snapshot'})",
        "write({'id': asked['id'], 'reply': 'hello'})",
        "write({'id': asked['id'], 'reply': 'error', 'error': 'SystemExit'})",
        "write({'id': asked['id'], 'reply': 'progress', 'done': 'x', 'total': 1})",
        "write({'id': 2, 'arrays': [{'name': 'a', 'dtype': 'u8', 'rows': 9}]})",
        "write({'id': asked['id']}, b'surplus')",
    ],
)
def test_a_helper_that_answers_nonsense_has_failed(misbehaving, me, code):
    client = misbehaving(code)
    with pytest.raises(HelperFailed):
        client.take_snapshot(me, timeout_s=PATIENCE_S)
    assert client.pid is None


def test_a_helper_that_will_not_end_is_made_to(misbehaving, me, monkeypatch):
    monkeypatch.setattr(child, "PATIENCE_S", 0.1)
    client = misbehaving(
        "import signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "write({'id': asked['id'], 'reply': 'error', 'error': 'ProcessGone'})\n"
        "time.sleep(60)"
    )
    with pytest.raises(ProcessGone):
        client.take_snapshot(me)
    pid = client.pid
    client.close()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_another_protocol_is_refused(me):
    code = ANSWER.replace('"protocol": 3', '"protocol": 99')
    with (
        HelperClient((sys.executable, "-I", "-c", code)) as client,
        pytest.raises(HelperFailed, match="another version"),
    ):
        client.take_snapshot(me)


def test_a_helper_that_cannot_be_started_is_a_failure(me):
    with (
        HelperClient(("/nonexistent/helper",)) as client,
        pytest.raises(HelperFailed),
    ):
        client.take_snapshot(me)


def test_a_request_that_nobody_takes_is_a_failure():
    command = (sys.executable, "-I", "-c", "pass")
    ended = Child(Role(name="helper", title="The helper", command=command))
    try:
        os.waitid(os.P_PID, ended.pid, os.WEXITED | os.WNOWAIT)
        with pytest.raises(HelperFailed):
            ended.send(Sending({"id": 1, "verb": "hello"}))
    finally:
        ended.kill()


def test_what_it_logs_is_logged_here(misbehaving, me, log_watch, caplog):
    log_watch.expect("careful")
    log_watch.expect("Traceback")
    client = misbehaving(
        "sys.stderr.write('INFO leakgui.x: fine\\nWARNING leakgui.x: careful\\n')\n"
        "sys.stderr.write('Traceback \\xff\\n')\n"
        "sys.stderr.flush(); sys.exit(0)"
    )
    with caplog.at_level(logging.INFO), pytest.raises(HelperFailed):
        client.take_snapshot(me)
    logged = [
        (record.levelname, record.getMessage())
        for record in caplog.records
        if record.name == "leakgui.helper"
    ]
    assert logged[:2] == [
        ("INFO", "leakgui.x: fine"),
        ("WARNING", "leakgui.x: careful"),
    ]
    assert logged[2][0] == "WARNING"


@pytest.fixture
def target() -> Iterator[ProcessKey]:
    """A program that answers each line."""
    code = "import sys\nfor line in sys.stdin: print(line, end='', flush=True)"
    pipe = subprocess.PIPE
    command = [sys.executable, "-I", "-c", code]
    with subprocess.Popen(command, stdin=pipe, stdout=pipe) as process:

        def answers() -> bool:
            process.stdin.write(b"still there?\n")
            process.stdin.flush()
            return process.stdout.readline() == b"still there?\n"

        assert answers()
        yield platform.current().find_key(process.pid)
        assert answers()
        process.stdin.close()


def open_files() -> set[str]:
    return {path.name for path in Path("/proc/self/fd").iterdir() if path.exists()}


def test_the_memory_of_a_program_arrives(client, target):
    estimate = client.estimate_heap_copy(target)
    assert estimate.copy_bytes > 1 << 20
    assert estimate.threads == 1
    assert client.take_snapshot(target).counters
    before = open_files()
    with client.copy_heap(target) as copied:
        assert copied.key == target
        assert copied.level is Level.PAUSE
        assert 0 < copied.copied_bytes <= copied.resident_bytes * 2
        assert copied.paused_ms > 0
        frame, (memory, *modules) = copied.parcel.frame, copied.parcel.files
        assert modules
        start = unpack_numbers(frame, "segment.start", "u8")[0]
        assert os.pread(memory, 8, int(start))
    assert open_files() == before


def test_a_copy_that_is_cancelled_leaves_no_file_open(client, target):
    client.take_snapshot(target)
    first, before = client.pid, open_files()
    with pytest.raises(HelperFailed, match="cancelled"):
        client.copy_heap(target, cancelled=lambda: True)
    assert client.pid is None
    assert len(open_files()) < len(before)
    with client.copy_heap(target) as copied:
        assert copied.copied_bytes
    assert client.pid != first


def test_an_answer_that_comes_too_late_is_closed(misbehaving, me):
    """Two answers, the second one with a file, which nobody waits for."""
    client = misbehaving(
        "import array, socket\n"
        "write({'id': asked['id'], 'reply': 'error', 'error': 'ProcessGone'})\n"
        "write({'id': asked['id'], 'reply': 'copy-heap', 'files': 1})\n"
        "rights = (socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array('i', [0]))\n"
        "socket.socket(fileno=1).sendmsg([b'F'], [rights])\n"
        "time.sleep(60)"
    )
    before = open_files()
    with pytest.raises(ProcessGone):
        client.take_snapshot(me)
    with pytest.raises(HelperFailed):
        client.take_snapshot(me)
    assert open_files() == before


def test_files_that_nobody_asked_for_are_closed(misbehaving, me):
    client = misbehaving(
        "import array, socket\n"
        "write({'id': asked['id'], 'reply': 'snapshot', 'files': 1})\n"
        "rights = (socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array('i', [0]))\n"
        "socket.socket(fileno=1).sendmsg([b'F'], [rights])\n"
        "time.sleep(60)"
    )
    before = open_files()
    with pytest.raises(HelperFailed, match="nobody asked"):
        client.take_snapshot(me)
    assert open_files() == before


def test_what_says_why_it_ended_is_quoted(misbehaving, me, log_watch):
    log_watch.expect("a password is required")
    client = misbehaving("sys.stderr.write('sudo: a password is required\\n')")
    with pytest.raises(HelperFailed, match="a password is required"):
        client.take_snapshot(me)


def test_starting_it_tells_whether_it_can_be_started():
    with HelperClient() as client:
        client.start()
        first = client.pid
        client.start()
        assert client.pid == first is not None
    command = (sys.executable, "-I", "-c", "import sys; sys.exit(126)")
    with HelperClient(command) as client, pytest.raises(HelperFailed, match="password"):
        client.start()
    command = (sys.executable, "-I", "-c", "import time; time.sleep(60)")
    with (
        HelperClient(command, start_timeout_s=0.2) as client,
        pytest.raises(HelperFailed, match="in time"),
    ):
        client.start()


def test_control_c_in_the_terminal_does_not_end_it(client, me):
    client.take_snapshot(me)
    first = client.pid
    os.kill(first, signal.SIGINT)
    client.take_snapshot(me)
    assert client.pid == first


def test_whatever_it_reads_it_keeps_its_own_niceness(client, me):
    """Only root could take it back, and a copy of a heap must be quick."""
    client.take_snapshot(me)
    mine = os.getpriority(os.PRIO_PROCESS, 0)
    assert os.getpriority(os.PRIO_PROCESS, client.pid) == mine


def test_several_threads_may_ask_at_once(client, me):
    taken = []
    asking = [
        threading.Thread(target=lambda: taken.append(client.take_snapshot(me)))
        for _ in range(4)
    ]
    for thread in asking:
        thread.start()
    for thread in asking:
        thread.join()
    assert [one.counters["threads"] > 4 for one in taken] == [True] * 4


def test_it_ends_when_its_client_is_killed():
    code = (
        "import os, sys\n"
        "from leakgui.helper.client import HelperClient\n"
        "from leakgui.probe import platform\n"
        "client = HelperClient()\n"
        "client.take_snapshot(platform.current().find_key(os.getpid()))\n"
        "print(client.pid, flush=True)\n"
        "sys.stdin.read()\n"
    )
    parent = subprocess.Popen(
        [sys.executable, "-I", "-c", code],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    helper = int(parent.stdout.readline())
    key = platform.current().find_key(helper)
    parent.kill()
    parent.communicate()
    deadline_s = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline_s:
        try:
            if platform.current().find_key(helper) != key or is_zombie(helper):
                return
        except ProcessGone:
            return
        time.sleep(0.01)
    os.kill(helper, signal.SIGKILL)
    pytest.fail("the helper lives on")


def is_zombie(pid: int) -> bool:
    """Return whether nobody has collected it yet: who adopts it may take its time."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="ascii")
        return stat.rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


def test_it_never_loads_numpy_qt_or_psutil(me):
    """Asked of a helper that has answered every verb, at its end."""
    code = (
        "import json, sys\n"
        "from leakgui.helper.__main__ import main\n"
        "code = main()\n"
        "sys.stderr.write(json.dumps(sorted(sys.modules)))\n"
        "sys.exit(code)\n"
    )
    requests = io.BytesIO()
    verbs = ["hello", "snapshot", "estimate-heap", "bye"]
    for number, verb in enumerate(verbs):
        write_frame(requests, {"id": number, "verb": verb, **me._asdict()})
    done = subprocess.run(
        [sys.executable, "-I", "-c", code],
        input=requests.getvalue(),
        capture_output=True,
        check=True,
        timeout=60,
    )
    replies, source = [], io.BytesIO(done.stdout)
    while (frame := read_frame(source)) is not None:
        replies.append(frame.header["reply"])
    assert [reply for reply in replies if reply != "progress"] == verbs
    loaded = {name.partition(".")[0] for name in json.loads(done.stderr)}
    assert not loaded & {"numpy", "PySide6", "shiboken6", "psutil", "pickle"}
    assert "leakgui" in loaded


@pytest.mark.parametrize(
    "data", [b"\xff" * 8, b"\x02\0\0\0{}", struct.pack("<I", 5) + b"{"]
)
def test_broken_input_ends_it_without_a_traceback(data):
    done = subprocess.run(
        COMMAND, check=False, input=data, capture_output=True, timeout=60
    )
    assert done.returncode == 2
    assert done.stdout == b""
    assert b"Traceback" not in done.stderr


def test_the_end_of_input_ends_it_quietly():
    done = subprocess.run(
        COMMAND, check=False, input=b"", capture_output=True, timeout=60
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


def test_access_denied_crosses(misbehaving, me):
    client = misbehaving(
        "write({'id': asked['id'], 'reply': 'error', 'error': 'AccessDenied',"
        " 'message': 'not yours', 'hint': 'ask'})\nsys.stdin.read()"
    )
    with pytest.raises(AccessDenied) as caught:
        client.take_snapshot(me)
    assert (caught.value.message, caught.value.hint) == ("not yours", "ask")
    assert client.pid is not None
