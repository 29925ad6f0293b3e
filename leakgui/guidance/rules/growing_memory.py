"""Memory that keeps growing, for a reason that cannot be seen from outside."""

from __future__ import annotations

from leakgui.formatting import printable
from leakgui.guidance import signs, wording
from leakgui.guidance.agreement import find_agreement
from leakgui.guidance.case import Advice, Case, growth_finding
from leakgui.guidance.examined import Evidence
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
        if metric is None or trend is None:
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
            advice=_advice(),
            agreement=agreement,
            is_confirmed=agreement.kind not in _PRIVATE_MEMORY,
        )
        return growth_finding(evidence, trend, case)


def _advice() -> Advice:
    return Advice(
        explanation=say(
            "Leak-like growth: the lowest points keep rising. Either memory is never "
            "freed, or it is still held by something that keeps growing, a list or a "
            "cache. Seen from outside, these look alike, and the second is commoner."
        ),
        next_steps=(
            say("Repeat one action five times and compare: each should add nothing."),
            say("Take three snapshots: after warm-up, after the action, and again."),
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
