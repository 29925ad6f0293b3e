"""How long a growth has to be watched before it is trusted."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scenes import MIB, evidence, observed, rising

from leakgui.guidance.engine import judge
from leakgui.model.finding import Confidence, Verdict


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


FEW_STEPS_S = (3, 20, 42, 60, 84, 108)
MANY_STEPS_S = tuple(range(2, 120, 2))


@pytest.mark.parametrize(
    ("steps_s", "confidence"),
    [(FEW_STEPS_S, Confidence.WATCH), (MANY_STEPS_S, Confidence.MEDIUM)],
)
def test_a_few_steps_are_only_watched(steps_s, confidence) -> None:
    """So a virtual machine enlarges its heap; small steps are how most leaks look."""

    def stepped(t: np.ndarray) -> np.ndarray:
        risen = sum((t >= step_s) for step_s in steps_s)
        return 600 * MIB + 1200 * MIB / len(steps_s) * risen

    found = judge(evidence(120, anon_bytes=stepped).observed).findings[0]
    assert found.verdict is Verdict.GROWING
    assert found.confidence is confidence
