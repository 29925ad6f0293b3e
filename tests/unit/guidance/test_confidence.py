"""How long a growth has to be watched before it is trusted."""

from __future__ import annotations

import pytest
from scenes import MIB, evidence, rising

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
