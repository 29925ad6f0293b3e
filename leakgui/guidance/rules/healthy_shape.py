"""Nothing grows: say what the memory does instead."""

from __future__ import annotations

import numpy as np

from leakgui.analysis.trend import Trend
from leakgui.formatting import format_change, format_duration, format_value
from leakgui.guidance import confidence, heap_wording, wording
from leakgui.guidance.examined import MEMORY, Evidence
from leakgui.guidance.free_memory import find_fragments, find_kept
from leakgui.guidance.health import HEALTH
from leakgui.model.finding import DefectClass, Finding, Severity, Verdict
from leakgui.texts import say

SAME_MEMORY = frozenset((*MEMORY, "pss_bytes"))
"""Other ways to count what the main series counts: no fact against it."""


class HealthyShape:
    """Warm-up, plateau, sawtooth, periodic load, step, retention, or just steady."""

    key = "healthy-shape"

    def examine(self, evidence: Evidence) -> Finding | None:
        """Report the shape of the main series where it was judged and is healthy.

        Where a look into the heap tells why it stays so high, other rules speak.
        """
        if find_fragments(evidence) or find_kept(evidence):
            return None
        key = evidence.main_key()
        trend = evidence.trend(key) if key else None
        if key is None or trend is None or not trend.is_judged:
            return None
        if trend.span_s < confidence.LEAST_HEALTHY_S:
            return None
        # Growth that another series explains is no growth of this one's own.
        shape = trend.shape if not trend.is_growing else DefectClass.STEADY
        health = HEALTH[shape]
        values = _values(evidence, key, trend)
        return Finding(
            rule=self.key,
            verdict=Verdict.HEALTHY,
            defect_class=shape,
            metric=key,
            subject=wording.name(key),
            summary=wording.begin(say(health.summary, **values)),
            confidence=confidence.of_shape(trend),
            severity=Severity.LOW,
            evidence=_evidence(evidence, key, trend),
            against=_against(evidence, trend),
            next_steps=tuple(say(step) for step in health.next_steps),
            explanation=say(health.explanation),
            would_change=(
                say("Low points that keep rising in a longer record, to its very end."),
            ),
            judged_from_s=trend.judged_from_s,
            judged_to_s=trend.judged_to_s,
        )


def _values(evidence: Evidence, key: str, trend: Trend) -> dict[str, str]:
    unit = trend.unit.value
    return {
        "first": format_value(trend.first, unit),
        "last": format_value(trend.last, unit),
        "peak": format_value(trend.peak, unit),
        "trough": format_value(trend.cycles.last_trough, unit),
        "count": str(trend.cycles.count),
        "rise": format_value(max(trend.last - trend.first, 0.0), unit),
        "name": wording.name(key),
        "span": format_duration(trend.span_s),
        "quarters": _quarters(evidence, key, trend),
    }


def _quarters(evidence: Evidence, key: str, trend: Trend) -> str:
    """Return what each quarter of the record added: ``+40.0 MiB, +12.0 MiB, ...``."""
    times = np.linspace(trend.judged_from_s, trend.judged_to_s, 5)
    levels = evidence.levels(key, times)
    added = np.diff(levels) if levels is not None else ()
    return ", ".join(format_change(float(part), trend.unit.value) for part in added)


def _evidence(evidence: Evidence, key: str, trend: Trend) -> tuple[str, ...]:
    sentences = [wording.level_evidence(key, trend)]
    if trend.cycles.count >= 2:
        sentences.append(
            say(
                "{count} cycles of about {period}; low points from {first} to {last}.",
                count=trend.cycles.count,
                period=format_duration(trend.cycles.period_s),
                first=format_value(trend.cycles.first_trough, trend.unit.value),
                last=format_value(trend.cycles.last_trough, trend.unit.value),
            )
        )
    sentences.append(
        say(
            "Kept and not given back: {kept}; the rise did not go on to the end.",
            kept=format_value(max(trend.retained, 0.0), trend.unit.value),
        )
    )
    if evidence.heap.latest is not None:
        sentences.append(heap_wording.inside(evidence.heap.latest))
    return (*sentences, wording.sensitivity(trend))


def _against(evidence: Evidence, trend: Trend) -> tuple[str, ...]:
    growing = [
        wording.name(key)
        for key in evidence.judged_keys()
        if key not in SAME_MEMORY and evidence.grows(key)
    ]
    facts = list(heap_wording.lost_but_level(evidence))
    if growing:
        facts.append(
            say("Something else grew: {names}.", names=", ".join(sorted(set(growing))))
        )
    if not confidence.is_long(trend):
        facts.append(
            say(
                "Only {span} were seen.",
                span=format_duration(trend.span_s),
            )
        )
    return tuple(facts) or (say("No fact against it was found."),)
