"""Mappings and threads read from this very process, and from one that is not there."""

from __future__ import annotations

import os
import threading

import pytest

from leakgui.probe.mappings import Ranges, SmapsTooSlow, read_maps, read_smaps
from leakgui.probe.threads import read_threads

pytestmark = pytest.mark.live

NOBODY = 1 << 22  # one more than the largest pid there can be


def test_maps_and_smaps_tell_the_same_ranges():
    told = []
    with_sizes = read_smaps(os.getpid(), told.append).table()
    without = read_maps(os.getpid()).table()
    assert "rss" in with_sizes
    assert "rss" not in without
    common = set(zip(with_sizes["start"], with_sizes["end"], strict=True)) & set(
        zip(without["start"], without["end"], strict=True)
    )
    # Reading takes memory itself, so a range or two may differ.
    assert len(common) > 0.9 * len(without["start"])
    assert told


def test_what_takes_too_long_is_given_up():
    with pytest.raises(SmapsTooSlow):
        read_smaps(os.getpid(), slowest_s=-1.0)


def test_an_address_of_ours_is_in_one_of_our_mappings():
    ranges = Ranges.of(read_smaps(os.getpid()))
    found = ranges.find(id(ranges))
    assert found is not None
    assert found.start <= id(ranges) < found.end


def test_a_thread_is_seen_while_it_waits():
    begun, over = threading.Event(), threading.Event()

    def wait() -> None:
        begun.set()
        over.wait()

    waiting = threading.Thread(target=wait)
    waiting.start()
    begun.wait()
    try:
        seen = {thread.tid: thread for thread in read_threads(os.getpid())}
    finally:
        over.set()
        waiting.join()
    assert list(seen) == sorted(seen)
    assert seen[os.getpid()].state == "R"
    assert waiting.native_id in seen


@pytest.mark.parametrize("read", [read_smaps, read_maps, read_threads])
def test_a_process_that_is_not_there_is_an_error_of_the_system(read):
    with pytest.raises(FileNotFoundError):
        read(NOBODY)
