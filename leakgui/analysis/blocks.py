"""A record as a few dozen blocks of equal length, each with its extremes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from leakgui.model.recording import Floats


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Blocks:
    """Least, mean and greatest value of each block that has samples."""

    middle_s: Floats
    """Elapsed seconds at the middle of the block."""
    low: Floats
    mean: Floats
    high: Floats

    def __len__(self) -> int:
        return len(self.low)

    @classmethod
    def none(cls) -> Blocks:
        """No blocks: nothing was measured."""
        nothing = np.empty(0)
        return cls(middle_s=nothing, low=nothing, mean=nothing, high=nothing)
