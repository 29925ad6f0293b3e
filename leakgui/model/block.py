"""One block looked at closely: what is in it, and what points to it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbour:
    """One pointer to or from a block."""

    place: str
    """Where the other end is: ``block``, ``global g_cache``, ``stack of thread 12``."""
    address: int
    """Of the other end: the block that points or is pointed to, or the root's word."""
    offset: int
    """Where in the pointing block, in bytes, the pointer lies."""
    type_name: str
    usable_bytes: int
    """Of the other block; 0 where it is a root."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockDetail:
    """What is known of one block in use; lists are bounded, counts are not."""

    address: int
    usable_bytes: int
    state: str
    """One of ``leakgui.model.heap.BlockState``."""
    type_name: str
    content: bytes
    """The first bytes, at most 256."""
    pointed_from: tuple[Neighbour, ...]
    pointed_from_count: int
    points_to: tuple[Neighbour, ...]
    points_to_count: int
    path: tuple[str, ...]
    """From a root to it, or empty where nothing reaches it; of a long one the ends."""
    retained: int = 0
    """Of a lost block, how many lost blocks hang on it alone, itself included (each way
    to them goes through it); 0 where that was not looked for."""
    retained_bytes: int = 0
