"""The words of verdicts, classes and confidence as the window says them."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from leakgui.model.finding import Confidence, DefectClass, Finding, Severity, Verdict


def tr(text: str) -> str:
    """Translate a text of this page."""
    return QCoreApplication.translate("Words", text)


_CLASSES = {
    DefectClass.HEAP_UNREACHABLE: "lost heap blocks",
    DefectClass.HEAP_REACHABLE_GROWTH: "growing collection",
    DefectClass.NON_VIRTUAL_DESTRUCTOR: "missing virtual destructor",
    DefectClass.HANDLE: "handles",
    DefectClass.SOCKET: "sockets",
    DefectClass.THREAD: "threads",
    DefectClass.MAPPING: "mappings",
    DefectClass.SHARED_MEMORY: "shared memory",
    DefectClass.BULK_LOAD: "much loaded at once",
    DefectClass.RUNAWAY_LOOP: "runaway loop",
    DefectClass.THIRD_PARTY: "third-party component",
    DefectClass.LIMIT_TOO_SMALL: "limit too small",
    DefectClass.STACK: "stack",
    DefectClass.FRAGMENTATION: "fragmentation",
    DefectClass.WARM_UP: "warm-up",
    DefectClass.PLATEAU: "plateau",
    DefectClass.SAWTOOTH: "saw-tooth",
    DefectClass.PERIODIC: "periodic load",
    DefectClass.STEP: "one step",
    DefectClass.RETENTION: "kept after a peak",
    DefectClass.STEADY: "steady",
    DefectClass.UNKNOWN: "cause unknown",
}


def verdict_word(finding: Finding) -> str:
    """Return the one word of a finding."""
    if finding.verdict is Verdict.LEAK:
        return tr("Leak") if finding.was_lost_seen else tr("Leak-like growth")
    return {
        Verdict.OVERFLOW: tr("Overflow"),
        Verdict.GROWING: tr("Keeps growing"),
        Verdict.HEALTHY: tr("Healthy"),
        Verdict.UNDECIDED: tr("Not enough evidence"),
    }[finding.verdict]


def class_word(finding: Finding) -> str:
    """Return what kind of trouble or health it is."""
    return tr(_CLASSES[finding.defect_class])


def confidence_word(finding: Finding) -> str:
    """Return how far to trust it."""
    return {
        Confidence.WATCH: tr("confidence: watch"),
        Confidence.MEDIUM: tr("confidence: medium"),
        Confidence.HIGH: tr("confidence: high"),
    }[finding.confidence]


def severity_word(finding: Finding) -> str:
    """Return how soon it hurts."""
    return {
        Severity.CRITICAL: tr("critical"),
        Severity.HIGH: tr("high"),
        Severity.MEDIUM: tr("medium"),
        Severity.LOW: tr("low"),
    }[finding.severity]
