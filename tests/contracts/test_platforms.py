"""What every platform promises, asked of every process on this machine."""

from __future__ import annotations

import math
import os
import subprocess
import sys

import pytest

from leakgui.errors import ProcessGone, TargetError, Unsupported
from leakgui.model.metric import METRIC_BY_KEY, Tier
from leakgui.model.process import Access, ProcessKey
from leakgui.probe.platform import current

SYSTEMS = ("linux", "elsewhere") if current().name == "linux" else ("elsewhere",)
NO_PID = 2**22 + 1
"""Larger than any pid of a 64-bit Linux (PID_MAX_LIMIT)."""


@pytest.fixture(params=SYSTEMS)
def platform(request):
    return current(request.param)


@pytest.fixture
def child():
    """A process that rests until its input is closed."""
    program = "import time; print('ready', flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-I", "-c", program],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout.readline() == "ready\n"
        yield process
        process.kill()


def test_each_metric_of_each_process_or_a_known_error(platform):
    rows = platform.list_processes()
    assert rows
    for row in rows:
        try:
            reader = platform.open_reader(row.key)
        except TargetError:
            continue
        for tier in Tier:
            _check_tier(reader, tier)
        reader.close()


def _check_tier(reader, tier: Tier) -> None:
    try:
        reading = reader.read(tier)
    except TargetError:
        return
    for key, value in reading.items():
        assert METRIC_BY_KEY[key].tier is tier
        assert math.isfinite(value)
        assert value >= 0


def test_each_process_has_capabilities_with_reasons(platform):
    for row in platform.list_processes():
        try:
            found = platform.capabilities(row.key)
        except TargetError:
            continue
        assert len({capability.key for capability in found}) == len(found)
        assert all(capability.reason and capability.label for capability in found)
        assert not any(item.command for item in found if item.is_allowed)


def test_each_row_that_is_not_full_says_why(platform):
    for row in platform.list_processes():
        assert bool(row.access_reason) == (row.access is not Access.FULL)
        assert row.name


def test_a_child_is_listed_described_and_read(platform, child):
    key = platform.find_key(child.pid)
    (row,) = [row for row in platform.list_processes() if row.key.pid == child.pid]
    reader = platform.open_reader(key)
    target = reader.describe()
    assert row.key == key == target.key
    assert row.is_mine
    assert (row.name, row.command) == (target.name, target.command)
    assert row.user == target.user
    assert abs(row.started_unix_s - target.started_unix_s) < 1
    assert reader.read_state() in set("RS")
    assert reader.facts()["system"]
    assert {"rss_bytes", "threads", "handles"} <= set(reader.read(Tier.COUNTERS))
    assert {"limit_system_bytes", "system_bytes"} <= set(reader.read(Tier.LIMITS))
    reader.close()


def test_a_zombie_is_listed_without_numbers(platform, child):
    child.kill()
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    (row,) = [row for row in platform.list_processes() if row.key.pid == child.pid]
    assert (row.state, row.access) == ("Z", Access.NOT_ALLOWED)
    assert (row.rss_bytes, row.handles) == (None, None)
    assert "already ended" in row.access_reason
    with pytest.raises(ProcessGone, match="waits to be collected"):
        platform.open_reader(row.key)


def test_a_pid_of_nobody_is_gone(platform):
    for pid in (NO_PID, 2**40, -1):
        with pytest.raises(ProcessGone):
            platform.find_key(pid)
    for ask in (platform.open_reader, platform.capabilities):
        with pytest.raises(ProcessGone):
            ask(ProcessKey(NO_PID, 5))


def test_a_process_that_ended_is_gone(platform, child):
    reader = platform.open_reader(platform.find_key(child.pid))
    child.kill()
    child.wait()
    for tier in (Tier.COUNTERS, Tier.SHARES, Tier.MAPPINGS, Tier.LIMITS):
        with pytest.raises(ProcessGone):
            reader.read(tier)
    for ask in (reader.describe, reader.read_state):
        with pytest.raises(ProcessGone):
            ask()


def test_what_psutil_cannot_tell_is_unsupported(child):
    platform = current("elsewhere")
    key = platform.find_key(child.pid)
    reader = platform.open_reader(key)
    for ask in (lambda: reader.read(Tier.HANDLES), reader.read_handles):
        with pytest.raises(Unsupported):
            ask()
    with pytest.raises(Unsupported):
        platform.take_raw_snapshot(key)


@pytest.mark.skipif(len(SYSTEMS) < 2, reason="only Linux has two")
def test_both_platforms_agree_on_a_child_that_rests(child):
    readings = []
    for system in SYSTEMS:
        platform = current(system)
        reader = platform.open_reader(platform.find_key(child.pid))
        tiers = (Tier.COUNTERS, Tier.SHARES, Tier.MAPPINGS, Tier.LIMITS)
        readings.append({k: v for tier in tiers for k, v in reader.read(tier).items()})
        reader.close()
    linux, generic = readings
    exact = ("threads", "handles", "vms_bytes", "mappings", "limit_handles")
    assert {key: linux[key] for key in exact} == {key: generic[key] for key in exact}
    for key in ("rss_bytes", "pss_bytes", "uss_bytes"):
        assert generic[key] == pytest.approx(linux[key], rel=0.1)
    assert generic["cpu_ms"] == pytest.approx(linux["cpu_ms"], abs=50)


@pytest.mark.skipif(current().name != "linux", reason="the small helper is Linux only")
def test_linux_needs_nothing_but_the_standard_library():
    program = (
        "import sys, leakgui.probe.platform.linux, leakgui.probe.snapshotting\n"
        "print([name for name in ('numpy', 'psutil') if name in sys.modules])"
    )
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
