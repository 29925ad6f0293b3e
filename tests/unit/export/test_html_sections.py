"""What the report says of a finding in figures."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from leakgui.export.html_sections import _figures, findings_section
from leakgui.model.finding import (
    Confidence,
    DefectClass,
    Finding,
    Judgement,
    LimitUse,
    Severity,
    Verdict,
)
from leakgui.model.process import ProcessKey, Target


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


def test_only_lost_blocks_are_a_leak_without_more():
    guessed = finding(None)
    nobody = Target(
        key=ProcessKey(7, 1), name="web", command="", user="", started_unix_s=0.0
    )
    seen = replace(guessed, defect_class=DefectClass.HEAP_UNREACHABLE)
    judgement = Judgement(
        target=nobody, verdict=Verdict.LEAK, series={}, findings=(seen, guessed)
    )
    text = str(findings_section(judgement))
    assert "<h3>Leak: open files</h3>" in text
    assert "<h3>Leak-like growth: open files</h3>" in text
