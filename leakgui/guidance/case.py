"""Turn one growth that a rule has named into a finding with all its texts."""

from __future__ import annotations

from dataclasses import dataclass

from leakgui.analysis.trend import Trend
from leakgui.guidance import confidence, limits, reserve, wording
from leakgui.guidance.agreement import NOTHING, Agreement
from leakgui.guidance.examined import Evidence
from leakgui.guidance.limits import Outlook
from leakgui.model.finding import DefectClass, Finding, Verdict
from leakgui.texts import say

_MOST_SENTENCES = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """What a rule tells besides figures; the learner's sentence comes first."""

    explanation: str
    next_steps: tuple[str, ...]
    would_change: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A growth with the name that a rule gave it."""

    rule: str
    verdict: Verdict
    defect_class: DefectClass
    key: str
    """The metric that grows."""
    subject: str
    headline: str
    """The first words of the summary: ``Leak-like growth of open files``."""
    limit_keys: tuple[str, ...]
    advice: Advice
    special: tuple[str, ...] = ()
    """Evidence that only this rule has."""
    agreement: Agreement = NOTHING
    is_confirmed: bool = True
    """The agreement is evidence of its own, not the same series measured again."""


def growth_finding(evidence: Evidence, trend: Trend, case: Case) -> Finding:
    """Add figures, forecast, confidence and counter-facts to a case."""
    ahead = limits.outlook(evidence, trend, case.limit_keys)
    rate = trend.rate
    return Finding(
        rule=case.rule,
        verdict=case.verdict,
        defect_class=case.defect_class,
        metric=case.key,
        subject=case.subject,
        summary=say(
            "{headline}: {pace}{until}",
            headline=case.headline,
            pace=wording.pace(trend),
            until=wording.until(ahead),
        ),
        confidence=confidence.of_growth(
            evidence, case.key, case.agreement.times if case.is_confirmed else 0
        ),
        severity=limits.severity(ahead),
        evidence=_sentences(trend, case, ahead),
        against=_against(evidence, case.key, trend),
        next_steps=case.advice.next_steps,
        explanation=case.advice.explanation,
        would_change=case.advice.would_change,
        rate_per_s=rate.per_s if rate else None,
        rate_low_per_s=rate.low_per_s if rate else None,
        rate_high_per_s=rate.high_per_s if rate else None,
        limit=ahead.usage.as_limit_use() if ahead else None,
        eta_s=ahead.forecast.eta_s if ahead else None,
        eta_low_s=ahead.forecast.low_s if ahead else None,
        eta_high_s=ahead.forecast.high_s if ahead else None,
        judged_from_s=trend.judged_from_s,
        judged_to_s=trend.judged_to_s,
    )


def _against(evidence: Evidence, key: str, trend: Trend) -> tuple[str, ...]:
    facts = (
        *reserve.against_growth(evidence, key, trend),
        *wording.against_growth(trend),
    )
    return facts or (no_fact(),)


def no_fact() -> str:
    """Return what stands where nothing speaks against a finding."""
    return say("No fact against it was found.")


def _sentences(trend: Trend, case: Case, ahead: Outlook | None) -> tuple[str, ...]:
    """Return three to five sentences, the ones that say most first."""
    kept, *others = wording.growth_evidence(case.key, trend)
    compared = [case.agreement.as_evidence()] if case.agreement is not NOTHING else []
    level = wording.level_evidence(case.key, trend)
    binding, *after = wording.limit_evidence(ahead) or [""]
    sentences = [kept, *case.special, *compared, binding, *others, *after, level]
    return tuple(text for text in sentences if text)[:_MOST_SENTENCES]
