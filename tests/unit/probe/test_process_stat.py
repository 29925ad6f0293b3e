"""The stat line: names that lie, ends in every shape, pids that are used again."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leakgui.errors import ProcessGone, Unsupported
from leakgui.model.process import ProcessKey
from leakgui.probe.process_stat import (
    PF_EXITING,
    PF_KTHREAD,
    check_alive,
    parse_stat,
)
from leakgui.probe.procfs import page_bytes

WHOLE = st.integers(0, 2**64 - 1)


def line(
    name: bytes = b"cat",
    state: bytes = b"S",
    *,
    flags: int = 0,
    threads: int = 1,
    start: int = 777,
    code: int = 94784947888128,
) -> bytes:
    """A line as Linux 6.18 writes it, with 52 fields."""
    return (
        b"6798 (%s) %s 6783 6783 3436 0 -1 %d 100 0 0 0 30 4 0 0 20 0 %d 0 %d "
        b"3133440 381 18446744073709551615 %d 94784947908009 140722009645968 0 0 0 0 "
        b"0 0 0 0 0 17 0 0 0 0 0 0 1 2 3 4 5 6 7 0\n"
    ) % (name, state, flags, threads, start, code)


def test_fields_come_in_their_units():
    stat = parse_stat(line())
    assert (stat.pid, stat.name, stat.state, stat.parent_pid) == (
        6798,
        "cat",
        "S",
        6783,
    )
    assert stat.cpu_ticks == 34
    assert stat.start_ticks == 777
    assert stat.vms_bytes == 3133440
    assert stat.rss_bytes == 381 * page_bytes()
    assert stat.start_code == 94784947888128
    assert stat.start_stack == int(line().split()[27])


@given(st.binary(min_size=0, max_size=15))
def test_any_name_is_kept_and_moves_no_field(name):
    stat = parse_stat(line(name))
    assert stat.name.encode("utf-8", "surrogateescape") == name
    assert (stat.state, stat.start_ticks) == ("S", 777)


def test_a_name_that_looks_like_the_rest_of_the_line():
    stat = parse_stat(line(b") Z 1 1 1 1 1 (", b"R"))
    assert (stat.name, stat.state, stat.parent_pid) == (") Z 1 1 1 1 1 (", "R", 6783)


@given(st.binary(max_size=400))
def test_anything_else_is_a_known_error(text):
    with contextlib.suppress(Unsupported):
        parse_stat(text)


@given(st.lists(WHOLE, min_size=49, max_size=49))
def test_huge_numbers_are_kept(numbers):
    text = b"1 (x) S " + b" ".join(b"%d" % number for number in numbers)
    stat = parse_stat(text)
    assert stat.start_ticks == numbers[18]
    assert stat.vms_bytes == numbers[19]


def test_a_living_process_is_alive():
    check_alive(parse_stat(line()), ProcessKey(6798, 777))


def test_another_start_time_is_another_process():
    with pytest.raises(ProcessGone, match="has ended") as caught:
        check_alive(parse_stat(line(start=778)), ProcessKey(6798, 777))
    assert "another process" in caught.value.hint


def test_a_zombie_waits_for_its_parent():
    with pytest.raises(ProcessGone, match="waits to be collected") as caught:
        check_alive(parse_stat(line(state=b"Z")), ProcessKey(6798, 777))
    assert "6783" in caught.value.hint


def test_a_process_that_is_giving_back_its_memory_is_gone():
    with pytest.raises(ProcessGone):
        check_alive(parse_stat(line(flags=PF_EXITING)), ProcessKey(6798, 777))


def test_a_process_lives_on_when_only_its_first_thread_ended():
    stat = parse_stat(line(state=b"Z", flags=PF_EXITING, threads=3))
    check_alive(stat, ProcessKey(6798, 777))
    assert stat.is_ending
    assert not stat.is_gone


def test_kernel_threads_are_told_by_their_flag():
    assert parse_stat(line(flags=PF_KTHREAD)).is_kernel_thread
    assert not parse_stat(line()).is_kernel_thread
