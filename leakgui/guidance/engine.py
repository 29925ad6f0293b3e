"""Put the evidence before every rule and rank the findings."""

from __future__ import annotations

from leakgui.guidance.evidence import Observed, observe
from leakgui.guidance.examined import Evidence
from leakgui.guidance.limits import EMERGENCY
from leakgui.guidance.rules import RULES
from leakgui.model.finding import Confidence, Finding, Growth, Judgement, Verdict

__all__ = ["judge", "observe"]

_TROUBLE = (Verdict.LEAK, Verdict.OVERFLOW, Verdict.GROWING)


def judge(observed: Observed) -> Judgement:
    """Return every finding, the most important first; there is always at least one.

    Takes only what was observed: no clock, no machine. The same samples give the
    same verdict and class, live, from a session or from its CSV.
    """
    evidence = Evidence(observed)
    findings = [
        finding for rule in RULES if (finding := rule.examine(evidence)) is not None
    ]
    trouble = [finding for finding in findings if finding.verdict in _TROUBLE]
    # The sort is stable: rules stand in the order a person would ask.
    ranked = sorted(trouble or findings, key=_rank)
    return Judgement(
        target=observed.target,
        verdict=ranked[0].verdict,
        series=_series(evidence),
        findings=tuple(ranked),
    )


def _series(evidence: Evidence) -> dict[str, Growth]:
    trends = ((key, evidence.trend(key)) for key in evidence.judged_keys())
    return {key: trend.growth for key, trend in trends if trend is not None}


def _rank(finding: Finding) -> tuple[bool, bool]:
    """What is only watched comes after what is known better."""
    return not _is_emergency(finding), finding.confidence is Confidence.WATCH


def _is_emergency(finding: Finding) -> bool:
    """A limit that is nearly used up by something that still grows."""
    limit, rate = finding.limit, finding.rate_per_s
    if limit is None or rate is None or rate <= 0:
        return False
    return limit.used >= EMERGENCY * limit.value
