"""The process list: what a row says, what is remembered and what is forgotten."""

from __future__ import annotations

import os
import sys
import time

import pytest

from leakgui.model.process import Access
from leakgui.probe.platform import current
from leakgui.probe.procfs import page_bytes
from tests.live.obedient import Obedient, wait_until

pytestmark = [
    pytest.mark.live,
    pytest.mark.skipif(current().name != "linux", reason="reads /proc"),
]


@pytest.fixture
def target():
    target = Obedient()
    yield target
    target.close()


@pytest.fixture
def platform():
    return current()


def row_of(platform, pid: int):
    return {row.key.pid: row for row in platform.list_processes()}.get(pid)


def test_a_row_of_a_process_of_ours(platform, target):
    row = row_of(platform, target.pid)
    reader = platform.open_reader(row.key)
    reading = reader.read("counters")
    reader.close()
    assert row.parent_pid == os.getpid()
    assert row.access is Access.FULL
    assert row.is_mine
    assert row.command.startswith(sys.executable)
    assert (row.handles, row.threads) == (reading["handles"], reading["threads"])
    # stat and status sum the counters of the processors differently.
    assert abs(row.rss_bytes - reading["rss_bytes"]) <= 1024 * page_bytes()
    assert abs(row.started_unix_s - time.time()) < 30


def test_rows_are_ordered_and_unchanged_ones_are_the_same(platform, target):
    first = platform.list_processes()
    assert [row.key for row in first] == sorted(row.key for row in first)
    row_before = row_of(platform, target.pid)
    assert row_of(platform, target.pid) is row_before
    target.tell("f = open('/etc/passwd')")
    changed = row_of(platform, target.pid)
    assert changed.handles == row_before.handles + 1
    assert changed.command is row_before.command


def test_another_program_under_the_same_name_is_noticed(platform, target):
    before = row_of(platform, target.pid)
    line = f"os.execv({sys.executable!r}, [{sys.executable!r}, '-c', 'input()', 'new'])"
    target.say(line)
    wait_until(lambda: row_of(platform, target.pid).command.endswith(" new"))
    assert row_of(platform, target.pid).key == before.key


def test_a_zombie_stays_in_the_list_without_numbers(platform, target):
    row_of(platform, target.pid)
    target.end()
    row = row_of(platform, target.pid)
    assert (row.state, row.access) == ("Z", Access.NOT_ALLOWED)
    assert "already ended" in row.access_reason
    assert (row.rss_bytes, row.handles) == (None, None)
    target.close()
    assert row_of(platform, target.pid) is None


def test_names_of_strangers_are_kept(platform, target):
    target.tell(r"open('/proc/self/comm', 'wb').write(b') \nZ (\xff')")
    assert row_of(platform, target.pid).name == ") \nZ (\udcff"


def test_kernel_threads_are_told(platform):
    kernel = [row for row in platform.list_processes() if row.is_kernel_thread]
    if not kernel:
        pytest.skip("none is visible in a container")
    for row in kernel:
        assert row.access is Access.NOT_ALLOWED
        assert "no memory of its own" in row.access_reason
        assert (row.rss_bytes, row.is_mine) == (None, False)
        assert row.command == f"[{row.name}]"
