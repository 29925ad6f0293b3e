"""Who keeps memory: what would be lost with a block, and who points to it."""

from leakgui.worker.holding.holders import DescribeRoot, HolderRow, find_holders
from leakgui.worker.holding.neighbours import Reference, referrers, targets
from leakgui.worker.holding.paths import path_to
from leakgui.worker.holding.retaining import Retained, retained_by_lost
from leakgui.worker.holding.steps import Path, Step

__all__ = [
    "DescribeRoot",
    "HolderRow",
    "Path",
    "Reference",
    "Retained",
    "Step",
    "find_holders",
    "path_to",
    "referrers",
    "retained_by_lost",
    "targets",
]
