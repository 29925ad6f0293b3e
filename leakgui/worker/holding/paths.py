"""A shortest path of pointers from a root to a block."""

from __future__ import annotations

from dataclasses import dataclass

from leakgui.worker.giving_up import Cancelled, never
from leakgui.worker.image import Image
from leakgui.worker.roots.table import Roots
from leakgui.worker.walked import Walk


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One pointer of a path: where it lies, and where it leads."""

    address: int
    """Of the word that holds the pointer; the number of a register for one."""
    kind: int | None
    """A ``RootKind`` for the first step; ``None`` where the word lies in a block."""
    tid: int
    """The thread of the root, or -1."""
    module: int
    """The module of the root, or -1."""
    source: int
    """Address of the block in which the word lies; 0 for a root."""
    offset: int
    """Where in the block the word lies, in bytes."""
    target: int
    """Address of the block to which the pointer leads."""
    into: int
    """Where in that block it leads, in bytes."""


def path_to(
    image: Image, walk: Walk, roots: Roots, address: int, cancelled: Cancelled = never
) -> tuple[Step, ...]:
    """Return the pointers from a root to the block at an address, the root first.

    Empty where no path leads there. Raises ``GivenUp`` when cancelled.
    """
    raise NotImplementedError
