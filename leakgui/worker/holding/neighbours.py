"""Who points to a block, and where its own pointers lead."""

from __future__ import annotations

from dataclasses import dataclass

from leakgui.worker.image import Image
from leakgui.worker.roots.table import Roots
from leakgui.worker.walked import Walk


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """One pointer between two blocks, or from a root to a block."""

    address: int
    """Of the word that holds the pointer; the number of a register for one."""
    kind: int | None
    """A ``RootKind``; ``None`` where the word lies in a block."""
    tid: int
    module: int
    source: int
    """Address of the pointing block; 0 for a root."""
    offset: int
    """Where in the pointing block the word lies, in bytes."""
    target: int
    """Address of the block pointed to."""
    into: int
    """Where in that block the pointer leads, in bytes."""


def referrers(
    image: Image, walk: Walk, roots: Roots, address: int, most: int = 100
) -> tuple[tuple[Reference, ...], int]:
    """Return the first pointers to any byte of a block, and how many there are."""
    raise NotImplementedError


def targets(
    image: Image, walk: Walk, address: int, most: int = 100
) -> tuple[tuple[Reference, ...], int]:
    """Return a block's first pointers to other blocks, and how many there are."""
    raise NotImplementedError
