"""Much loaded at once, and what only looks like it."""

from __future__ import annotations

import numpy as np
import pytest
from scenes import MIB, evidence, filling, loaded, rising, well_formed

from leakgui.guidance.engine import judge
from leakgui.guidance.rules.bulk_load import BulkLoad
from leakgui.model.finding import DefectClass, Verdict

RULE = BulkLoad()
BIG = {"system_bytes": 2e9, "limit_system_bytes": 8e9}


def test_a_load_that_still_runs() -> None:
    scene = evidence(
        anon_bytes=loaded(10 * MIB, 500 * MIB, 1, 120),
        read_bytes=loaded(MIB, 500 * MIB, 1, 120),
        **BIG,
    )
    found = RULE.examine(scene)
    assert found is not None
    assert found.verdict is Verdict.OVERFLOW
    assert found.defect_class is DefectClass.BULK_LOAD
    assert "correlation 1.00" in " ".join(found.evidence)
    assert well_formed(found)
    assert len(judge(scene.observed).findings) == 1


def test_a_load_that_has_ended() -> None:
    found = RULE.examine(
        evidence(
            anon_bytes=loaded(10 * MIB, 500 * MIB, 5, 40),
            read_bytes=loaded(MIB, 500 * MIB, 5, 40),
            **BIG,
        )
    )
    assert found is not None
    assert found.summary == (
        "Loaded much at once, not a leak: +500 MiB in 28 s, flat for 53 s"
    )
    assert well_formed(found)


def test_a_step_that_multiplies_the_level() -> None:
    found = RULE.examine(evidence(anon_bytes=loaded(50 * MIB, 900 * MIB, 30, 31)))
    assert found is not None
    assert "not a leak" in found.summary
    assert found.limit is None
    assert well_formed(found)


def test_a_step_that_takes_much_of_a_limit() -> None:
    found = RULE.examine(
        evidence(
            anon_bytes=loaded(400 * MIB, 600 * MIB, 30, 31),
            cgroup_bytes=loaded(400 * MIB, 600 * MIB, 30, 31),
            limit_cgroup_bytes=2048 * MIB,
        )
    )
    assert found is not None
    assert found.limit is not None


def test_a_step_without_reading_that_takes_most_of_a_limit() -> None:
    scene = evidence(
        anon_bytes=loaded(62 * MIB, 1300 * MIB, 30, 31),
        read_bytes=loaded(MIB, 19 * MIB, 0, 90),
        cgroup_bytes=loaded(62 * MIB, 1300 * MIB, 30, 31),
        limit_cgroup_bytes=2048 * MIB,
    )
    assert RULE.examine(scene) is not None


NEAR_MISSES = {
    "a small step": {"anon_bytes": loaded(50 * MIB, 40 * MIB, 30, 31), **BIG},
    "a cache that fills": {"anon_bytes": filling(20 * MIB, 40 * MIB, 6), **BIG},
    "a leak beside steady reading": {
        "anon_bytes": rising(50 * MIB, 0.5 * MIB),
        "read_bytes": rising(0, 20 * MIB),
    },
    "a leak that reads nothing": {
        "anon_bytes": rising(20 * MIB, 5 * MIB),
        "read_bytes": 4096.0,
    },
    "level memory while much is read": {
        "anon_bytes": 50 * MIB,
        "read_bytes": rising(0, 20 * MIB),
    },
    "a limit that is nearly full": {
        "anon_bytes": loaded(50 * MIB, 900 * MIB, 30, 31),
        "cgroup_bytes": loaded(50 * MIB, 900 * MIB, 30, 31),
        "limit_cgroup_bytes": 1000 * MIB,
    },
    "a runtime that sets up its heap": {
        "anon_bytes": loaded(62 * MIB, 1300 * MIB, 30, 31),
        "read_bytes": loaded(MIB, 19 * MIB, 0, 90),
        **BIG,
    },
    "no memory known": {"handles": 5.0},
}


@pytest.mark.parametrize("name", NEAR_MISSES)
def test_near_misses(name: str) -> None:
    assert RULE.examine(evidence(**NEAR_MISSES[name])) is None


def test_reading_that_comes_after_the_growth_does_not_explain_it() -> None:
    scene = evidence(
        anon_bytes=lambda t: 10 * MIB + 5 * MIB * np.minimum(t, 45),
        read_bytes=lambda t: 5 * MIB * np.maximum(t - 45, 0),
    )
    assert RULE.examine(scene) is None
