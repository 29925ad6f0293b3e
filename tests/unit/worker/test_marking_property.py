"""Random heaps: the kernels find what the definition says, with any threads."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from leakgui.worker.marking.marking import mark
from leakgui.worker.walked import SizeRule
from tests.unit.worker.drawn_heap import DrawnHeap, Plan, lay_out_plan, usable
from tests.unit.worker.marking_reference import Reference

RULES = [SizeRule.GLIBC_HEADER, SizeRule.GLIBC_LESS_8, SizeRule.COLUMN]


@st.composite
def heaps(draw: st.DrawFn) -> tuple[DrawnHeap, SizeRule, tuple[int, ...]]:
    """Few blocks with many pointers, starts more often than inner addresses."""
    rule = draw(st.sampled_from(RULES))
    sizes = draw(
        st.lists(st.sampled_from([24, 40, 64, 200, 5000]), min_size=1, max_size=14)
    )
    plan = Plan(sizes={f"b{number}": size for number, size in enumerate(sizes)})
    names = list(plan.sizes)

    def end() -> tuple[str, int]:
        name = draw(st.sampled_from(names))
        into = draw(st.sampled_from([0, 0, 0, 16, 23, 32, plan.sizes[name] - 1]))
        return name, into

    for name in names:
        room = usable(plan.sizes[name], rule) // 8
        # Word 0 stays 0, so that no heuristic ever holds.
        for at in draw(st.lists(st.integers(1, room - 1), max_size=4)):
            plan.words[name, at * 8] = end()
    plan.roots = [end() for _ in range(draw(st.integers(0, 3)))]
    loose = [end() for _ in range(draw(st.integers(0, 2)))]
    gaps = draw(st.sets(st.sampled_from(names)))
    heap = lay_out_plan(plan, rule, gaps, loose)
    return heap, rule, tuple(heap.address[name] + into for name, into in loose)


@pytest.mark.parametrize("hands", [1, 2, 3])
@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(drawn=heaps())
def test_as_the_definition_says(
    hands: int, drawn: tuple[DrawnHeap, SizeRule, tuple[int, ...]]
) -> None:
    heap, rule, loose = drawn
    expected = Reference(heap, rule, loose)
    reach = mark(heap.image, heap.walk, heap.roots, hands=hands)
    names = list(heap.plan.sizes)

    def having(bits: np.ndarray) -> set[str]:
        return {name for name in names if heap.has(bits, name)}

    assert having(reach.reachable) == expected.reachable
    assert having(reach.possible) == expected.possible
    assert having(reach.direct) == set(expected.direct)
    assert having(reach.indirect) == expected.indirect
    leaders = [heap.name_of_word(place) for place in reach.leader_word.tolist()]
    joined = [len(expected.direct[leader]) for leader in leaders]
    assert reach.leader_indirect.tolist() == joined
    bytes_joined = [
        sum(usable(heap.plan.sizes[other], rule) for other in expected.direct[leader])
        for leader in leaders
    ]
    assert reach.leader_indirect_bytes.tolist() == bytes_joined
    sizes = {name: usable(heap.plan.sizes[name], rule) for name in names}
    assert reach.totals.reachable_bytes == sum(sizes[n] for n in expected.reachable)
    assert reach.totals.possible_bytes == sum(sizes[n] for n in expected.possible)
    assert reach.totals.direct_bytes == sum(sizes[n] for n in expected.direct)
