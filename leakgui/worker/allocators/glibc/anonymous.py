"""Stretches of copied anonymous memory, over the borders of neighbouring mappings."""

from __future__ import annotations

from dataclasses import dataclass

from leakgui.worker.image import Image

_HUGE_PAGES = "/anon_hugepage"


@dataclass(frozen=True, slots=True)
class Span:
    """Addresses without a gap that nothing but anonymous private memory fills."""

    start: int
    end: int
    is_brk: bool
    """``[heap]``: what the process got by brk."""


def is_anonymous(path: str) -> bool:
    """Whether a mapping of this name has no file: proc(5), ``/proc/pid/maps``."""
    return not path or path.startswith(("[anon", _HUGE_PAGES)) or path == "[heap]"


def find_spans(image: Image) -> list[Span]:
    """Return all spans, lowest first; the kernel divides and names mappings freely."""
    regions = image.regions
    found: list[Span] = []
    for row in range(len(regions)):
        path, permissions = regions.path[row], regions.permissions[row]
        is_private = permissions.startswith("rw") and permissions.endswith("p")
        if not (is_private and regions.was_copied[row] and is_anonymous(path)):
            continue
        start, end = int(regions.start[row]), int(regions.end[row])
        is_brk = path == "[heap]"
        if found and found[-1].end == start and found[-1].is_brk == is_brk:
            found[-1] = Span(found[-1].start, end, is_brk)
        else:
            found.append(Span(start, end, is_brk))
    return found
