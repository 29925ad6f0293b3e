"""From a copied process to what is known of its heap: each step once, in order."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeVar

from leakgui.model.heap import Composition, Heap, Holders
from leakgui.worker.allocators import find_allocator, walk
from leakgui.worker.describing import tabulate_holders
from leakgui.worker.giving_up import Cancelled, GivenUp, Progress, never, say_nothing
from leakgui.worker.holding import find_holders
from leakgui.worker.image import Image
from leakgui.worker.marking import (
    LostBefore,
    confirm,
    group_possible,
    lost_of,
    mark,
)
from leakgui.worker.naming.census import count_blocks
from leakgui.worker.naming.classes import find_names
from leakgui.worker.naming.composition import compose
from leakgui.worker.naming.largest_lost import list_lost
from leakgui.worker.naming.modules import Modules
from leakgui.worker.naming.names import Names
from leakgui.worker.naming.naming_possible import name_possible
from leakgui.worker.naming.suspects import find_suspects
from leakgui.worker.reached import Reach
from leakgui.worker.recognised import Recognised
from leakgui.worker.root_names import RootNames
from leakgui.worker.roots import Roots, find_roots
from leakgui.worker.walked import Walk

__all__ = ["GivenUp", "Interpreted", "LostBefore", "interpret"]

Result = TypeVar("Result")

_PARTS = {"walk": 20, "mark": 50, "group": 10, "name": 15, "hold": 5}
"""Hundredths of the whole that each step takes, measured on 5 million blocks."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Found:
    """What the steps gave, kept so that single blocks can be asked for."""

    walk: Walk
    roots: Roots
    reach: Reach
    names: Names
    modules: Modules


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Interpreted:
    """One copied heap, understood or not."""

    image: Image
    heap: Heap
    found: Found | None = None
    """None where the allocator is not understood."""
    lost: LostBefore | None = None
    """For a second look; None where nothing was searched."""


def interpret(
    image: Image,
    lost_before: LostBefore | None = None,
    progress: Progress = say_nothing,
    cancelled: Cancelled = never,
) -> Interpreted:
    """Return what is known of the heap in an image.

    Given what was lost in an earlier look, only that can be lost in this one. An
    allocator that is not understood gives a ``Heap`` without blocks, whose notes say
    why. ``progress`` is called with hundredths.

    Raises:
        GivenUp: ``cancelled()`` said so.
    """
    recognised = find_allocator(image)
    if not recognised.is_understood:
        return Interpreted(image=image, heap=_refused(image, recognised))
    steps = _Steps(progress, cancelled)
    found, heap = _search(image, recognised, lost_before, steps)
    lost = lost_of(image, found.walk, found.reach)
    return Interpreted(image=image, heap=heap, found=found, lost=lost)


def _refused(image: Image, recognised: Recognised) -> Heap:
    return replace(
        _heading(image, recognised, compose(image, None, None)),
        notes=(recognised.reason, *recognised.notes),
    )


def _heading(image: Image, recognised: Recognised, parts: Composition) -> Heap:
    """Return what is known before any block is."""
    return Heap(
        allocator=recognised.allocator,
        version=recognised.version,
        level=image.level,
        looks=1,
        paused_ms=(image.paused_ms,),
        copied_bytes=image.copied_bytes,
        resident_bytes=image.resident_bytes,
        walked_share=0.0,
        is_complete=False,
        composition=parts,
    )


def _search(
    image: Image,
    recognised: Recognised,
    lost_before: LostBefore | None,
    steps: _Steps,
) -> tuple[Found, Heap]:
    walked = steps.take("walk", lambda tell: walk(image, recognised, tell, steps.ask))
    roots = find_roots(image, walked)
    reach = steps.take("mark", lambda tell: mark(image, walked, roots, tell, steps.ask))
    possible, intrusive, reach = steps.take(
        "group", lambda _: group_possible(image, walked, roots, reach)
    )
    if lost_before is not None:
        reach = confirm(image, walked, reach, lost_before)
    modules = Modules(image)
    names = steps.take("name", lambda _: find_names(image, walked, modules, steps.ask))
    found = Found(walk=walked, roots=roots, reach=reach, names=names, modules=modules)
    holders, note = steps.take("hold", lambda _: _find_holders(image, found, steps.ask))
    groups = count_blocks(image, walked, reach, names)
    heap = replace(
        _heading(image, recognised, compose(image, walked, reach)),
        looks=1 if lost_before is None else 2,
        walked_share=walked.walked_share,
        is_complete=walked.is_complete and image.is_whole,
        blocks=walked.totals,
        leaked=reach.totals,
        groups=groups,
        lost=list_lost(image, walked, reach, names),
        possible=name_possible(possible, groups),
        intrusive=intrusive,
        arenas=walked.arenas,
        holders=holders,
        suspects=find_suspects(image, walked, reach, names, modules),
        notes=tuple(text for text in (*walked.notes, note) if text),
    )
    return found, heap


def _find_holders(
    image: Image, found: Found, cancelled: Cancelled
) -> tuple[Holders | None, str]:
    names = RootNames(image, found.modules)
    rows, note = find_holders(
        image,
        found.walk,
        found.roots,
        found.reach,
        names.describe,
        find_owner=names.owner,
        cancelled=cancelled,
    )
    if rows is None:
        return None, note
    return tabulate_holders(image, found.walk, found.names, rows), note


class _Steps:
    """Turns the progress of each step into hundredths of the whole."""

    def __init__(self, progress: Progress, cancelled: Cancelled) -> None:
        self._progress = progress
        self.ask = cancelled
        self._done = 0

    def take(self, name: str, step: Callable[[Progress], Result]) -> Result:
        """Take one step; raises ``GivenUp`` where nobody waits any more."""
        if self.ask():
            raise GivenUp
        share = _PARTS[name]

        def tell(done: int, total: int) -> None:
            self._progress(self._done + share * done // max(1, total), 100)

        result = step(tell)
        self._done += share
        self._progress(self._done, 100)
        return result
