"""What a series that does not grow looks like instead."""

from __future__ import annotations

import numpy as np

from leakgui.analysis.growth import has_stopped
from leakgui.analysis.retained import Features, Floor, measure_steadiness
from leakgui.model.finding import DefectClass

_EARLY = 1 / 3
"""A rise that ended in the first third of the record was the warm-up."""
_CAME_AT_ONCE = 0.62
_FEW_WINDOWS = 3
"""Of eight: what rose in so few came in steps, even where the last is recent."""
_FASTER = 3.0
_ABOVE_NOISE = 8.0


def name_shape(floor: Floor, features: Features) -> DefectClass:
    """Return the first shape that fits; ``STEADY`` where none does.

    Level cycles are asked for before steps and filling: a program that starts
    and then cycles has risen once, and that is not what matters about it.
    """
    if _cycles_level(floor):
        return _cyclic(floor)
    if measure_steadiness(floor, 0).rank.tau <= -0.4:
        return DefectClass.STEADY
    if len(floor.turns) < 2 and _kept_after_peak(floor):
        return DefectClass.RETENTION
    rose = features.retained >= floor.materiality
    if rose and features.largest_step > _CAME_AT_ONCE:
        return DefectClass.STEP
    if rose and has_stopped(features):
        return _filled(floor)
    cyclic = _cyclic(floor)
    is_clear = rose and features.signal >= _ABOVE_NOISE
    if cyclic is DefectClass.STEADY and is_clear and features.windows <= _FEW_WINDOWS:
        return DefectClass.STEP
    return cyclic


def _cycles_level(floor: Floor) -> bool:
    """At least three low points that differ little beside the height of a cycle."""
    turns = floor.turns
    if len(turns) < 3 or not _stands_out(floor):
        return False
    spread = abs(float(turns.trough[-1] - turns.trough[0]))
    return spread <= max(floor.materiality, 0.25 * _height(floor))


def _height(floor: Floor) -> float:
    return float(np.median(floor.turns.peak - floor.turns.trough))


def _stands_out(floor: Floor) -> bool:
    """Whether cycles are higher than what noise alone turns up and down."""
    return _height(floor) >= _ABOVE_NOISE * floor.raw_noise


def _filled(floor: Floor) -> DefectClass:
    """Tell a rise that ended early from one that filled up later."""
    level = floor.level[: floor.end + 1]
    nearly = level[0] + 0.9 * (level[-1] - level[0])
    reached = int(np.argmax(level >= nearly)) / max(len(level) - 1, 1)
    return DefectClass.WARM_UP if reached <= _EARLY else DefectClass.PLATEAU


def _kept_after_peak(floor: Floor) -> bool:
    """Fell by a fifth of its range from the peak, yet stayed above where it began."""
    blocks = floor.blocks
    span = float(blocks.high.max() - blocks.low.min())
    # A peak may last: what counts is what came after its end.
    top = int(np.flatnonzero(blocks.high >= blocks.high.max() - 0.05 * span)[-1])
    if top >= len(blocks) - 1:
        return False
    after = float(blocks.low[top + 1 :].min())
    before = float(blocks.low[: top + 1].min())
    fell = float(blocks.high[top] - np.median(blocks.mean[top + 1 :]))
    return fell >= 0.2 * span and after > before + floor.materiality


def _cyclic(floor: Floor) -> DefectClass:
    if len(floor.turns) < 2 or not _stands_out(floor):
        return DefectClass.STEADY
    if len(floor.turns) >= 3 and floor.turns.falls_faster >= _FASTER:
        return DefectClass.SAWTOOTH
    return DefectClass.PERIODIC
