"""Where the resident memory of a process is, so that the parts add up."""

from __future__ import annotations

from collections import Counter

import numpy as np
from numba import njit

from leakgui.model.columns import I64, U64
from leakgui.model.heap import Composition
from leakgui.model.text_column import TextColumn
from leakgui.texts import say
from leakgui.worker.blocks.bits import list_set
from leakgui.worker.blocks.block_map import BlockMap, closed, map_blocks
from leakgui.worker.blocks.lookup import usable_bytes
from leakgui.worker.image import PAGE_BYTES, WORD_BYTES, Image
from leakgui.worker.naming.modules import module_of_regions
from leakgui.worker.reached import Reach
from leakgui.worker.walked import Walk

KINDS = (
    "in-use",
    "lost",
    "possible",
    "free",
    "overhead",
    "stacks",
    "files",
    "shared",
    "other",
    "swapped",
    "kernel",
)
MAY_BE_NEGATIVE = frozenset({"swapped", "kernel"})
"""Kinds that say how much of the others is not in RSS; all others are sizes."""
WITHOUT_FILE = ("/dev/shm/", "/memfd:", "/SYSV", "/dev/zero")  # noqa: S108  # names, not files
"""How the paths of memory begin that several processes share, see proc(5)."""
UNCOUNTED = {"[vdso]", "[vvar]", "[vvar_vclock]", "[vsyscall]"}
"""Pages of the kernel, which no process's RSS counts."""


def compose(image: Image, walk: Walk | None, reach: Reach | None) -> Composition:
    """Return the parts of the resident memory; they add up to what the kernel counts.

    Without a walk the allocator's memory is counted as other memory; without a reach
    nothing is called lost.
    """
    own = np.zeros(len(image.regions), np.int64)
    parts: Counter[str] = Counter()
    if walk is not None:
        own = _allocator_bytes(image, walk)
        parts.update(_allocator_parts(image, walk, reach, int(own.sum())))
    parts.update(_region_parts(image, own))
    parts["kernel"] = image.resident_bytes - sum(parts.values())
    labels = _labels()
    shown = [kind for kind in KINDS if kind in parts]
    return Composition(
        kind=TextColumn.of(shown),
        label=TextColumn.of(labels[kind] for kind in shown),
        bytes=np.array([parts[kind] for kind in shown], np.int64),
    )


def _region_parts(image: Image, own: I64) -> Counter[str]:
    """Return the resident bytes of the regions less what is the allocator's in them."""
    parts: Counter[str] = Counter()
    rest = image.regions.resident.astype(np.int64) - own
    # Swapped pages are copied, too, so that the allocator's parts count them, but a
    # region's resident bytes and RSS leave them out.
    if swapped := int(np.minimum(rest, 0).sum()):
        parts["swapped"] = swapped
    sizes = np.maximum(rest, 0).tolist()
    for kind, size in zip(_kinds_of_regions(image), sizes, strict=True):
        if kind:
            parts[kind] += size
    return parts


def _labels() -> dict[str, str]:
    return {
        "in-use": say("In use"),
        "lost": say("Lost"),
        "possible": say("Possibly lost"),
        "free": say("Free inside the allocator"),
        "overhead": say("The allocator's own records"),
        "stacks": say("Stacks"),
        "files": say("Code and data of files"),
        "shared": say("Shared memory"),
        "other": say("Other anonymous memory"),
        "swapped": say("Of these swapped out"),
        "kernel": say("Counted otherwise by the kernel"),
    }


def _allocator_parts(
    image: Image, walk: Walk, reach: Reach | None, copied: int
) -> dict[str, int]:
    """Return how what was copied of the allocator's areas divides."""
    in_use, free = walk.resident_in_use_bytes, walk.resident_free_bytes
    overhead = max(0, copied - in_use - free)
    parts = {"in-use": in_use, "free": free, "overhead": overhead}
    if reach is not None:
        blocks = map_blocks(image, walk)
        lost = closed(reach.direct | reach.indirect)
        parts["lost"] = _resident_bytes(blocks, list_set(lost))
        parts["possible"] = _resident_bytes(blocks, list_set(closed(reach.possible)))
        parts["in-use"] -= parts["lost"] + parts["possible"]
    return parts


@njit(cache=True, nogil=True)
def _resident_bytes(blocks: BlockMap, granules: I64) -> int:
    """Return how many bytes of these blocks lie on pages that were copied."""
    present = blocks.present
    total = 0
    for granule in granules:
        at = granule * 16
        end = at + usable_bytes(blocks, granule)
        while at < end:
            page = at // PAGE_BYTES
            after = min(end, (page + 1) * PAGE_BYTES)
            if present[page >> 3] >> np.uint8(page & 7) & np.uint8(1) != 0:
                total += after - at
            at = after
    return total


def _allocator_bytes(image: Image, walk: Walk) -> I64:
    """Return for each region the copied bytes that belong to the allocator."""
    start = _resident_before(image, walk.area_start)
    sizes = _resident_before(image, walk.area_end) - start
    whole = np.concatenate([np.zeros(1, np.int64), np.cumsum(sizes)])

    def in_areas_before(addresses: U64) -> I64:
        """Return the copied bytes of all areas below each address."""
        after = np.searchsorted(walk.area_start, addresses, "right")
        last = np.maximum(after - 1, 0)
        inside = _resident_before(image, addresses) - start[last]
        part = np.minimum(inside, sizes[last])
        return np.where(after > 0, whole[last] + part, 0)

    if not len(walk.area_start):
        return np.zeros(len(image.regions), np.int64)
    regions = image.regions
    return in_areas_before(regions.end) - in_areas_before(regions.start)


def _resident_before(image: Image, addresses: U64) -> I64:
    """Return how many bytes were copied from pages below each address."""
    segments = image.segments
    if not len(segments):
        return np.zeros(len(addresses), np.int64)
    pages = len(image.words) * WORD_BYTES // PAGE_BYTES
    flags = np.unpackbits(image.present, count=pages, bitorder="little")
    before = np.concatenate([np.zeros(1, np.int64), np.cumsum(flags, dtype=np.int64)])
    row = np.searchsorted(segments.start, addresses, "right") - 1
    known = np.maximum(row, 0)
    first = segments.start[known]
    inside = np.clip(addresses, first, segments.end[known]) - first
    place = segments.first_word[known] * WORD_BYTES + inside.astype(np.int64)
    page, part = place // PAGE_BYTES, place % PAGE_BYTES
    is_present = np.append(flags, 0)[page]
    found = before[page] * PAGE_BYTES + np.where(is_present, part, 0)
    return np.where(row >= 0, found, 0)


def _kinds_of_regions(image: Image) -> list[str]:
    """Return what each region is counted as; empty: the kernel doesn't count it."""
    regions = image.regions
    stacks = np.searchsorted(regions.start, image.threads.stack_pointer, "right") - 1
    is_stack = set(stacks.tolist())
    module = module_of_regions(image).tolist()
    kinds = []
    for row, path in enumerate(regions.path.as_list()):
        if path in UNCOUNTED:
            kinds.append("")
        elif row in is_stack or path.startswith("[stack"):
            kinds.append("stacks")
        elif path.startswith(WITHOUT_FILE) or regions.permissions[row][3:] == "s":
            kinds.append("shared")
        elif module[row] >= 0 or path.startswith("/"):
            kinds.append("files")
        else:
            kinds.append("other")
    return kinds
