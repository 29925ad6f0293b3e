"""What a rule is."""

from __future__ import annotations

from typing import Protocol

from leakgui.guidance.examined import Evidence
from leakgui.model.finding import Finding


class Rule(Protocol):
    """One question put to the evidence."""

    key: str

    def examine(self, evidence: Evidence) -> Finding | None:
        """Return a finding, or None where the question does not arise."""
