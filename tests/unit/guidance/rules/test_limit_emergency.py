"""A control group about to be full, and groups with room."""

from __future__ import annotations

import pytest
from scenes import MIB, evidence, rising, well_formed

from leakgui.guidance.engine import judge
from leakgui.guidance.rules.limit_emergency import LimitEmergency
from leakgui.model.finding import Severity, Verdict

RULE = LimitEmergency()
FULL = {"cgroup_bytes": rising(900 * MIB, 1.1 * MIB), "limit_cgroup_bytes": 1024 * MIB}


def test_others_fill_the_group() -> None:
    found = RULE.examine(evidence(anon_bytes=50 * MIB, **FULL))
    assert found is not None
    assert found.verdict is Verdict.OVERFLOW
    assert found.severity is Severity.CRITICAL
    assert found.eta_s is not None
    assert well_formed(found)


NEAR_MISSES = {
    "the process itself grows": {"anon_bytes": rising(50 * MIB, MIB), **FULL},
    "room is left": {**FULL, "limit_cgroup_bytes": 4096 * MIB},
    "full but level": {**FULL, "cgroup_bytes": 1000 * MIB},
    "no limit": {"cgroup_bytes": rising(900 * MIB, MIB)},
}


@pytest.mark.parametrize("name", NEAR_MISSES)
def test_near_misses(name: str) -> None:
    assert RULE.examine(evidence(**NEAR_MISSES[name])) is None


def test_growth_into_a_full_limit_comes_first() -> None:
    judged = judge(
        evidence(
            anon_bytes=rising(900 * MIB, 1.1 * MIB),
            handles=lambda t: 10 + t // 1,
            limit_handles=1e6,
            **FULL,
        ).observed
    )
    assert [finding.rule for finding in judged.findings] == [
        "growing-memory",
        "handle-leak",
    ]
