"""How long a growth has to be watched before it is trusted."""

from __future__ import annotations

from dataclasses import replace

import pytest
from scenes import MIB, evidence, observed, rising

from leakgui.guidance.engine import judge
from leakgui.model.finding import Confidence


@pytest.mark.parametrize(
    ("span_s", "confidence"),
    [(59.9, Confidence.MEDIUM), (58.0, Confidence.MEDIUM), (55.0, Confidence.WATCH)],
)
def test_a_minute_on_the_clock_is_a_minute(span_s, confidence) -> None:
    scene = evidence(span_s, anon_bytes=rising(50 * MIB, MIB, 0.05 * MIB))
    found = judge(scene.observed).findings[0]
    assert found.confidence is confidence
    was_short = any("were seen" in fact for fact in found.against)
    assert was_short is (confidence is Confidence.WATCH)


@pytest.mark.parametrize(
    ("span_s", "confidence"), [(59.9, Confidence.MEDIUM), (40.0, Confidence.WATCH)]
)
def test_so_it_is_for_health(span_s, confidence) -> None:
    found = judge(evidence(span_s, anon_bytes=50 * MIB).observed).findings[0]
    assert found.confidence is confidence


def test_memory_that_is_read_rarely_is_backed_by_what_is_read_often() -> None:
    grown = rising(50 * MIB, MIB, 0.05 * MIB)
    often = observed(60, anon_bytes=grown)
    rarely = observed(60, interval_s=2, uss_bytes=grown)
    found = judge(replace(rarely, cells={**often.cells, **rarely.cells})).findings[0]
    assert (found.metric, found.confidence) == ("uss_bytes", Confidence.MEDIUM)
    alone = judge(rarely).findings[0]
    assert (alone.metric, alone.confidence) == ("uss_bytes", Confidence.WATCH)
