"""Too short to judge, and just long enough."""

from __future__ import annotations

import numpy as np
from scenes import MIB, evidence, observed, rising, times, well_formed

from leakgui.analysis.cells import Cells
from leakgui.guidance.engine import judge
from leakgui.guidance.rules.too_little_evidence import TooLittleEvidence
from leakgui.model.finding import Confidence, Verdict
from leakgui.model.recording import Series

RULE = TooLittleEvidence()


def test_too_short() -> None:
    found = RULE.examine(evidence(2, anon_bytes=50 * MIB))
    assert found is not None
    assert found.verdict is Verdict.UNDECIDED
    assert found.confidence is Confidence.WATCH
    assert found.summary == (
        "Still learning. 2 s seen; a fair answer needs about 58 s more, "
        "or 5 marked steps"
    )
    assert well_formed(found)


def test_too_few_readings_say_how_long_to_wait() -> None:
    found = RULE.examine(evidence(200, interval_s=20.0, anon_bytes=50 * MIB))
    assert found is not None
    assert "about 4.3 min more" in found.summary


def rising_seen(from_s: float):
    """A rise of which only the first and the last part was read."""
    scene = evidence(100, anon_bytes=rising(15 * MIB, 0.25 * MIB))
    whole = scene.cells("anon_bytes")
    assert whole is not None
    elapsed_s = np.concatenate([[0.0, 30.0, 35.0], times(100)[times(100) >= from_s]])
    values = 15 * MIB + 0.25 * MIB * elapsed_s
    scene.observed.cells["anon_bytes"] = Cells.of(Series(elapsed_s, values))
    return scene


def test_a_record_that_is_mostly_a_hole_is_no_health() -> None:
    judged = judge(rising_seen(80).observed)
    assert judged.verdict is Verdict.UNDECIDED
    (found,) = judged.findings
    assert "nothing was read: a rise would not have shown" in found.evidence[1]
    assert "about 1 s more" not in found.summary
    assert well_formed(found)


def test_a_record_with_a_smaller_hole_is_judged() -> None:
    assert judge(rising_seen(40).observed).verdict is Verdict.GROWING


def test_nothing_at_all() -> None:
    judged = judge(observed())
    assert judged.verdict is Verdict.UNDECIDED
    assert well_formed(judged.findings[0])


def test_one_sample() -> None:
    found = RULE.examine(evidence(0, anon_bytes=50 * MIB))
    assert found is not None
    assert "0 s seen" in found.summary


def test_long_enough() -> None:
    assert RULE.examine(evidence(20, anon_bytes=50 * MIB)) is None


def test_rest_of_some_seconds_is_not_health_yet() -> None:
    judged = judge(observed(10, anon_bytes=50 * MIB))
    assert judged.verdict is Verdict.UNDECIDED


def test_growth_of_some_seconds_is_told() -> None:
    growing = evidence(10, anon_bytes=rising(50 * MIB, MIB))
    assert RULE.examine(growing) is None
