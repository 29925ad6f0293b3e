"""Which addresses a copy covers, and which of its pages hold something."""

from __future__ import annotations

from array import array
from itertools import pairwise

from leakgui.probe.freezing.copying import SMALLEST_GAP, Ranges, merge_ranges
from leakgui.probe.freezing.pagemap import PAGE, PRESENT, Runs, clip

LARGEST_HOLE = 4 << 30
"""Reserved memory that was never used is left out where there is that much of it."""


def find_segments(ranges: Ranges, runs: Runs) -> Ranges:
    """Return what a copy covers: copied mappings, those close together joined.

    A hole of ``LARGEST_HOLE`` or more without a single page is cut out, so a mapping
    may lie in several segments, or in none.
    """
    segments: Ranges = []
    for begin, end in merge_ranges(ranges, SMALLEST_GAP):
        if end - begin < LARGEST_HOLE:
            segments.append((begin, end))
        else:
            segments.extend(_cut_out_holes(begin, end, runs))
    return segments


def _cut_out_holes(begin: int, end: int, runs: Runs) -> Ranges:
    inside = clip(runs, [(begin, end)])
    held = zip(inside.start, inside.end, strict=True)
    edges = [(begin, begin), *held, (end, end)]
    pieces, first = [], begin
    for (_, before), (after, _) in pairwise(edges):
        if after - before >= LARGEST_HOLE:
            pieces.append((first, before))
            first = after
    pieces.append((first, end))
    return [(low, high) for low, high in pieces if low < high]


def mark_present(segments: Ranges, runs: Runs) -> array[int]:
    """Return one bit a page of all segments, in a row; see ``RawHeapCopy``."""
    pages = sum(end - begin for begin, end in segments) // PAGE
    flags = bytearray(pages + -pages % 8)
    first = 0
    for begin, end in segments:
        inside = clip(runs, [(begin, end)])
        for low, high in zip(inside.start, inside.end, strict=True):
            place = first + (low - begin) // PAGE
            count = (high - low) // PAGE
            flags[place : place + count] = b"\1" * count
        first += (end - begin) // PAGE
    return _pack_bits(flags)


def _pack_bits(flags: bytearray) -> array[int]:
    """Pack bytes of 0 and 1, eight in one, the first as the lowest bit."""
    packed = 0
    for bit in range(8):
        packed |= int.from_bytes(flags[bit::8], "little") << bit
    return array("B", packed.to_bytes(len(flags) // 8, "little"))


def without(runs: Runs, failed: Ranges) -> Runs:
    """Return runs less the ranges that could not be read (sorted)."""
    if not failed:
        return runs
    edges = [0, *(edge for pair in failed for edge in pair), 1 << 64]
    kept = [(edges[at], edges[at + 1]) for at in range(0, len(edges), 2)]
    return clip(runs, [(begin, end) for begin, end in kept if begin < end])


def resident_bytes(ranges: Ranges, held: Runs) -> array[int]:
    """Return how much of each range is present in memory, swapped pages left out."""
    found = array("Q")
    for begin_and_end in ranges:
        inside = clip(held, [begin_and_end])
        found.append(
            sum(
                high - low
                for low, high, kind in zip(*inside, strict=True)
                if kind & PRESENT
            )
        )
    return found
