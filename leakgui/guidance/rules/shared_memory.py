"""Shared memory that is made and never given back."""

from __future__ import annotations

from leakgui.formatting import printable
from leakgui.guidance import signs, wording
from leakgui.guidance.agreement import find_agreement
from leakgui.guidance.case import Advice, Case, growth_finding
from leakgui.guidance.examined import Evidence
from leakgui.guidance.limits import OF_HANDLES, OF_MEMORY
from leakgui.model.finding import DefectClass, Finding, Verdict
from leakgui.texts import say


class SharedMemory:
    """Shared memory outlives whoever forgets to unlink it."""

    key = "shared-memory"

    def examine(self, evidence: Evidence) -> Finding | None:
        """Report shared memory or memory files that grow."""
        metric = signs.shared_memory(evidence)
        trend = evidence.trend(metric) if metric else None
        if metric is None or trend is None:
            return None
        agreement = find_agreement(
            evidence.observed.differences, lambda difference: difference.mappings
        )
        backing = printable(agreement.key, most=60)
        what = wording.name(metric)
        case = Case(
            rule=self.key,
            verdict=Verdict.LEAK,
            defect_class=DefectClass.SHARED_MEMORY,
            key=metric,
            subject=f"{what}: {backing}" if backing else what,
            headline=say("Leak-like growth of {what}", what=what),
            limit_keys=OF_MEMORY if metric == "shmem_bytes" else OF_HANDLES,
            advice=_advice(),
            agreement=agreement,
        )
        return growth_finding(evidence, trend, case)


def _advice() -> Advice:
    return Advice(
        explanation=say(
            "Shared memory (shm_open, memfd, /dev/shm, shared anonymous mappings) is "
            "held by the system for all who use it. It is freed when the last mapping "
            "and the last handle are gone and the name is unlinked."
        ),
        next_steps=(
            say("Whoever makes shared memory has to remove it again."),
            say("Pair munmap with close, and shm_open with shm_unlink."),
            say("Look at memfd, /dev/shm and deleted files among the mappings."),
        ),
        would_change=(say("The amount levels off at the size of a pool of buffers."),),
    )
