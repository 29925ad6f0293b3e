"""Memory that keeps growing, for a reason that cannot be seen from outside."""

from __future__ import annotations

from leakgui.formatting import printable
from leakgui.guidance import heap_wording, signs, wording
from leakgui.guidance.agreement import find_agreement
from leakgui.guidance.case import Advice, Case, growth_finding
from leakgui.guidance.examined import Evidence
from leakgui.guidance.heap_history import HeapHistory
from leakgui.guidance.held_memory import find_hold
from leakgui.guidance.limits import OF_MEMORY
from leakgui.model.finding import DefectClass, Finding, Verdict
from leakgui.texts import say

_PRIVATE_MEMORY = ("heap", "anonymous")
"""That ``[heap]`` grew between snapshots is the series once more, in other words: it
shows no cause, and raises no confidence."""


class GrowingMemory:
    """A lost block and one that is still held look alike from outside."""

    key = "growing-memory"

    def examine(self, evidence: Evidence) -> Finding | None:
        """Report memory that grows and that no other rule has explained."""
        metric = signs.unexplained_memory(evidence)
        trend = evidence.trend(metric) if metric else None
        if metric is None or trend is None or find_hold(evidence) is not None:
            return None
        agreement = find_agreement(
            evidence.observed.differences, lambda difference: difference.mappings
        )
        place = printable(agreement.key, most=60)
        what = wording.name(metric)
        case = Case(
            rule=self.key,
            verdict=Verdict.GROWING,
            defect_class=DefectClass.UNKNOWN,
            key=metric,
            subject=f"{what}: {place}" if place else what,
            headline=say("Keeps growing"),
            limit_keys=OF_MEMORY,
            advice=_advice(evidence.heap),
            special=heap_wording.looked_inside(evidence.heap),
            agreement=agreement,
            is_confirmed=agreement.kind not in _PRIVATE_MEMORY,
        )
        return growth_finding(evidence, trend, case)


def _advice(heap: HeapHistory) -> Advice:
    return Advice(
        explanation=_explanation() if heap.latest is None else _explanation_of_looks(),
        next_steps=(
            say("Repeat one action five times and compare: each should add nothing."),
            _next_look(heap),
            say(
                "C and C++: heaptrack or LeakSanitizer; check delete through a base "
                "class without virtual destructor."
            ),
            say("Java: a heap dump opened in MAT. Python: memray or tracemalloc."),
        ),
        would_change=(
            say(
                "The low points level off in a longer record: then a cache has filled."
            ),
            say("Snapshots that name a type, a container or unreachable blocks."),
        ),
    )


def _explanation() -> str:
    return say(
        "Leak-like growth: the lowest points keep rising. Either memory is never "
        "freed, or it is still held by something that keeps growing, a list or a "
        "cache. Seen from outside, these look alike, and the second is commoner."
    )


def _explanation_of_looks() -> str:
    return say(
        "Leak-like growth: the lowest points keep rising. The heap was looked into, "
        "but so far neither lost blocks nor one class, size or holder explain it in "
        "two differences."
    )


def _next_look(heap: HeapHistory) -> str:
    """Return how looks into the heap would tell lost from held, or why not."""
    if heap.refused is not None:
        return say(
            "Its blocks cannot be told apart here ({allocator}): take three snapshots "
            "and compare its mappings.",
            allocator=printable(heap.refused.allocator, most=30),
        )
    if heap.steps:
        return say("Take one more heap snapshot after more growth: two have to agree.")
    if heap.latest is not None:
        return say(
            "Take two more heap snapshots: Heap snapshot (F6), after some growth each."
        )
    return say(
        "Take three heap snapshots to tell lost from held: Heap snapshot (F6) in the "
        "window, or leakgui record --heap --snapshot-every 30."
    )
