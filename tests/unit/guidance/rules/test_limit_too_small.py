"""Limits just above a level use, and limits with room."""

from __future__ import annotations

import numpy as np
import pytest
from scenes import MIB, evidence, rising, well_formed

from leakgui.guidance.rules.limit_too_small import LimitTooSmall
from leakgui.model.finding import Confidence, DefectClass, Severity, Verdict

RULE = LimitTooSmall()


def working(level: float):
    """Between 80 % and 93 % of the level, every three seconds."""
    return lambda t: level * np.where(t % 3 < 1.5, 0.80, 0.93)


def test_level_use_close_below_a_limit() -> None:
    found = RULE.examine(
        evidence(data_bytes=working(160 * MIB), limit_data_bytes=160 * MIB)
    )
    assert found is not None
    assert found.verdict is Verdict.OVERFLOW
    assert found.defect_class is DefectClass.LIMIT_TOO_SMALL
    assert found.confidence is Confidence.MEDIUM
    assert found.severity is Severity.HIGH
    assert "Not growing" in found.summary
    assert found.eta_s is None
    assert well_formed(found)


def test_kills_in_the_group_are_enough() -> None:
    found = RULE.examine(
        evidence(
            anon_bytes=90 * MIB,
            cgroup_bytes=100 * MIB,
            limit_cgroup_bytes=200 * MIB,
            oom_kills=lambda t: 1.0 * (t > 40),
        )
    )
    assert found is not None
    assert "killed, 1 times" in " ".join(found.evidence)
    assert found.metric == "cgroup_bytes"
    assert well_formed(found)


def test_hits_of_a_limit_that_could_not_be_read() -> None:
    found = RULE.examine(evidence(anon_bytes=90 * MIB, limit_hits=rising(0, 1)))
    assert found is not None
    assert found.limit is None
    assert found.metric == "anon_bytes"
    assert well_formed(found)


NEAR_MISSES = {
    "room enough": {"data_bytes": working(100 * MIB), "limit_data_bytes": 160 * MIB},
    "it grows": {
        "anon_bytes": rising(100 * MIB, 0.6 * MIB),
        "data_bytes": rising(100 * MIB, 0.6 * MIB),
        "limit_data_bytes": 160 * MIB,
    },
    "the use itself grows": {
        "data_bytes": rising(100 * MIB, 0.6 * MIB),
        "limit_data_bytes": 160 * MIB,
    },
    "others fill the machine": {
        "rss_bytes": 90 * MIB,
        "system_bytes": 7.8e9,
        "limit_system_bytes": 8e9,
    },
    "file cache that hits the limit": {
        "anon_bytes": 90 * MIB,
        "cgroup_bytes": 100 * MIB,
        "limit_cgroup_bytes": 200 * MIB,
        "limit_hits": rising(0, 9),
    },
    "the stack has a rule of its own": {
        "stack_bytes": 7.9 * MIB,
        "limit_stack_bytes": 8 * MIB,
    },
    "hits without anything else known": {"limit_hits": rising(0, 9)},
    "nothing known": {},
}


@pytest.mark.parametrize("name", NEAR_MISSES)
def test_near_misses(name: str) -> None:
    assert RULE.examine(evidence(**NEAR_MISSES[name])) is None


def test_a_machine_that_this_process_fills() -> None:
    found = RULE.examine(
        evidence(rss_bytes=6e9, system_bytes=7.8e9, limit_system_bytes=8e9)
    )
    assert found is not None
    assert found.severity is Severity.CRITICAL


def test_descriptors_count_too() -> None:
    found = RULE.examine(evidence(handles=240.0, limit_handles=256.0))
    assert found is not None
    assert found.metric == "handles"
