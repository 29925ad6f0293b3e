"""Mappings that are never removed, and address space that a heap or threads need."""

from __future__ import annotations

import numpy as np
import pytest
from scenes import (
    KIB,
    MIB,
    changes,
    counting,
    difference,
    evidence,
    rising,
    well_formed,
)

from leakgui.guidance.rules.mapping_leak import MappingLeak
from leakgui.model.finding import DefectClass, Verdict

RULE = MappingLeak()


def test_mappings_without_memory_in_them() -> None:
    found = RULE.examine(
        evidence(
            mappings=counting(60, 2),
            vms_bytes=rising(200 * MIB, 2 * MIB),
            anon_bytes=20 * MIB,
        )
    )
    assert found is not None
    assert (found.verdict, found.defect_class) == (Verdict.LEAK, DefectClass.MAPPING)
    assert found.metric == "mappings"
    assert "stayed level" in " ".join(found.evidence)
    assert well_formed(found)


def test_used_mappings_of_one_size() -> None:
    found = RULE.examine(
        evidence(
            mappings=counting(60, 8),
            vms_bytes=rising(200 * MIB, 0.5 * MIB),
            anon_bytes=rising(20 * MIB, 0.5 * MIB),
            heap_bytes=MIB,
        )
    )
    assert found is not None
    assert found.metric == "mappings"


def test_address_space_alone() -> None:
    found = RULE.examine(
        evidence(vms_bytes=rising(200 * MIB, 2 * MIB), anon_bytes=20 * MIB)
    )
    assert found is not None
    assert found.metric == "vms_bytes"
    assert well_formed(found)


NEAR_MISSES = {
    "a heap that grows": {
        "anon_bytes": rising(20 * MIB, MIB),
        "vms_bytes": rising(200 * MIB, MIB),
        "mappings": 60.0,
    },
    "a heap that grows, seen by RSS only": {
        "rss_bytes": rising(20 * MIB, MIB),
        "vms_bytes": rising(200 * MIB, MIB),
    },
    "a brk heap beside some mappings": {
        "anon_bytes": rising(20 * MIB, MIB),
        "heap_bytes": rising(20 * MIB, MIB),
        "mappings": counting(60, 1),
    },
    "huge blocks": {
        "anon_bytes": rising(20 * MIB, 20 * MIB),
        "mappings": counting(60, 1),
    },
    "threads": {
        "threads": counting(2, 1),
        "mappings": counting(60, 2),
        "vms_bytes": rising(200 * MIB, 8 * MIB),
    },
    "shared memory": {
        "shmem_bytes": rising(MIB, MIB),
        "mappings": counting(60, 2),
    },
    "a warm-up": {"mappings": lambda t: 60 + np.minimum(t, 20) // 1},
    "level": {"mappings": 60.0, "vms_bytes": 200 * MIB, "data_bytes": 99 * MIB},
}


@pytest.mark.parametrize("name", NEAR_MISSES)
def test_near_misses(name: str) -> None:
    assert RULE.examine(evidence(**NEAR_MISSES[name])) is None


def test_differences_name_what_backs_them() -> None:
    rows = changes(("anonymous rw 64 KiB", "anonymous", 40, 40 * 64 * KIB))
    found = RULE.examine(
        evidence(mappings=counting(60, 2), differences=(difference(mappings=rows),))
    )
    assert found is not None
    assert found.subject == "mappings: anonymous rw 64 KiB"
    assert "2.50 MiB" in " ".join(found.evidence)
