"""Healthy shapes by name, and growth that is none."""

from __future__ import annotations

import numpy as np
import pytest
from scenes import (
    MIB,
    evidence,
    filling,
    flat,
    loaded,
    peaked,
    rising,
    sawtooth,
    wave,
    well_formed,
)

from leakgui.guidance.engine import judge
from leakgui.guidance.rules.healthy_shape import HealthyShape
from leakgui.model.finding import Confidence, DefectClass, Verdict

RULE = HealthyShape()
SHAPES = {
    DefectClass.STEADY: flat(50 * MIB, 0.3 * MIB),
    DefectClass.WARM_UP: filling(20 * MIB, 16 * MIB, 5),
    DefectClass.PLATEAU: loaded(20 * MIB, 16 * MIB, 0, 50),
    DefectClass.SAWTOOTH: sawtooth(20 * MIB, 20 * MIB, 4),
    DefectClass.PERIODIC: wave(20 * MIB, 20 * MIB, 10),
    DefectClass.STEP: loaded(50 * MIB, 20 * MIB, 30, 30.5),
    DefectClass.RETENTION: peaked(20 * MIB, 68 * MIB, 44 * MIB),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_shapes(shape: DefectClass) -> None:
    found = RULE.examine(evidence(anon_bytes=SHAPES[shape]))
    assert found is not None
    assert found.verdict is Verdict.HEALTHY
    assert found.defect_class is shape
    assert found.confidence is Confidence.MEDIUM
    assert "would not show" in " ".join(found.evidence)
    assert found.against == ("No fact against it was found.",)
    assert well_formed(found)


def test_a_program_that_starts_and_then_collects() -> None:
    found = RULE.examine(
        evidence(
            60,
            anon_bytes=lambda t: np.where(t < 1, 5 * MIB, 20 * MIB + 5 * MIB * (t % 4)),
        )
    )
    assert found is not None
    assert found.defect_class is DefectClass.SAWTOOTH


def test_a_short_look_is_only_watched() -> None:
    found = RULE.examine(evidence(30, anon_bytes=50 * MIB))
    assert found is not None
    assert found.confidence is Confidence.WATCH
    assert "Only 30 s" in found.against[0]


def test_few_cycles_are_only_watched() -> None:
    found = RULE.examine(evidence(anon_bytes=wave(20 * MIB, 20 * MIB, 35)))
    assert found is not None
    assert found.confidence is Confidence.WATCH


def test_growth_is_not_health() -> None:
    judged = judge(evidence(anon_bytes=rising(50 * MIB, MIB)).observed)
    assert all(finding.verdict is not Verdict.HEALTHY for finding in judged.findings)


def test_other_growth_is_told_against_it() -> None:
    found = RULE.examine(
        evidence(anon_bytes=50 * MIB, file_bytes=rising(50 * MIB, MIB))
    )
    assert found is not None
    assert found.against == ("Something else grew: File-backed.",)


def test_the_same_memory_counted_otherwise_is_not_told_against_it() -> None:
    found = RULE.examine(evidence(anon_bytes=50 * MIB, pss_bytes=rising(50 * MIB, MIB)))
    assert found is not None
    assert found.summary.startswith("Private memory is steady at 50.0 MiB")
    assert found.against == ("No fact against it was found.",)


def test_without_memory_the_handles_tell() -> None:
    for metrics in ({"threads": 4.0, "handles": 9.0}, {"handles_pipe": 9.0}):
        found = RULE.examine(evidence(**metrics))
        assert found is not None
        assert found.metric in {"handles", "handles_pipe"}
        assert found.defect_class is DefectClass.STEADY


def test_growth_that_another_series_explains_is_steady_here() -> None:
    found = RULE.examine(evidence(rss_bytes=rising(50 * MIB, MIB)))
    assert found is not None
    assert found.defect_class is DefectClass.STEADY


def test_what_was_not_judged_has_no_shape() -> None:
    assert RULE.examine(evidence(1, anon_bytes=50 * MIB)) is None
    assert RULE.examine(evidence()) is None
