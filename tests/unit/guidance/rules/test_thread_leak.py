"""Threads that never end, and pools of threads."""

from __future__ import annotations

import numpy as np
from scenes import KIB, MIB, changes, counting, difference, evidence, well_formed

from leakgui.guidance.engine import judge
from leakgui.guidance.rules.thread_leak import ThreadLeak
from leakgui.model.finding import Confidence, DefectClass, Verdict

RULE = ThreadLeak()
COST = {
    "threads": counting(1, 1),
    "mappings": lambda t: 60 + 2 * np.floor(t),
    "vms_bytes": lambda t: 200 * MIB + 8 * MIB * np.floor(t),
    "anon_bytes": lambda t: 20 * MIB + 60 * KIB * np.floor(t),
}


def test_threads_that_never_end() -> None:
    found = RULE.examine(evidence(**COST))
    assert found is not None
    assert (found.verdict, found.defect_class) == (Verdict.LEAK, DefectClass.THREAD)
    assert "about 8.00 MiB of address space" in " ".join(found.evidence)
    assert well_formed(found)


def test_what_threads_cost_is_not_reported_again() -> None:
    judged = judge(evidence(**COST).observed)
    assert [finding.rule for finding in judged.findings] == ["thread-leak"]


def test_a_pool_that_fills_is_no_leak() -> None:
    assert RULE.examine(evidence(threads=lambda t: 2 + np.minimum(t, 20) // 1)) is None


def test_nothing_is_said_without_the_count() -> None:
    assert RULE.examine(evidence(anon_bytes=20 * MIB)) is None


def test_differences_name_the_threads() -> None:
    rows = changes(("worker", "thread", 10, np.nan))
    found = RULE.examine(
        evidence(
            threads=counting(1, 1),
            differences=(difference(1, threads=rows), difference(2, threads=rows)),
        )
    )
    assert found is not None
    assert found.subject == "threads: worker"
    assert found.confidence is Confidence.HIGH
