"""What several differences say together."""

from __future__ import annotations

import numpy as np
import pytest
from scenes import MIB, changes, difference

from leakgui.guidance.agreement import NOTHING, Grown, agree, find_agreement


def test_nothing_compared_agrees_on_nothing() -> None:
    assert find_agreement([], lambda d: d.handles) is NOTHING
    assert find_agreement([difference()], lambda d: d.handles) is NOTHING


def test_only_growth_of_the_wanted_kinds_counts() -> None:
    rows = changes(
        ("gone", "file", -5, np.nan),
        ("a", "socket", 50, np.nan),
        ("b", "file", 3, np.nan),
        ("c", "file", 1, np.nan),
    )
    found = find_agreement([difference(handles=rows)], lambda d: d.handles, ("file",))
    assert (found.key, found.growth, found.times) == ("b", 3, 1)
    assert found.share == pytest.approx(0.75)
    assert found.as_evidence() == (
        "Between snapshots, b grew by 3: 75 % of all growth, in 1 of them."
    )


def test_it_has_to_be_half_of_the_growth_each_time() -> None:
    once = changes(("x", "file", 9, np.nan), ("y", "file", 1, np.nan))
    other = changes(("x", "file", 2, np.nan), ("y", "file", 8, np.nan))
    both = [difference(1, handles=once), difference(2, handles=other)]
    found = find_agreement(both, lambda d: d.handles)
    assert (found.key, found.growth, found.times) == ("x", 11, 1)


def test_bytes_weigh_more_than_numbers_where_they_are_known() -> None:
    rows = changes(("many", "anonymous", 90, 4096), ("[heap]", "heap", 0, 5 * MIB))
    found = find_agreement([difference(mappings=rows)], lambda d: d.mappings)
    assert found.key == "[heap]"
    assert "5.00 MiB" in found.as_evidence()


def test_a_smaller_share_can_be_enough() -> None:
    rows = [Grown("a", "size", "", 4, 40), Grown("b", "size", "", 6, 60)]
    assert agree([rows, rows]).times == 2
    turned = [Grown("a", "size", "", 9, 90), Grown("b", "size", "", 6, 60)]
    found = agree([rows, turned], 0.4)
    assert (found.key, found.times, found.growth_bytes) == ("a", 2, 130.0)
    assert agree([rows, turned]).times == 1
