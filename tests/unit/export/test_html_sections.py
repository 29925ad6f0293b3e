"""What the report says of a finding in figures."""

from __future__ import annotations

import math

import pytest

from leakgui.export.html_sections import _figures
from leakgui.model.finding import (
    Confidence,
    DefectClass,
    Finding,
    LimitUse,
    Severity,
    Verdict,
)


def finding(eta_s: float | None) -> Finding:
    return Finding(
        rule="handle-leak",
        verdict=Verdict.LEAK,
        defect_class=DefectClass.HANDLE,
        metric="handles",
        subject="open files",
        summary="Leak-like growth",
        confidence=Confidence.HIGH,
        severity=Severity.LOW,
        evidence=("more and more",),
        against=("none",),
        next_steps=("close",),
        limit=LimitUse(name="open handles", value=1024, used=80),
        eta_s=eta_s,
        eta_low_s=eta_s,
        eta_high_s=eta_s,
    )


@pytest.mark.parametrize(
    ("eta_s", "text"),
    [
        (math.inf, "The limit is not in sight at this rate"),
        (600.0, "Reached in about 10 min (between 10 min and 10 min)"),
    ],
)
def test_the_time_to_the_limit(eta_s, text):
    assert _figures(finding(eta_s))[-1] == text


def test_no_forecast_says_nothing_of_one():
    assert _figures(finding(None)) == ["Limit: open handles, 80 of 1,024 used"]
