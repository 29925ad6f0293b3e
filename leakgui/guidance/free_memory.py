"""Whether memory that the program freed is what stays or grows: no leak."""

from __future__ import annotations

from dataclasses import dataclass

from leakgui.guidance.examined import Evidence
from leakgui.guidance.heap_history import Look, Step
from leakgui.model.finding import DefectClass

MIB = 2**20
_LEAST_BYTES = 128 * 1024
_MOST_OF_IT = 0.5
_HARDLY_ANY = 0.2
_LARGE = 0.25
_LEVEL = frozenset(
    (DefectClass.STEADY, DefectClass.WARM_UP, DefectClass.PLATEAU, DefectClass.STEP)
)
"""Shapes that hide a peak: freed memory stays resident. A load that comes and goes
shows by itself, and what is free in its low points will be used again."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Fragments:
    """Resident memory grows, what is in use does not, what is free does."""

    look: Look
    whole: Step
    times: int
    """In how many differences what is free was most of the growth."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Kept:
    """The allocator keeps much that the program has given back."""

    look: Look
    fallen: Step | None
    """From the look with most in use to the newest; None where none saw the peak."""


def find_fragments(evidence: Evidence) -> Fragments | None:
    """Return free memory that grows between used blocks; None where that is not so."""
    look, whole = evidence.heap.latest, evidence.heap.whole
    if look is None or whole is None:
        return None
    is_flat = whole.in_use_bytes <= _HARDLY_ANY * whole.free_bytes
    if not is_flat or not _is_growth(evidence, whole):
        return None
    times = sum(_is_growth(evidence, step) for step in evidence.heap.steps)
    return Fragments(look=look, whole=whole, times=times)


def _is_growth(evidence: Evidence, step: Step) -> bool:
    """Whether free memory is most of what the process grew by in a difference.

    Where blocks were freed, and no more came, the allocator did not grow at all: then
    what grows lies elsewhere.
    """
    private = evidence.private_growth(step.span_s)
    if private is None or private <= 0:
        return False
    new = step.free_bytes + min(step.in_use_bytes, 0)
    return new >= max(_LEAST_BYTES, _MOST_OF_IT * private)


def find_kept(evidence: Evidence) -> Kept | None:
    """Return what an allocator keeps after a peak; None where memory still grows.

    The peak is seen in the series, or in two looks: less is in use, more is free.
    """
    look, key = evidence.heap.latest, evidence.main_key()
    trend = evidence.trend(key) if key else None
    if look is None or trend is None or not trend.is_judged or trend.is_growing:
        return None
    if evidence.growing_memory() is not None:
        return None
    fallen = _fallen(evidence, look) if trend.shape in _LEVEL else None
    if fallen is None and trend.shape is not DefectClass.RETENTION:
        return None
    blocks = look.blocks
    is_large = blocks.free_bytes >= _LARGE * (blocks.in_use_bytes + blocks.free_bytes)
    if blocks.free_bytes < MIB or not is_large:
        return None
    return Kept(look=look, fallen=fallen)


def _fallen(evidence: Evidence, look: Look) -> Step | None:
    looks = [step.before for step in evidence.heap.steps]
    peak = max(looks, key=lambda one: one.blocks.in_use_bytes, default=None)
    if peak is None:
        return None
    step = Step(before=peak, after=look)
    given_back = -step.in_use_bytes
    if given_back < max(MIB, _LARGE * peak.blocks.in_use_bytes):
        return None
    return step if step.free_bytes >= _MOST_OF_IT * given_back else None
