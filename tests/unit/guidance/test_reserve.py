"""Memory that grows into what was asked for before, and memory that asks for more."""

from __future__ import annotations

import pytest
from scenes import MIB, counting, evidence, flat, rising

from leakgui.guidance.engine import judge
from leakgui.guidance.reserve import fills_reserve
from leakgui.model.finding import Confidence, Verdict

GROWS = rising(50 * MIB, 2 * MIB, 0.1 * MIB)


def test_a_heap_of_fixed_size_that_fills_is_only_watched() -> None:
    scene = evidence(anon_bytes=GROWS, data_bytes=flat(1024 * MIB))
    found = judge(scene.observed).findings[0]
    assert (found.verdict, found.confidence) == (Verdict.GROWING, Confidence.WATCH)
    (against,) = found.against
    assert against.startswith("It fills space that was asked for before; 794 MiB")


@pytest.mark.parametrize(
    "space", [rising(60 * MIB, 2 * MIB), lambda t: 60 * MIB + 64 * MIB * (t // 30)]
)
def test_growth_that_asks_for_more_is_meant(space) -> None:
    found = judge(evidence(anon_bytes=GROWS, data_bytes=space).observed).findings[0]
    assert found.confidence is Confidence.MEDIUM
    assert found.against == ("No fact against it was found.",)


def test_unknown_space_says_nothing() -> None:
    found = judge(evidence(anon_bytes=GROWS).observed).findings[0]
    assert found.confidence is Confidence.MEDIUM


def test_only_memory_has_space_to_fill() -> None:
    scene = evidence(threads=counting(2, 1), data_bytes=flat(9 * MIB))
    trend = scene.trend("threads")
    assert trend is not None
    assert not fills_reserve(scene, "threads", trend)
