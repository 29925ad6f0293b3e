"""Shared memory that stays, and shared buffers of fixed size."""

from __future__ import annotations

import numpy as np
from scenes import MIB, changes, counting, difference, evidence, rising, well_formed

from leakgui.guidance.engine import judge
from leakgui.guidance.rules.shared_memory import SharedMemory
from leakgui.model.finding import DefectClass, Verdict

RULE = SharedMemory()


def test_shared_memory_that_stays() -> None:
    found = RULE.examine(
        evidence(shmem_bytes=rising(0, 0.3 * MIB), rss_bytes=rising(9 * MIB, 0.3 * MIB))
    )
    assert found is not None
    assert found.verdict is Verdict.LEAK
    assert found.defect_class is DefectClass.SHARED_MEMORY
    assert well_formed(found)


def test_memory_files_that_stay_open() -> None:
    found = RULE.examine(
        evidence(handles=counting(9, 1), handles_memfd=counting(0, 1), limit_handles=99)
    )
    assert found is not None
    assert found.metric == "handles_memfd"
    assert found.limit is not None


def test_buffers_that_are_set_up_once_are_no_leak() -> None:
    found = RULE.examine(evidence(shmem_bytes=lambda t: 64 * MIB * (t > 20)))
    assert found is None


def test_private_memory_is_not_shared() -> None:
    assert (
        RULE.examine(evidence(anon_bytes=rising(9 * MIB, MIB), shmem_bytes=0)) is None
    )


def test_only_one_name_is_given_to_it() -> None:
    judged = judge(
        evidence(
            shmem_bytes=rising(0, 0.3 * MIB),
            rss_bytes=rising(9 * MIB, 0.3 * MIB),
            mappings=counting(60, 2),
            vms_bytes=rising(99 * MIB, 0.3 * MIB),
        ).observed
    )
    assert [finding.rule for finding in judged.findings] == ["shared-memory"]


def test_differences_name_the_file() -> None:
    rows = changes(("/dev/shm/frame (deleted)", "shared", 3, 3 * MIB))
    found = RULE.examine(
        evidence(
            shmem_bytes=rising(0, 0.3 * MIB),
            differences=(difference(mappings=rows), difference()),
        )
    )
    assert found is not None
    assert found.subject == "shared memory: /dev/shm/frame (deleted)"
    assert not np.isnan(found.rate_per_s or 0)


def test_common_buffers_that_are_used_for_the_first_time_are_no_leak() -> None:
    touched = evidence(shmem_bytes=rising(0, 0.3 * MIB), vms_bytes=214 * MIB)
    assert RULE.examine(touched) is None
    made = evidence(
        shmem_bytes=rising(0, 0.3 * MIB), vms_bytes=rising(214 * MIB, 0.3 * MIB)
    )
    assert RULE.examine(made) is not None
