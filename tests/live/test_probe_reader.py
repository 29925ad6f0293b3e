"""The reader against a process that does what it is told: known answers."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from leakgui.errors import ProcessGone, TargetError, Unsupported
from leakgui.model.metric import HANDLE_KINDS, METRIC_BY_KEY, Tier
from leakgui.model.process import ProcessKey
from leakgui.probe.platform import current
from leakgui.probe.procfs import count_handles_of
from tests.live.obedient import Obedient, wait_until

pytestmark = [
    pytest.mark.live,
    pytest.mark.skipif(current().name != "linux", reason="reads /proc"),
]
MIB = 1 << 20


@pytest.fixture
def target():
    target = Obedient()
    yield target
    target.close()


@pytest.fixture
def platform():
    return current()


@pytest.fixture
def reader(target, platform):
    reader = platform.open_reader(platform.find_key(target.pid))
    yield reader
    reader.close()


def change(reader, target, tier: Tier, line: str) -> dict[str, float]:
    """Return what a line changes, by metric."""
    before = reader.read(tier)
    target.tell(line)
    after = reader.read(tier)
    assert before.keys() == after.keys()
    return {key: after[key] - before[key] for key in after}


def test_every_counter_is_known_of_a_process_of_ours(reader):
    reading = reader.read(Tier.COUNTERS)
    expected = {k for k, m in METRIC_BY_KEY.items() if m.tier is Tier.COUNTERS}
    assert set(reading) == expected


def test_rss_is_the_sum_of_its_parts(reader):
    now = reader.read(Tier.COUNTERS)
    parts = now["anon_bytes"] + now["file_bytes"] + now["shmem_bytes"]
    assert now["rss_bytes"] == parts


def test_touched_memory_is_resident_and_mapped_memory_is_virtual(reader, target):
    mapped = change(reader, target, Tier.COUNTERS, "m = mmap.mmap(-1, 64 << 20, 2)")
    assert 64 * MIB <= mapped["vms_bytes"] < 66 * MIB
    assert 64 * MIB <= mapped["data_bytes"] < 66 * MIB
    assert mapped["rss_bytes"] < MIB
    touched = change(reader, target, Tier.COUNTERS, "m.write(b'x' * (32 << 20))")
    assert 32 * MIB <= touched["anon_bytes"] < 33 * MIB
    assert touched["vms_bytes"] < 2 * MIB


def test_shared_memory_is_counted_apart(reader, target):
    line = "s = mmap.mmap(-1, 16 << 20); s.write(b'x' * (16 << 20))"
    delta = change(reader, target, Tier.COUNTERS, line)
    assert 16 * MIB <= delta["shmem_bytes"] < 17 * MIB
    assert delta["anon_bytes"] < MIB


def test_what_only_it_has_is_its_uss(reader, target):
    line = "m = mmap.mmap(-1, 32 << 20, 2); m.write(b'x' * (32 << 20))"
    delta = change(reader, target, Tier.SHARES, line)
    assert 32 * MIB <= delta["uss_bytes"] < 33 * MIB
    assert 32 * MIB <= delta["pss_bytes"] < 33 * MIB


def test_threads_and_processor_time(reader, target):
    target.tell("e = threading.Event()")
    line = "[threading.Thread(target=e.wait).start() for _ in '123']"
    assert change(reader, target, Tier.COUNTERS, line)["threads"] == 3
    assert change(reader, target, Tier.COUNTERS, "e.set()")["cpu_ms"] >= 0
    assert change(reader, target, Tier.COUNTERS, "sum(range(10**7))")["cpu_ms"] >= 20


def test_bytes_read(reader, target):
    line = "f = open('/dev/zero', 'rb', buffering=0); f.read(5 << 20)"
    assert change(reader, target, Tier.COUNTERS, line)["read_bytes"] >= 5 * MIB


def test_handles_by_kind(reader, target):
    line = (
        "h = [open('/etc/passwd') for _ in range(100)],"
        " [socket.socketpair() for _ in range(10)], [os.pipe() for _ in range(5)],"
        " os.eventfd(0), select.epoll(), os.memfd_create('m'), open('/dev/null'),"
        " os.open('/proc/self/ns/net', os.O_RDONLY)"
    )
    expected = dict.fromkeys((f"handles_{kind}" for kind in HANDLE_KINDS), 0)
    expected |= {"handles_file": 100, "handles_socket": 20, "handles_pipe": 10}
    expected |= {"handles_eventfd": 1, "handles_epoll": 1, "handles_memfd": 1}
    expected |= {"handles_device": 1, "handles_other": 1}
    expected |= {"sockets_close_wait": 0, "sockets_established": 0}
    total = reader.read(Tier.COUNTERS)["handles"]
    assert change(reader, target, Tier.HANDLES, line) == expected
    assert reader.read(Tier.COUNTERS)["handles"] - total == 135


def test_handles_that_need_the_c_library(reader, target):
    line = (
        "c = ctypes.CDLL(None); c.inotify_init1(0); c.timerfd_create(1, 0);"
        " c.signalfd(-1, (ctypes.c_char * 128)(), 0)"
    )
    delta = change(reader, target, Tier.HANDLES, line)
    kinds = ("inotify", "timerfd", "signalfd")
    assert [delta[f"handles_{kind}"] for kind in kinds] == [1, 1, 1]


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_a_connection_that_the_peer_closed(reader, target, host):
    family = "socket.AF_INET6" if ":" in host else "socket.AF_INET"
    target.tell(f"server = socket.socket({family}); server.bind(({host!r}, 0))")
    target.tell("server.listen(); client = socket.socket(server.family)")
    line = "client.connect(server.getsockname()[:2]); peer, _ = server.accept()"
    opened = change(reader, target, Tier.HANDLES, line)
    assert (opened["handles_socket"], opened["sockets_established"]) == (1, 2)
    target.tell("peer.close()")
    wait_until(lambda: reader.read(Tier.HANDLES)["sockets_close_wait"] == 1)
    reading, handles = reader.read_handles()
    assert reading == reader.read(Tier.HANDLES)
    (waiting,) = [handle for handle in handles if handle.state == "CLOSE_WAIT"]
    (listening,) = [handle for handle in handles if handle.state == "LISTEN"]
    proto = "tcp6" if ":" in host else "tcp"
    server = listening.target.removeprefix(f"{proto} ")
    assert waiting.peer == server
    assert waiting.target.startswith(f"{proto} ")
    assert waiting.target.endswith(f" → {server}")
    assert listening.peer == ""


def test_a_handle_names_its_target(reader, target, tmp_path):
    path = tmp_path / "name with ) and\nline"
    target.tell(f"f = open({str(path)!r}, 'w'); n = open({str(path) + '2'!r}, 'w')")
    target.tell("os.unlink(n.name); u = socket.socket(socket.AF_UNIX)")
    target.tell(f"u.bind({str(tmp_path / 's')!r}); u.listen()")
    _, handles = reader.read_handles()
    targets = {handle.target: handle for handle in handles}
    assert targets[str(path)].kind == "file"
    assert f"{path}2 (deleted)" in targets
    assert targets[f"unix {tmp_path / 's'}"].state == "LISTEN"
    assert handles == sorted(handles)
    assert targets[f"unix {tmp_path / 's'}"].inode > 0


def test_a_path_too_long_for_the_kernel_is_still_a_file(reader, target, tmp_path):
    target.tell(f"os.chdir({str(tmp_path)!r}); n = 'n' * 250")
    target.tell("[(os.mkdir(n), os.chdir(n)) for _ in range(20)]; f = open('f', 'w')")
    _, handles = reader.read_handles()
    assert ("file", "/…") in {(handle.kind, handle.target) for handle in handles}
    target.tell("os.unlink('f'); [(os.chdir('..'), os.rmdir(n)) for _ in range(20)]")


def test_mappings_and_heap(reader, target):
    line = "m = [mmap.mmap(-1, 8192, 2, 1 + n % 2 * 2) for n in range(400)]"
    # Readable and writable ones in turn are not merged into one.
    assert change(reader, target, Tier.MAPPINGS, line)["mappings"] >= 395
    grown = change(reader, target, Tier.MAPPINGS, "ctypes.CDLL(None).sbrk(1 << 20)")
    assert grown["heap_bytes"] == MIB


def test_limits_are_the_process_s_own(reader, target):
    target.tell("resource.setrlimit(resource.RLIMIT_NOFILE, (123, 500))")
    target.tell("resource.setrlimit(resource.RLIMIT_AS, (1 << 40, 1 << 41))")
    reading = reader.read(Tier.LIMITS)
    assert reading["limit_handles"] == 123
    assert reading["limit_as_bytes"] == 1 << 40
    assert "limit_data_bytes" not in reading
    assert reading["limit_mappings"] > 0
    assert reader.facts()["system"].startswith("Linux ")
    assert reader.facts()["cgroup_path"].startswith("/")


def test_the_target_is_described(reader, target, platform):
    found = reader.describe()
    assert found.key == platform.find_key(target.pid)
    assert found.command.startswith(sys.executable)
    assert Path(found.executable).samefile(sys.executable)
    assert reader.read_state() in "RS"


def test_a_zombie_is_gone_and_says_who_must_collect_it(reader, target):
    target.end()
    for tier in Tier:
        with pytest.raises(ProcessGone, match="waits to be collected") as caught:
            reader.read(tier)
        assert str(os.getpid()) in caught.value.hint
    with pytest.raises(ProcessGone):
        reader.read_handles()
    assert reader.read_state() == "Z"


def test_a_collected_process_is_gone(reader, target, platform):
    target.close()
    for tier in Tier:
        with pytest.raises(ProcessGone):
            reader.read(tier)
    for ask in (reader.read_state, reader.describe, reader.read_handles):
        with pytest.raises(ProcessGone):
            ask()
    for ask in (platform.open_reader, platform.capabilities):
        with pytest.raises(ProcessGone):
            ask(reader.key)
    with pytest.raises(ProcessGone):
        platform.find_key(target.pid)
    assert "system" in reader.facts()


def test_a_pid_of_another_process_is_not_taken_for_it(target, platform):
    key = platform.find_key(target.pid)
    for ask in (platform.open_reader, platform.capabilities):
        with pytest.raises(ProcessGone, match="has ended"):
            ask(ProcessKey(key.pid, key.start_ticks - 1))


def test_a_process_whose_first_thread_ended_is_not_gone(reader, target):
    target.tell("threading.Thread(target=threading.Event().wait).start()")
    target.say("ctypes.CDLL(None).pthread_exit(None)")
    wait_until(lambda: reader.read_state() == "Z")
    assert set(reader.read(Tier.COUNTERS)) == {"threads", "cpu_ms"}
    with pytest.raises(Unsupported, match="first thread"):
        reader.read(Tier.HANDLES)


def test_a_reader_gives_its_handles_back(target, platform):
    before = count_handles_of("/proc/self/fd")
    key = platform.find_key(target.pid)
    for _ in range(20):
        reader = platform.open_reader(key)
        for tier in Tier:
            reader.read(tier)
        reader.close()
        reader.close()
        with pytest.raises(TargetError):
            reader.read(Tier.COUNTERS)
        with pytest.raises(ProcessGone):
            platform.open_reader(ProcessKey(key.pid, 1))
    assert count_handles_of("/proc/self/fd") == before
