"""Limits, system memory and load: unlimited and unknown are absent, never zero."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from leakgui.model.metric import METRIC_BY_KEY, Tier
from leakgui.probe.limits import (
    bound_user,
    parse_commit,
    parse_limits,
    parse_load,
    parse_system_memory,
    read_system_limits,
)

ROW = b"%-25s %-20s %-20s %-10s\n"
HEAD = ROW % (b"Limit", b"Soft Limit", b"Hard Limit", b"Units")
NAMES = {
    b"Max open files": "limit_handles",
    b"Max address space": "limit_as_bytes",
    b"Max data size": "limit_data_bytes",
    b"Max stack size": "limit_stack_bytes",
    b"Max processes": "limit_user_threads",
}
MEMINFO = b"""\
MemTotal:       16000000 kB
MemFree:          100000 kB
MemAvailable:   12000000 kB
SwapTotal:       2000000 kB
SwapFree:        1500000 kB
CommitLimit:    10000000 kB
Committed_AS:    4000000 kB
HugePages_Total:       0
"""


@given(st.sampled_from(sorted(NAMES)), st.integers(0, 2**63 - 1))
def test_soft_limits_are_kept(name, soft):
    text = HEAD + ROW % (name, b"%d" % soft, b"unlimited", b"bytes")
    assert parse_limits(text) == {NAMES[name]: float(soft)}


def test_unlimited_is_no_limit():
    text = HEAD + b"".join(ROW % (n, b"unlimited", b"9", b"bytes") for n in NAMES)
    assert parse_limits(text) == {}
    infinity = ROW % (b"Max open files", b"%d" % (2**64 - 1), b"unlimited", b"files")
    assert parse_limits(infinity) == {}


def test_other_limits_are_left_out():
    assert parse_limits(ROW % (b"Max core file size", b"0", b"0", b"bytes")) == {}


@given(st.binary(max_size=300))
def test_no_text_breaks_a_parser(text):
    for parse in (parse_limits, parse_system_memory, parse_commit, parse_load):
        assert all(value >= 0 for value in parse(text).values())
        parse(text + b" 1/x 2")
    bound_user(text)


def test_system_memory_counts_swap():
    assert parse_system_memory(MEMINFO) == {
        "limit_system_bytes": 18_000_000 * 1024,
        "system_bytes": (18_000_000 - 13_500_000) * 1024,
    }


def test_use_is_unknown_where_the_kernel_does_not_say_what_is_available():
    old = MEMINFO.replace(b"MemAvailable", b"MemAvailabl_")
    assert parse_system_memory(old) == {"limit_system_bytes": 18_000_000 * 1024}


def test_commit_reads_what_is_committed():
    assert parse_commit(MEMINFO) == {
        "commit_bytes": 4_000_000 * 1024,
        "limit_commit_bytes": 10_000_000 * 1024,
    }


def test_threads_of_the_system():
    assert parse_load(b"0.00 0.01 0.00 1/92 5951\n") == {"system_threads": 92}
    assert parse_load(b"0.00 0.01 0.00\n") == {}


def status(owner: int, capabilities: int) -> bytes:
    return b"Uid:\t%d\t0\t0\t0\nCapEff:\t%016x\n" % (owner, capabilities)


def test_the_limit_of_the_user_does_not_bind_root_nor_the_privileged():
    assert bound_user(status(1000, 0)) == 1000
    assert bound_user(status(1000, 1 << 19)) == 1000
    assert bound_user(status(0, 0)) is None
    assert bound_user(status(1000, 1 << 21)) is None
    assert bound_user(status(1000, 1 << 24)) is None
    assert bound_user(b"") is None


def test_the_system_has_limits_of_the_table():
    reading = read_system_limits()
    assert reading["limit_mappings"] > 0
    assert 0 < reading["system_threads"] <= reading["limit_threads"]
    assert 0 < reading["system_bytes"] <= reading["limit_system_bytes"]
    assert all(METRIC_BY_KEY[key].tier is Tier.LIMITS for key in reading)
