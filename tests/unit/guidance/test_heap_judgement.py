"""Looks into the heap beside the other rules: nothing contradicts, nothing breaks."""

from __future__ import annotations

import numpy as np
import pytest
from heap_scenes import heap, looks, one_size, snapshot_of_heap, suspect
from hypothesis import given, settings
from hypothesis import strategies as st
from scenes import (
    MIB,
    counting,
    evidence,
    filling,
    flat,
    loaded,
    observed,
    peaked,
    rising,
    sawtooth,
    speeding_up,
    wave,
    well_formed,
)

from leakgui.guidance.engine import judge
from leakgui.guidance.heap_history import MOST_STEPS, heap_history
from leakgui.model.finding import Confidence, DefectClass, Verdict

SYSTEM = {"system_bytes": flat(3e9, 2e6), "limit_system_bytes": 8e9}
LOST = looks(*(heap(lost={1032: 8000 * n}) for n in range(4)))
LOST_LITTLE = looks(*(heap(lost={48: 60 * n}) for n in range(4)))
HELD = looks(*(heap(held={1032: 8000 * n}) for n in range(1, 5)))
LEVEL = looks(*(heap(lost={48: 30}) for _ in range(4)))


def first_of(heaps, span_s=90.0, **metrics):
    judged = judge(evidence(span_s, heaps=heaps, **metrics).observed)
    assert all(well_formed(found) for found in judged.findings)
    return judged.findings[0]


HEALTHY = {
    "steady": flat(50 * MIB, 0.3 * MIB),
    "warm-up": filling(20 * MIB, 16 * MIB, 5),
    "plateau": loaded(20 * MIB, 16 * MIB, 0, 50),
    "sawtooth": sawtooth(20 * MIB, 20 * MIB, 4),
    "periodic": wave(20 * MIB, 20 * MIB, 10),
    "step": loaded(50 * MIB, 20 * MIB, 30, 30.5),
    "retention": peaked(20 * MIB, 68 * MIB, 44 * MIB),
}


@pytest.mark.parametrize("shape", HEALTHY)
@pytest.mark.parametrize("heaps", [LEVEL, HELD], ids=["level", "held"])
def test_a_healthy_service_stays_healthy(shape: str, heaps) -> None:
    found = first_of(heaps, anon_bytes=HEALTHY[shape])
    assert found.verdict is Verdict.HEALTHY
    assert found.defect_class.value == shape


def test_what_was_lost_once_is_told_beside_health() -> None:
    found = first_of(LEVEL, anon_bytes=50 * MIB)
    assert found.against == (
        "1.41 KiB in 30 blocks are lost already, but they do not grow.",
    )
    assert "Inside the allocator" in " ".join(found.evidence)


def test_what_a_look_showed_is_told_where_nothing_can_be_said() -> None:
    snapshot = snapshot_of_heap(heap(lost={48: 20}), elapsed_s=1)
    found = judge(evidence(2, anon_bytes=50 * MIB, snapshot=snapshot).observed)
    (first,) = found.findings
    assert first.verdict is Verdict.UNDECIDED
    assert "Inside the allocator" in first.evidence[-1]
    assert "20 blocks are lost already" in first.against[0]


def test_at_one_look_nobody_knows_whether_it_grows() -> None:
    snapshot = snapshot_of_heap(heap(lost={48: 1}))
    judged = judge(evidence(anon_bytes=50 * MIB, snapshot=snapshot).observed)
    found = judged.findings[0]
    assert found.verdict is Verdict.HEALTHY
    assert "48 B in 1 block are lost already; whether that grows" in found.against[0]


def test_blocks_lost_beside_health_that_do_grow_are_told() -> None:
    losing = looks(*(heap(lost={48: 30 * n}) for n in range(3)))
    found = first_of(losing, anon_bytes=50 * MIB)
    told = (*found.against, *found.evidence)
    assert "60 blocks" in " ".join(told)
    assert "do not grow" not in " ".join(told)


LOAD = {
    "anon_bytes": loaded(10 * MIB, 600 * MIB, 0, 85),
    "read_bytes": loaded(0, 600 * MIB, 0, 85),
}
LOOP = {"anon_bytes": speeding_up(25 * MIB, 16 * MIB, 25), "cpu_ms": rising(0, 990)}
MAPPED = {
    "anon_bytes": rising(5 * MIB, 0.4 * MIB),
    "mappings": counting(30, 8),
    "vms_bytes": rising(9 * MIB, 0.4 * MIB),
}


@pytest.mark.parametrize(("metrics"), [LOAD, LOOP], ids=["a load", "a runaway loop"])
def test_a_little_that_is_lost_does_not_explain_much_that_comes(metrics) -> None:
    named = first_of((), **metrics, **SYSTEM).defect_class
    found = first_of(LOST_LITTLE, **metrics, **SYSTEM)
    assert found.defect_class is named
    assert found.verdict is Verdict.OVERFLOW


@pytest.mark.parametrize(
    ("metrics", "a_look"),
    [(LOAD, 140_000), (LOOP, 900_000), (MAPPED, 8000)],
    ids=["a load", "a runaway loop", "mapped one by one"],
)
def test_what_is_lost_is_no_load_no_loop_and_no_mapping(metrics, a_look: int) -> None:
    first = first_of((), **metrics, **SYSTEM)
    assert first.defect_class in {
        DefectClass.BULK_LOAD,
        DefectClass.RUNAWAY_LOOP,
        DefectClass.MAPPING,
    }
    lost = looks(*(heap(lost={1032: a_look * n}) for n in range(4)))
    judged = judge(evidence(heaps=lost, **metrics, **SYSTEM).observed)
    assert [found.rule for found in judged.findings] == ["unreachable-blocks"]


def test_what_is_held_leaves_a_load_and_a_loop_their_names() -> None:
    reading = {
        "anon_bytes": loaded(10 * MIB, 600 * MIB, 0, 85),
        "read_bytes": loaded(0, 600 * MIB, 0, 85),
    }
    running = {
        "anon_bytes": speeding_up(25 * MIB, 16 * MIB, 25),
        "cpu_ms": rising(0, 990),
    }
    for metrics, name in (
        (reading, DefectClass.BULK_LOAD),
        (running, DefectClass.RUNAWAY_LOOP),
    ):
        judged = judge(evidence(heaps=HELD, **metrics, **SYSTEM).observed)
        assert [found.defect_class for found in judged.findings] == [name]
        assert "of it lost" in " ".join(judged.findings[0].evidence)
        assert well_formed(judged.findings[0])


def test_a_handle_leak_comes_before_lost_memory() -> None:
    judged = judge(
        evidence(
            heaps=LOST, handles=counting(9, 1), anon_bytes=rising(50 * MIB, 0.42 * MIB)
        ).observed
    )
    assert [found.defect_class for found in judged.findings] == [
        DefectClass.HANDLE,
        DefectClass.HEAP_UNREACHABLE,
    ]


def steps_of(**more) -> str:
    scene = evidence(anon_bytes=rising(50 * MIB, 0.4 * MIB), **more)
    (found,) = judge(scene.observed).findings
    assert found.rule == "growing-memory"
    return " ".join(found.next_steps)


def test_the_next_look_is_asked_for_by_its_key() -> None:
    none = steps_of()
    assert "Heap snapshot (F6)" in none
    assert "leakgui record --heap --snapshot-every 30" in none
    one = steps_of(snapshot=snapshot_of_heap(heap()))
    assert "two more heap snapshots" in one
    two = steps_of(heaps=looks(heap(held={80: 1000}), heap(held={80: 50_000})))
    assert "one more heap snapshot" in two
    refused = heap(allocator="jemalloc", blocks=None, leaked=None, groups=None)
    strange = steps_of(snapshot=snapshot_of_heap(refused))
    assert "jemalloc" in strange
    assert "F6" not in strange


def test_three_looks_alone_are_enough_for_a_verdict() -> None:
    judged = judge(observed(0.0, heaps=LOST))
    assert judged.verdict is Verdict.LEAK
    assert judged.findings[0].confidence is Confidence.MEDIUM


def test_many_looks_become_few_steps() -> None:
    many = looks(*(heap(lost={1032: n}) for n in range(70)))
    history = heap_history(observed(heaps=many))
    assert len(history.steps) <= MOST_STEPS
    assert sum(step.lost for step in history.steps) == 69
    assert history.whole is not None
    assert history.whole.lost == 69


keys = st.one_of(st.integers(1, 2**30), st.sampled_from(["text", "Node", "a{b}\x1b"]))
blocks = st.dictionaries(keys, st.integers(0, 10**6), max_size=4)


@st.composite
def wild_heaps(draw):
    lost = draw(blocks)
    each = next((key for key in lost if isinstance(key, int)), 48)
    row = suspect(
        name=draw(st.sampled_from(["Node", "\n", "{x}"])),
        each=draw(st.sampled_from([each, 0])),
        lost=draw(st.integers(0, 10**6)),
        owned=draw(st.integers(0, 9)),
        owned_by_all=draw(st.integers(0, 9)),
    )
    return heap(
        held=draw(blocks),
        lost=lost,
        hanging=draw(blocks),
        possible=draw(blocks),
        free=draw(st.integers(0, 2**45)),
        walked_share=draw(st.floats(0, 1)),
        suspects=draw(st.sampled_from([row, None])),
        **draw(st.sampled_from([{}, {"groups": None}, {"leaked": None}])),
    )


@given(
    st.lists(wild_heaps(), max_size=5),
    st.sampled_from([{}, {"anon_bytes": rising(MIB, MIB)}, {"anon_bytes": 9.0 * MIB}]),
    st.booleans(),
)
@settings(max_examples=150)
def test_any_heap_is_judged(heaps, metrics, has_snapshot) -> None:
    counted = [one for one in heaps if one.leaked is not None]
    snapshot = snapshot_of_heap(heaps[-1]) if heaps and has_snapshot else None
    scene = observed(60, heaps=looks(*counted), snapshot=snapshot, **metrics)
    judged = judge(scene)
    assert judged.verdict is judged.findings[0].verdict
    for found in judged.findings:
        assert 2 <= len(found.evidence) <= 5
        texts = (found.summary, found.subject, *found.evidence, *found.against)
        assert not any("\x1b" in text or "\n" in text for text in texts)


def test_the_scenes_count_alike() -> None:
    look = heap(held={80: 3, "text": 2}, lost={48: 4}, hanging={"Node": 1})
    assert look.blocks is not None
    assert look.blocks.in_use_bytes == 240 + 80 + 192 + one_size("Node")
    assert int(np.sum(look.groups.bytes)) == look.blocks.in_use_bytes
