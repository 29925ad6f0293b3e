"""What is copied of a target: the same answer before, during and after its pause."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from leakgui.probe.freezing.copying import Ranges, merge_ranges
from leakgui.probe.freezing.maps import Mapping, choose_copied, is_shared
from leakgui.probe.freezing.pagemap import Runs, clip

SWAPPED_BYTES_PER_S = 100e6
"""What a disk gives back of swapped pages, one here and one there."""

MOST_SHARED_BYTES = 1 << 30
"""Of one shared mapping: pointers to the heap are rare there, large files are not."""


class Plan(NamedTuple):
    """Mappings to copy, and the pages in them that hold something."""

    copied: list[Mapping]
    left_out: list[Mapping]
    """Shared mappings that are too large."""
    private: Runs
    shared: Runs

    @property
    def ranges(self) -> Ranges:
        """Return the addresses of what is copied."""
        return ranges_of(self.copied)

    @property
    def total_bytes(self) -> int:
        """Return how much is copied."""
        return self.private.total_bytes + self.shared.total_bytes

    @property
    def swapped_bytes(self) -> int:
        """Return how much of it the system has to bring back first."""
        return self.private.swapped_bytes + self.shared.swapped_bytes


def copying_s(plan: Plan, bytes_per_s: float) -> float:
    """Return how long copying all of it should take."""
    swapped = plan.swapped_bytes
    return (plan.total_bytes - swapped) / bytes_per_s + swapped / SWAPPED_BYTES_PER_S


def ranges_of(mappings: Iterable[Mapping]) -> Ranges:
    """Return the addresses of mappings."""
    return [(mapping.start, mapping.end) for mapping in mappings]


def make_plan(mappings: list[Mapping], held: Runs) -> Plan:
    """Choose from all mappings; ``held`` are the pages of all of them."""
    private, shared, left_out = [], [], []
    for mapping in choose_copied(mappings):
        if not is_shared(mapping):
            private.append(mapping)
        elif clip(held, ranges_of([mapping])).total_bytes > MOST_SHARED_BYTES:
            left_out.append(mapping)
        else:
            shared.append(mapping)
    return Plan(
        sorted(private + shared),
        left_out,
        clip(held, merge_ranges(ranges_of(private), 1)),
        clip(held, merge_ranges(ranges_of(shared), 1)),
    )
