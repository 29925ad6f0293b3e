"""Which allocator serves the blocks of a process, and whether it is understood."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Recognised:
    """What was found out about the allocator before any block was walked."""

    allocator: str
    """As ``leakgui.model.heap.Heap.allocator``."""
    version: str = ""
    """Which layout was found; empty where none was."""
    is_understood: bool = False
    """Whether ``walk`` can be asked; else there is no verdict."""
    reason: str = ""
    """Why there is no verdict, to be shown; empty where there is one."""
    explained_share: float = float("nan")
    """Resident bytes of the allocator's areas as a share of all private anonymous
    resident bytes, 0 to 1; NaN where no area is known."""
    notes: tuple[str, ...] = ()
    """What else should be known; ``walk`` hands it on."""
    found: object = None
    """What the allocator's own ``walk`` needs; nobody else's business."""
