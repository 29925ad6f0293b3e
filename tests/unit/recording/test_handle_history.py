"""A handle is told by number and inode or target; a number alone is used again."""

from __future__ import annotations

import numpy as np

from leakgui.recording.handle_history import MOST_CLOSED, HandleHistory
from leakgui.session.rows import ClosedHandle
from tests.unit.recording.puppets import seen, some_handles


def test_what_is_missing_was_closed_after_it_was_seen_last():
    history = HandleHistory()
    assert history.update(1.0, [seen(3, "/a"), seen(4, "/b")]) == []
    assert history.update(2.0, [seen(3, "/a"), seen(4, "/b")]) == []
    closed = history.update(3.0, [seen(4, "/b"), seen(5, "/c")])
    assert closed == [ClosedHandle("file", "/a", 1.0, 2.0)]
    assert history.closed() == tuple(closed)


def test_a_number_used_again_is_another_handle():
    history = HandleHistory()
    history.update(1.0, [seen(3, "/a", inode=1)])
    assert len(history.update(2.0, [seen(3, "/a", inode=2)])) == 1
    assert len(history.update(3.0, [seen(3, "/b", inode=0)])) == 1
    assert len(history.update(4.0, [seen(3, "/c", inode=0)])) == 1


def test_a_socket_that_connects_stays_the_same_handle():
    history = HandleHistory()
    history.update(1.0, [seen(3, "socket", 77, "socket")])
    assert history.update(2.0, [seen(3, "tcp a:1 → b:2", 77, "socket")]) == []
    closed = history.update(3.0, [])
    assert closed == [ClosedHandle("socket", "tcp a:1 → b:2", 1.0, 2.0)]


def test_only_the_newest_closed_are_kept():
    history = HandleHistory()
    for turn in range(4):
        history.update(turn, [seen(n, f"/{turn}/{n}") for n in range(5000)])
    assert len(history.closed()) == MOST_CLOSED
    assert history.closed()[-1].target == "/2/4999"
    assert history.closed()[0].target == "/1/0"


def test_snapshots_learn_since_when_a_handle_is_open():
    history = HandleHistory()
    history.update(1.5, [seen(3, "/a", 7)])
    history.update(9.0, [seen(3, "/a", 7), seen(4, "socket:[8]", 8, "socket")])
    dated = history.date(some_handles())
    np.testing.assert_array_equal(dated.first_seen_s, [1.5, 9.0, np.nan])
    assert dated.number.tolist() == [3, 4, 5]


def test_an_earlier_part_of_the_recording_is_kept():
    history = HandleHistory()
    history.restore([ClosedHandle("pipe", "p", 0.0, 1.0)])
    assert history.closed() == (ClosedHandle("pipe", "p", 0.0, 1.0),)
