"""Stacks that rise without an end, that are deep, and that are neither."""

from __future__ import annotations

import numpy as np
from scenes import KIB, MIB, evidence, rising, snapshot_of_stack, well_formed

from leakgui.guidance.engine import judge
from leakgui.guidance.rules.stack_use import StackUse
from leakgui.model.finding import Confidence, DefectClass, Severity, Verdict

RULE = StackUse()
LIMIT = {"limit_stack_bytes": 8 * MIB}


def test_a_stack_that_keeps_rising() -> None:
    found = RULE.examine(evidence(stack_bytes=rising(200 * KIB, 50 * KIB), **LIMIT))
    assert found is not None
    assert (found.verdict, found.defect_class) == (Verdict.OVERFLOW, DefectClass.STACK)
    assert found.severity is Severity.CRITICAL
    assert "endless recursion" in found.summary
    assert well_formed(found)


def test_a_stack_that_rises_without_a_known_limit() -> None:
    found = RULE.examine(evidence(stack_bytes=rising(200 * KIB, 50 * KIB)))
    assert found is not None
    assert found.limit is None


def test_a_deep_stack_that_stopped_is_told_apart() -> None:
    found = RULE.examine(
        evidence(stack_bytes=lambda t: MIB * (1 + 4 * (t > 10)), **LIMIT)
    )
    assert found is not None
    assert "stopped" in found.summary
    assert "has a bound" in found.against[0]
    assert found.severity is Severity.LOW
    assert well_formed(found)


def test_a_deep_stack_is_a_fact_after_the_first_look() -> None:
    found = RULE.examine(evidence(0.3, stack_bytes=7.8 * MIB, **LIMIT))
    assert found is not None
    assert found.severity is Severity.CRITICAL


def test_a_usual_stack_is_none_of_it() -> None:
    for depth in (132 * KIB, 3 * MIB):
        assert RULE.examine(evidence(stack_bytes=depth, **LIMIT)) is None
    assert (
        RULE.examine(evidence(stack_bytes=rising(132 * KIB, 2 * KIB), **LIMIT)) is None
    )
    assert RULE.examine(evidence(anon_bytes=MIB)) is None


def test_the_growth_of_the_stack_is_not_reported_as_memory_too() -> None:
    judged = judge(
        evidence(
            stack_bytes=rising(200 * KIB, 50 * KIB),
            anon_bytes=rising(MIB, 50 * KIB),
            **LIMIT,
        ).observed
    )
    assert [finding.rule for finding in judged.findings] == ["stack-use"]


def test_a_deep_thread_of_a_snapshot() -> None:
    snapshot = snapshot_of_stack([9 * KIB, 6 * MIB, np.nan], [8 * MIB, 8 * MIB, np.nan])
    found = RULE.examine(evidence(stack_bytes=132 * KIB, snapshot=snapshot, **LIMIT))
    assert found is not None
    assert "worker-1" in found.subject
    assert found.confidence is Confidence.WATCH
    assert found.limit is not None
    assert found.limit.used == 6 * MIB
    assert well_formed(found)


def test_shallow_threads_and_unknown_limits_are_none_of_it() -> None:
    snapshot = snapshot_of_stack([9 * KIB, 6 * MIB], [8 * MIB, 0.0])
    assert RULE.examine(evidence(stack_bytes=132 * KIB, snapshot=snapshot)) is None
