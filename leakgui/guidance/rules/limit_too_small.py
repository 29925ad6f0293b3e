"""A level use that a limit hardly leaves room for."""

from __future__ import annotations

from leakgui.formatting import format_count, format_percent, format_value
from leakgui.guidance import confidence, limits, wording
from leakgui.guidance.examined import Evidence
from leakgui.guidance.limits import TIGHT, Usage
from leakgui.guidance.tightness import Tightness, find_tightness
from leakgui.model.finding import DefectClass, Finding, Verdict
from leakgui.texts import say


class LimitTooSmall:
    """The load is what it is; the limit was set below it."""

    key = "limit-too-small"

    def examine(self, evidence: Evidence) -> Finding | None:
        """Report a limit that is 85 % used, or was hit, by a use that is level."""
        tight = find_tightness(evidence)
        if tight is None:
            return None
        usage, trend = tight.usage, tight.trend
        return Finding(
            rule=self.key,
            verdict=Verdict.OVERFLOW,
            defect_class=DefectClass.LIMIT_TOO_SMALL,
            metric=tight.key,
            subject=say(usage.limit.label) if usage else wording.name(tight.key),
            summary=_summary(tight),
            confidence=confidence.of_fact(trend),
            severity=limits.severity_of_use(usage),
            evidence=_evidence(tight),
            against=(
                say("Nothing failed while this was recorded.")
                if not tight.hits
                else say("No fact against it was found."),
            ),
            next_steps=(
                say("No leak is seen: the load needs more than the limit allows."),
                say(
                    "Raise the limit (-Xmx, group, ulimit) to the peak plus a quarter."
                ),
                say("Or let less run at once, or make the cache smaller."),
            ),
            explanation=say(
                "A limit is what an administrator or a start option allows. Where the "
                "level use of a healthy program lies just below it, the next peak "
                "fails, though nothing leaks."
            ),
            would_change=(
                say("The low points rise from cycle to cycle: then it grows."),
            ),
            limit=usage.as_limit_use() if usage else None,
            judged_from_s=trend.judged_from_s,
            judged_to_s=trend.judged_to_s,
        )


def _summary(tight: Tightness) -> str:
    usage = tight.usage
    if usage is None:
        return say("A limit was hit while use was level: the limit is tight")
    return say(
        "Level use of {used} with a limit of {limit}. Not growing: the limit is tight",
        used=format_value(usage.peak, usage.unit),
        limit=format_value(usage.value, usage.unit),
    )


def _evidence(tight: Tightness) -> tuple[str, ...]:
    sentences = [wording.level_evidence(tight.key, tight.trend)]
    if tight.usage is not None:
        sentences.append(_use(tight.usage))
    if tight.hits:
        sentences.append(
            say(
                "The limit was hit, or the kernel killed, {count} times.",
                count=format_count(tight.hits),
            )
        )
    return (*sentences, wording.sensitivity(tight.trend))


def _use(usage: Usage) -> str:
    return say(
        "{label}: {share} of {limit} was used at the highest; "
        "from {tight} on there is no room for a peak, and then {consequence}.",
        label=wording.begin(say(usage.limit.label)),
        share=format_percent(usage.peak / usage.value),
        limit=format_value(usage.value, usage.unit),
        tight=format_percent(TIGHT),
        consequence=say(usage.limit.consequence),
    )
