"""Does the level that is never given back keep rising?"""

from __future__ import annotations

from leakgui.analysis.cells import Cells
from leakgui.analysis.trend import Trend
from leakgui.model.metric import Unit


def examine(cells: Cells, unit: Unit) -> Trend:
    """Judge one series; fewer than 24 samples are ``UNDECIDED``."""
    raise NotImplementedError
