"""Evidence, verdicts and advice."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from leakgui.model.process import Target


class Verdict(StrEnum):
    """The one word."""

    LEAK = "leak"
    OVERFLOW = "overflow"
    GROWING = "growing"
    HEALTHY = "healthy"
    UNDECIDED = "undecided"


class Growth(StrEnum):
    """What one series does."""

    GROWING = "growing"
    HEALTHY = "healthy"
    UNDECIDED = "undecided"


class Confidence(StrEnum):
    """How far to trust a finding; there are no percentages on purpose."""

    WATCH = "watch"
    MEDIUM = "medium"
    HIGH = "high"


class Severity(StrEnum):
    """How soon it hurts."""

    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


class DefectClass(StrEnum):
    """What kind of trouble, or of health, it is."""

    HEAP_UNREACHABLE = "heap-unreachable"
    HEAP_REACHABLE_GROWTH = "heap-reachable-growth"
    NON_VIRTUAL_DESTRUCTOR = "non-virtual-destructor"
    HANDLE = "handle"
    SOCKET = "socket"
    THREAD = "thread"
    MAPPING = "mapping"
    SHARED_MEMORY = "shared-memory"
    BULK_LOAD = "bulk-load"
    RUNAWAY_LOOP = "runaway-loop"
    THIRD_PARTY = "third-party"
    LIMIT_TOO_SMALL = "limit-too-small"
    STACK = "stack"
    FRAGMENTATION = "fragmentation"
    WARM_UP = "warm-up"
    PLATEAU = "plateau"
    SAWTOOTH = "sawtooth"
    PERIODIC = "periodic"
    STEP = "step"
    RETENTION = "retention"
    STEADY = "steady"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitUse:
    """How much of a limit is used."""

    name: str
    value: float
    used: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A rule's answer with its grounds; one without evidence is refused."""

    rule: str
    verdict: Verdict
    defect_class: DefectClass
    metric: str
    subject: str
    """What it is about, in a few words: ``open files: /tmp/x.log``."""
    summary: str
    """One sentence for the verdict strip."""
    confidence: Confidence
    severity: Severity
    evidence: tuple[str, ...]
    against: tuple[str, ...]
    next_steps: tuple[str, ...]
    explanation: str = ""
    """For a learner: what this means, in a paragraph."""
    would_change: tuple[str, ...] = ()
    """What would change this verdict."""
    rate_per_s: float | None = None
    rate_low_per_s: float | None = None
    rate_high_per_s: float | None = None
    limit: LimitUse | None = None
    eta_s: float | None = None
    eta_low_s: float | None = None
    eta_high_s: float | None = None
    judged_from_s: float = 0.0
    """The part of the record it was judged from, for the small plot."""
    judged_to_s: float = 0.0

    def __post_init__(self) -> None:
        """Refuse a verdict without facts and one with nothing against it."""
        if not self.evidence or not self.against:
            message = (
                f"rule {self.rule} gave a verdict without evidence or counter-fact"
            )
            raise ValueError(message)

    @property
    def was_lost_seen(self) -> bool:
        """Whether blocks were found that nothing reaches: that is a leak.

        Growth alone is only like one, as memory that is held grows too.
        """
        return self.defect_class in (
            DefectClass.HEAP_UNREACHABLE,
            DefectClass.NON_VIRTUAL_DESTRUCTOR,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """All findings about one recording, the most important first, never empty."""

    target: Target
    verdict: Verdict
    series: Mapping[str, Growth]
    findings: tuple[Finding, ...]
