"""Snapshots of a program that says what it did: the difference is exactly that."""

from __future__ import annotations

import os
import resource
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from leakgui.analysis.difference import compare
from leakgui.errors import ProcessGone
from leakgui.helper.client import HelperClient
from leakgui.model.difference import Changes, Difference
from leakgui.model.snapshot import Snapshot
from tests.live.told_target import ToldTarget

pytestmark = pytest.mark.live

KIB = 1024
PATIENCE_S = 10.0


@pytest.fixture
def helper() -> Iterator[HelperClient]:
    with HelperClient() as client:
        yield client


@pytest.fixture
def target() -> Iterator[ToldTarget]:
    with ToldTarget("opener.py") as told:
        yield told


@pytest.fixture
def difference(helper: HelperClient, target: ToldTarget) -> Callable[..., Difference]:
    """Give a function that obeys orders between two snapshots and compares them."""

    def take(*orders: str) -> Difference:
        before = helper.take_snapshot(target.key)
        for order in orders:
            target.tell(order)
        return compare(before, helper.take_snapshot(target.key))

    return take


def deltas(changes: Changes | None, kind: str = "") -> dict[str, int]:
    """Return what changed: key → how many more."""
    assert changes is not None
    return {
        changes.key[row]: int(changes.delta[row])
        for row in range(len(changes))
        if changes.delta[row] and kind in {"", changes.kind[row]}
    }


def row_of(changes: Changes | None, key: str) -> int:
    assert changes is not None
    return changes.key.as_list().index(key)


def test_handles_of_every_kind_are_counted_exactly(difference, tmp_path):
    path = tmp_path / "app.log"
    path.touch()
    with socket.create_server(("127.0.0.1", 0), backlog=128) as server:
        port = server.getsockname()[1]
        found = difference(
            f"files 50 {path}",
            f"sockets 50 {port}",
            "pipes 10",
            "eventfds 7",
            "epolls 3",
            "memfds 5 cache",
        )
    assert deltas(found.handles) == {
        str(path): 50,
        f"tcp → 127.0.0.1:{port}": 50,
        "pipe": 20,
        "eventfd": 7,
        "memfd:cache": 5,
        "eventpoll": 3,
    }
    counted = {
        key: after - before
        for key, (before, after) in found.counters.items()
        if key.startswith("handles") and after != before
    }
    assert counted == {
        "handles": 135.0,
        "handles_file": 50.0,
        "handles_socket": 50.0,
        "handles_pipe": 20.0,
        "handles_eventfd": 7.0,
        "handles_epoll": 3.0,
        "handles_memfd": 5.0,
    }
    assert found.gaps == ()
    assert found.has_change


def test_connections_that_the_peer_closed_wait_to_be_closed(helper, target, difference):
    with socket.create_server(("127.0.0.1", 0), backlog=64) as server:
        port = server.getsockname()[1]
        found = difference(f"sockets 20 {port}")
        row = row_of(found.handles, f"tcp → 127.0.0.1:{port}")
        assert found.handles.detail[row] == "20 ESTABLISHED"
        for _ in range(12):
            server.accept()[0].close()
        before = helper.take_snapshot(target.key)
        deadline_s = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline_s:
            after = helper.take_snapshot(target.key)
            if after.counters["sockets_close_wait"] == 12:
                break
        later = compare(before, after).handles
        row = row_of(later, f"tcp → 127.0.0.1:{port}")
        assert later.detail[row] == "12 CLOSE_WAIT, 8 ESTABLISHED"


def test_threads_are_one_row_and_their_stacks_are_known(helper, target, difference):
    found = difference("threads 50 worker-")
    assert deltas(found.threads) == {"worker-#": 50}
    row = row_of(found.threads, "worker-#")
    assert found.threads.detail[row].startswith("50 S; 50 futex")
    threads = helper.take_snapshot(target.key).threads
    assert threads is not None
    workers = [row for row in range(51) if threads.name[row].startswith("worker-")]
    assert len(workers) == 50
    used, limit = threads.stack_used[workers], threads.stack_limit[workers]
    assert (used > 512).all()
    assert (used < 64 * KIB).all()
    assert (used < limit).all()
    assert threads.tid[0] == target.key.pid
    assert threads.stack_limit[0] == resource.getrlimit(resource.RLIMIT_STACK)[0]


def test_private_mappings_of_one_size_are_one_row_with_exact_bytes(difference):
    found = difference("map 40 266240")
    row = row_of(found.mappings, "anonymous rw 260 KiB")
    assert found.mappings.delta[row] == 40
    assert found.mappings.delta_bytes[row] == 40 * 266240
    assert row == 0


def test_shared_memory_is_told_apart(difference, tmp_path):
    path = tmp_path / "data"
    path.write_bytes(b"1" * 64 * KIB)
    found = difference("shared 6 65536", "sysv 4 8192", f"mapfile {path}")
    shared = deltas(found.mappings, "shared memory")
    assert shared == {"/dev/zero (deleted)": 6}
    row = row_of(found.mappings, "/dev/zero (deleted)")
    assert found.mappings.delta_bytes[row] == 6 * 65536
    assert deltas(found.mappings, "SysV") == {"/SYSV00000000 (deleted)": 4}
    assert deltas(found.mappings, "deleted file") == {f"{path} (deleted)": 1}


def test_nothing_done_is_no_difference(difference):
    found = difference()
    assert not found.has_change
    assert not deltas(found.handles)
    assert not deltas(found.threads)
    assert not deltas(found.mappings)


def test_what_was_closed_is_gone(difference, target, tmp_path):
    (tmp_path / "x").touch()
    target.tell(f"files 30 {tmp_path / 'x'}")
    found = difference("close")
    assert deltas(found.handles) == {str(tmp_path / "x"): -30}
    assert found.handles.key[-1] == str(tmp_path / "x")


def test_names_of_strangers_arrive_as_they_are(helper, target, tmp_path):
    path = tmp_path / os.fsdecode(b"two\xff(deleted)")
    path.write_bytes(b"1")
    target.tell(f"files 1 {path}")
    target.tell("threads 1 a)R(")
    target.tell(f"mapfile {path}")
    taken = helper.take_snapshot(target.key)
    assert taken.handles is not None
    assert taken.threads is not None
    assert taken.mappings is not None
    assert f"{path} (deleted)" in taken.handles.target.pool
    assert f"{path} (deleted)" in taken.mappings.path.pool
    assert "a)R(0" in taken.threads.name.pool


def test_a_path_with_a_line_break_is_one_mapping(helper, tmp_path):
    path = tmp_path / "many\nlines.py"
    path.write_bytes((Path(__file__).parents[1] / "targets/opener.py").read_bytes())
    kept = tmp_path / "kept\n.bin"
    kept.write_bytes(b"1")
    with ToldTarget("opener.py") as told:
        link = tmp_path / "link"
        link.symlink_to(kept)
        told.tell(f"mapfile {link}")
        taken = helper.take_snapshot(told.key)
    assert taken.mappings is not None
    assert str(kept) in taken.mappings.path.pool
    assert not taken.gaps


def test_a_program_that_ended_is_gone(helper, target):
    target.kill()
    with pytest.raises(ProcessGone):
        helper.take_snapshot(target.key)


def test_another_program_with_its_number_is_not_taken_for_it(helper, target):
    other = target.key._replace(start_ticks=target.key.start_ticks + 1)
    with pytest.raises(ProcessGone):
        helper.take_snapshot(other)
    assert helper.take_snapshot(target.key).counters


def mapped_bytes(taken: Snapshot) -> int:
    assert taken.mappings is not None
    sizes = taken.mappings.end - taken.mappings.start
    own = [path != "[vsyscall]" for path in taken.mappings.path.as_list()]
    return int(sizes[np.array(own)].sum())


def test_sums_over_mappings_agree_with_the_counters(helper, target):
    taken = helper.take_snapshot(target.key)
    counters, mappings = taken.counters, taken.mappings
    assert mappings is not None
    assert mappings.rss is not None
    assert mapped_bytes(taken) == counters["vms_bytes"]
    assert int(mappings.rss.sum()) == pytest.approx(
        counters["rss_bytes"], abs=256 * KIB
    )
    private = mappings.private_clean + mappings.private_dirty
    assert int(private.sum()) == counters["uss_bytes"]
    assert counters["mappings"] == len(mappings)
    assert (np.diff(mappings.start.astype(np.float64)) > 0).all()


@pytest.mark.slow
def test_sixty_thousand_mappings(helper):
    told = []
    with ToldTarget("many_mappings.py", "60000") as many:
        taken = helper.take_snapshot(
            many.key, lambda done, total: told.append((done, total))
        )
    assert taken.mappings is not None
    assert len(taken.mappings) >= 60_000
    assert not taken.gaps
    assert len(told) > 1
    assert told == sorted(told)
    assert all(done <= total for done, total in told)


@pytest.mark.slow
def test_twenty_thousand_files(helper, target, tmp_path):
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    count = min(20_000, limit) - 200
    (tmp_path / "x").touch()
    before = helper.take_snapshot(target.key)
    target.tell(f"files {count} {tmp_path / 'x'}")
    found = compare(before, helper.take_snapshot(target.key))
    assert deltas(found.handles) == {str(tmp_path / "x"): count}
