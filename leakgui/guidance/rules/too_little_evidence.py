"""Not enough was seen to say anything fair."""

from __future__ import annotations

from leakgui.analysis.floor import MOSTLY_HOLES
from leakgui.analysis.trend import LEAST_SAMPLES, Trend
from leakgui.formatting import format_about, format_count, format_duration
from leakgui.guidance import heap_wording
from leakgui.guidance.confidence import LEAST_HEALTHY_S, LEAST_OBSERVED_S
from leakgui.guidance.examined import Evidence
from leakgui.model.finding import (
    Confidence,
    DefectClass,
    Finding,
    Severity,
    Verdict,
)
from leakgui.texts import say


class TooLittleEvidence:
    """Saying so is a verdict too."""

    key = "too-little-evidence"

    def examine(self, evidence: Evidence) -> Finding | None:
        """Answer where the main series could not be judged."""
        key = evidence.main_key()
        trend = evidence.trend(key) if key else None
        if trend is not None and trend.is_judged and _says_something(trend):
            return None
        span_s = trend.span_s if trend else 0.0
        samples = trend.samples if trend else 0
        span = format_duration(span_s)
        missing_s = span_s * trend.missing_share if trend else 0.0
        is_hole = missing_s > MOSTLY_HOLES * span_s
        longer_s = 2 * missing_s - span_s if is_hole else 0.0
        wait = format_about(max(_wait_s(span_s, samples), longer_s))
        return Finding(
            rule=self.key,
            verdict=Verdict.UNDECIDED,
            defect_class=DefectClass.UNKNOWN,
            metric=key or "",
            subject=say("not enough evidence"),
            summary=say(
                "Still learning. {span} seen; a fair answer needs about {wait} more, "
                "or 5 marked steps",
                span=span,
                wait=wait,
            ),
            confidence=Confidence.WATCH,
            severity=Severity.LOW,
            evidence=(
                say(
                    "{samples} readings in {span}; {least} are needed.",
                    samples=format_count(samples),
                    span=span,
                    least=format_count(LEAST_SAMPLES),
                ),
                *_unread(missing_s, span_s, is_hole=is_hole),
                say("Every program grows while it starts, so a short look misleads."),
                say("A fair answer needs about {wait} more.", wait=wait),
                *heap_wording.looked_inside(evidence.heap),
            ),
            against=(
                *heap_wording.lost_but_level(evidence),
                say("Too little was seen for any verdict."),
            ),
            next_steps=(
                say("Keep recording for about {wait} more.", wait=wait),
                say("Mark a baseline after the warm-up, then repeat one action."),
                say("Take snapshots before, between and after the repeats."),
            ),
            explanation=say(
                "Programs take memory when they start, fill caches and wait for their "
                "collector. Only time, or repeated steps, tell that from a leak."
            ),
            would_change=(say("More readings."),),
        )


def _unread(missing_s: float, span_s: float, *, is_hole: bool) -> tuple[str, ...]:
    if not is_hole:
        return ()
    return (
        say(
            "For {missing} of {span} nothing was read: a rise would not have shown.",
            missing=format_duration(missing_s),
            span=format_duration(span_s),
        ),
    )


def _says_something(trend: Trend) -> bool:
    """Return whether growth shows already, or nothing grew for long enough."""
    return trend.is_growing or trend.span_s >= LEAST_HEALTHY_S


def _wait_s(span_s: float, samples: int) -> float:
    """Return how long until there are enough readings, and a minute of them."""
    interval_s = span_s / (samples - 1) if samples > 1 else 0.0
    missing_s = max(LEAST_SAMPLES - samples, 0) * interval_s
    return max(LEAST_OBSERVED_S - span_s, missing_s, 1.0)
