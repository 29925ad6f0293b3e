"""A judgement as the JSON object that the command line promises."""

from __future__ import annotations

import math
from datetime import UTC, datetime

from leakgui.model.finding import Finding, Judgement, LimitUse

SCHEMA = 1


def judgement_as_json(judgement: Judgement, file: str) -> dict[str, object]:
    """Return the object of ``leakgui judge --json``; unknown and endless are None."""
    target = judgement.target
    return {
        "schema": SCHEMA,
        "file": file,
        "target": {
            "pid": target.key.pid or None,  # a table does not say whose it is
            "started_utc": _utc(target.started_unix_s),
            "name": target.name,
        },
        "verdict": judgement.verdict.value,
        "series": {key: growth.value for key, growth in judgement.series.items()},
        "findings": [_finding(finding) for finding in judgement.findings],
    }


def _finding(finding: Finding) -> dict[str, object]:
    return {
        "rule": finding.rule,
        "verdict": finding.verdict.value,
        "class": finding.defect_class.value,
        "metric": finding.metric,
        "subject": finding.subject,
        "rate_per_s": _number(finding.rate_per_s),
        "rate_low_per_s": _number(finding.rate_low_per_s),
        "rate_high_per_s": _number(finding.rate_high_per_s),
        "limit": _limit(finding.limit),
        "eta_s": _number(finding.eta_s),
        "eta_low_s": _number(finding.eta_low_s),
        "eta_high_s": _number(finding.eta_high_s),
        "confidence": finding.confidence.value,
        "severity": finding.severity.value,
        "evidence": list(finding.evidence),
        "against": list(finding.against),
        "next_steps": list(finding.next_steps),
    }


def _limit(limit: LimitUse | None) -> dict[str, object] | None:
    if limit is None:
        return None
    return {
        "name": limit.name,
        "value": _number(limit.value),
        "used": _number(limit.used),
    }


def _number(value: float | None) -> float | None:
    """JSON knows neither NaN nor infinity."""
    return None if value is None or not math.isfinite(value) else float(value)


def _utc(unix_s: float) -> str | None:
    """Return ISO 8601 in UTC; None where the time is unknown or impossible."""
    try:
        moment = datetime.fromtimestamp(unix_s, tz=UTC)
    except (ValueError, OverflowError, OSError):
        return None
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
