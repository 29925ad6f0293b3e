"""Memory that stays resident after a peak because the allocator keeps it."""

from __future__ import annotations

from leakgui.formatting import format_bytes, format_percent
from leakgui.guidance import confidence, heap_wording, wording
from leakgui.guidance.examined import Evidence
from leakgui.guidance.free_memory import Kept, find_kept
from leakgui.guidance.health import HEALTH
from leakgui.model.finding import DefectClass, Finding, Severity, Verdict
from leakgui.texts import say


class Retention:
    """Healthy: the program gave it back, the allocator has it at hand."""

    key = "retention"

    def examine(self, evidence: Evidence) -> Finding | None:
        """Report a level that is kept up by memory that is free in the allocator."""
        kept = find_kept(evidence)
        key = evidence.main_key()
        trend = evidence.trend(key) if key else None
        if kept is None or key is None or trend is None:
            return None
        if trend.span_s < confidence.LEAST_HEALTHY_S:
            return None
        health = HEALTH[DefectClass.RETENTION]
        blocks = kept.look.blocks
        return Finding(
            rule=self.key,
            verdict=Verdict.HEALTHY,
            defect_class=DefectClass.RETENTION,
            metric=key,
            subject=wording.name(key),
            summary=say(
                "Freed, but kept by the allocator: {used} are in use, {free} are free "
                "for later",
                used=format_bytes(blocks.in_use_bytes),
                free=format_bytes(blocks.free_bytes),
            ),
            confidence=confidence.of_shape(trend),
            severity=Severity.LOW,
            evidence=(
                wording.level_evidence(key, trend),
                heap_wording.inside(kept.look),
                _fall(kept),
                wording.sensitivity(trend),
            ),
            against=heap_wording.lost_but_level(evidence)
            or (say("No fact against it was found."),),
            next_steps=tuple(say(step) for step in health.next_steps),
            explanation=say(health.explanation),
            would_change=(say("Bytes in use that rise in later heap snapshots."),),
            judged_from_s=trend.judged_from_s,
            judged_to_s=trend.judged_to_s,
        )


def _fall(kept: Kept) -> str:
    if kept.fallen is not None:
        return heap_wording.change_inside(kept.fallen)
    blocks = kept.look.blocks
    return say(
        "{share} of the heap is free, so the level is above what the program needs.",
        share=format_percent(
            blocks.free_bytes / max(blocks.free_bytes + blocks.in_use_bytes, 1)
        ),
    )
