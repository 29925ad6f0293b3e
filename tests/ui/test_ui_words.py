"""What is certain is called so, and what is not is not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from leakgui.model.finding import (
    Confidence,
    DefectClass,
    Finding,
    Severity,
    Verdict,
)
from leakgui.ui.words import class_word, verdict_word

FOUND = Finding(
    rule="test-rule", verdict=Verdict.LEAK, defect_class=DefectClass.HANDLE,
    metric="handles", subject="files", summary="Handles rise.",
    confidence=Confidence.MEDIUM, severity=Severity.LOW,
    evidence=("More.",), against=("None.",), next_steps=(),
)  # fmt: skip


@pytest.mark.parametrize(
    ("defect", "word"),
    [
        (DefectClass.HANDLE, "Leak-like growth"),
        (DefectClass.MAPPING, "Leak-like growth"),
        (DefectClass.HEAP_UNREACHABLE, "Leak"),
        (DefectClass.NON_VIRTUAL_DESTRUCTOR, "Leak"),
    ],
)
def test_only_what_nothing_reaches_is_a_leak_without_more(defect, word):
    assert verdict_word(replace(FOUND, defect_class=defect)) == word


def test_the_cause_does_not_change_other_verdicts():
    grows = replace(
        FOUND, verdict=Verdict.GROWING, defect_class=DefectClass.HEAP_UNREACHABLE
    )
    assert verdict_word(grows) == "Keeps growing"


def test_every_verdict_and_class_has_a_word():
    assert all(verdict_word(replace(FOUND, verdict=one)) for one in Verdict)
    assert all(class_word(replace(FOUND, defect_class=one)) for one in DefectClass)
