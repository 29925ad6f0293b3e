"""A loop at full speed, and busy programs that only leak."""

from __future__ import annotations

import pytest
from scenes import (
    MIB,
    evidence,
    loaded,
    observed,
    rising,
    speeding_up,
    well_formed,
)

from leakgui.guidance.engine import judge
from leakgui.guidance.rules.runaway_loop import RunawayLoop
from leakgui.model.finding import Confidence, DefectClass, Severity, Verdict

RULE = RunawayLoop()
SYSTEM = {"system_bytes": 2e9, "limit_system_bytes": 4e9}
BUSY = {"cpu_ms": rising(0, 990)}


@pytest.mark.parametrize("span_s", [20, 40, 90])
def test_faster_and_faster(span_s: float) -> None:
    found = RULE.examine(
        evidence(
            span_s, anon_bytes=speeding_up(20 * MIB, 20 * MIB, 12), **BUSY, **SYSTEM
        )
    )
    assert found is not None
    assert found.verdict is Verdict.OVERFLOW
    assert found.defect_class is DefectClass.RUNAWAY_LOOP
    assert found.severity is Severity.CRITICAL
    assert ("faster and faster" in " ".join(found.evidence)) is (span_s > 20)
    assert well_formed(found)


@pytest.mark.parametrize("limits", [SYSTEM, {}])
def test_even_but_vast(limits: dict) -> None:
    found = RULE.examine(
        evidence(30, anon_bytes=rising(20 * MIB, 8 * MIB), **BUSY, **limits)
    )
    assert found is not None
    assert "even pace" in " ".join(found.evidence)


def test_a_job_with_an_end_is_only_watched() -> None:
    job = RULE.examine(evidence(anon_bytes=rising(20 * MIB, 8 * MIB), **BUSY))
    assert job is not None
    assert job.confidence is Confidence.WATCH
    assert "job with an end" in job.against[0]
    loop = RULE.examine(
        evidence(anon_bytes=speeding_up(20 * MIB, 20 * MIB, 20), **BUSY)
    )
    assert loop is not None
    assert loop.confidence is Confidence.MEDIUM
    assert "job with an end" not in " ".join(loop.against)


def test_only_one_name_is_given_to_it() -> None:
    judged = judge(observed(30, anon_bytes=rising(20 * MIB, 8 * MIB), **BUSY))
    assert [finding.rule for finding in judged.findings] == ["runaway-loop"]


NEAR_MISSES = {
    "a slow leak in a busy program": {
        "anon_bytes": rising(90 * MIB, 0.2 * MIB),
        **BUSY,
    },
    "fast growth in an idle program": {
        "anon_bytes": rising(20 * MIB, 8 * MIB),
        "cpu_ms": rising(0, 300),
    },
    "processor use unknown": {"anon_bytes": rising(20 * MIB, 8 * MIB)},
    "busy but level": {"anon_bytes": 90 * MIB, **BUSY},
    "a load from a file": {
        "anon_bytes": loaded(20 * MIB, 900 * MIB, 0, 90),
        "read_bytes": loaded(0, 900 * MIB, 0, 90),
        **BUSY,
    },
}


@pytest.mark.parametrize("name", NEAR_MISSES)
def test_near_misses(name: str) -> None:
    assert RULE.examine(evidence(**NEAR_MISSES[name])) is None


def test_a_shared_machine_gives_a_loop_less_than_a_core() -> None:
    scene = {"anon_bytes": speeding_up(20 * MIB, 20 * MIB, 12), **SYSTEM}
    assert RULE.examine(evidence(40, cpu_ms=rising(0, 650), **scene)) is not None
    assert RULE.examine(evidence(40, cpu_ms=rising(0, 300), **scene)) is None
