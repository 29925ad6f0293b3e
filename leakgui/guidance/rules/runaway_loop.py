"""A loop at full speed that makes objects without an end."""

from __future__ import annotations

from dataclasses import replace

from leakgui.formatting import format_percent
from leakgui.guidance import heap_wording, signs, wording
from leakgui.guidance.case import Advice, Case, growth_finding, no_fact
from leakgui.guidance.examined import Evidence
from leakgui.guidance.limits import OF_MEMORY, headroom_share_a_minute
from leakgui.model.finding import Confidence, DefectClass, Finding, Verdict
from leakgui.texts import say


class RunawayLoop:
    """Growth that a busy processor makes, and that will not wait."""

    key = "runaway-loop"

    def examine(self, evidence: Evidence) -> Finding | None:
        """Report fast growth of memory by at least nine tenths of a core."""
        metric = evidence.growing_memory()
        trend = evidence.trend(metric) if metric else None
        if metric is None or trend is None:
            return None
        if trend.rate is None or not signs.is_running_away(evidence, trend):
            return None
        case = Case(
            rule=self.key,
            verdict=Verdict.OVERFLOW,
            defect_class=DefectClass.RUNAWAY_LOOP,
            key=metric,
            subject=wording.name(metric),
            headline=say("Runaway growth"),
            limit_keys=OF_MEMORY,
            advice=_advice(),
            special=(
                say(
                    "It used {cores} of a core meanwhile, and took {share} of the "
                    "free memory a minute.",
                    cores=format_percent(signs.busy_cores(evidence, trend)),
                    share=format_percent(
                        headroom_share_a_minute(evidence, trend.rate.per_s)
                    ),
                ),
                say("It grows faster and faster.")
                if trend.is_accelerating
                else say("It grows at an even pace."),
                *heap_wording.looked_inside(evidence.heap),
            ),
        )
        finding = growth_finding(evidence, trend, case)
        return finding if trend.is_accelerating else _with_doubt(finding)


def _with_doubt(finding: Finding) -> Finding:
    """An even pace is also that of a job with an end: it is no more than a watch."""
    fact = say("The pace is even, as that of a compiler or another job with an end.")
    known = tuple(text for text in finding.against if text != no_fact())
    return replace(finding, confidence=Confidence.WATCH, against=(fact, *known))


def _advice() -> Advice:
    return Advice(
        explanation=say(
            "A loop whose end never comes makes object after object and keeps them. "
            "The processor is busy, and memory runs out within minutes: an overflow, "
            "whether or not anything is lost."
        ),
        next_steps=(
            say("Take a snapshot now, while the program still runs."),
            say("Pause it in a debugger and look at the hot stack: which loop is it?"),
            say("Check the loop's exit condition, and add a cap."),
        ),
        would_change=(
            say("The growth follows what is read from files: then it loads data."),
            say("The growth stops by itself at a bound."),
        ),
    )
