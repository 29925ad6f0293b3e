"""Where pointers into the heap are looked for, and what is left out."""

from leakgui.worker.roots.finding import find_roots
from leakgui.worker.roots.table import LooseRoots, RootKind, RootRanges, Roots

__all__ = ["LooseRoots", "RootKind", "RootRanges", "Roots", "find_roots"]
