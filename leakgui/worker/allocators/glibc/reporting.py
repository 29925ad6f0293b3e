"""Put together what walking glibc's malloc gave, and say what it could not do."""

from __future__ import annotations

import numpy as np

from leakgui.formatting import format_percent
from leakgui.model.columns import I64
from leakgui.model.heap import Arenas, BlockTotals
from leakgui.model.text_column import TextColumn
from leakgui.texts import say, say_count
from leakgui.worker.allocators.glibc import free_lists as cached
from leakgui.worker.allocators.glibc.caches import Caches
from leakgui.worker.allocators.glibc.checking import WalkedArena
from leakgui.worker.allocators.glibc.chunks import Tally
from leakgui.worker.allocators.glibc.headers import BYTES, PLACE
from leakgui.worker.allocators.glibc.mapped import Mapped
from leakgui.worker.allocators.glibc.parts import Found
from leakgui.worker.allocators.glibc.walking import Walker
from leakgui.worker.image import WORD_BYTES, Image
from leakgui.worker.walked import SizeRule, Walk


def report(
    walker: Walker,
    found: Found,
    arenas: list[WalkedArena],
    mapped: tuple[Mapped, I64],
    caches: Caches,
) -> Walk:
    """Return the walk; ``mapped`` is what has a mapping of its own, and its counts."""
    rows = _count_rows(arenas, mapped[1], caches)
    most = len(walker.image.words) * WORD_BYTES
    problems = _find_problems(walker, arenas, mapped[0], caches)
    table = _tabulate(arenas, mapped[0], rows, most)
    known = sum(entry.known_bytes(most) for entry in arenas) + mapped[0].bytes
    walked = float((table.walked_share * table.system_bytes).sum())
    starts, ends = _find_areas(walker, arenas, mapped[0])
    has_tail = found.mallocs[0].layout.mapped_tail
    return Walk(
        allocator="glibc",
        version=found.version,
        starts=walker.starts,
        size_rule=SizeRule.GLIBC_LESS_8 if has_tail else SizeRule.GLIBC_HEADER,
        sizes=None,
        area_start=starts,
        area_end=ends,
        totals=_add_up(rows, caches),
        arenas=table,
        walked_share=walked / known if known else 1.0,
        is_complete=not problems,
        resident_in_use_bytes=int(rows[:, Tally.RESIDENT_IN_USE].sum()),
        resident_free_bytes=int(rows[:, Tally.RESIDENT_FREE].sum()),
        notes=tuple(problems),
    )


def _count_rows(arenas: list[WalkedArena], mapped: I64, caches: Caches) -> I64:
    """Return counts for each arena and last for mappings, cached blocks as free."""
    rows = np.vstack([*(entry.counts for entry in arenas), mapped])
    owner = np.append(caches.owners.arena, len(arenas))
    moves = (
        (cached.COUNT, Tally.IN_USE, Tally.FREE),
        (cached.BYTES, Tally.IN_USE_BYTES, Tally.FREE_BYTES),
        (cached.RESIDENT, Tally.RESIDENT_IN_USE, Tally.RESIDENT_FREE),
    )
    for column, source, target in moves:
        np.subtract.at(rows[:, source], owner, caches.sums[:, column])
        np.add.at(rows[:, target], owner, caches.sums[:, column])
    return rows


def _tabulate(
    arenas: list[WalkedArena], mapped: Mapped, rows: I64, most: int
) -> Arenas:
    labels = [*(entry.label for entry in arenas), "mapped"]
    shares = [*(entry.find_share(most) for entry in arenas), 1.0]
    systems = [entry.known_bytes(most) for entry in arenas]
    return Arenas(
        address=np.array([*(entry.arena.address for entry in arenas), 0], np.uint64),
        label=TextColumn.of(labels),
        system_bytes=np.array([*systems, mapped.bytes], np.uint64),
        in_use=rows[:, Tally.IN_USE].copy(),
        in_use_bytes=rows[:, Tally.IN_USE_BYTES].astype(np.uint64),
        free=rows[:, Tally.FREE].copy(),
        free_bytes=rows[:, Tally.FREE_BYTES].astype(np.uint64),
        walked_share=np.array(shares, np.float64),
    )


def _add_up(rows: I64, caches: Caches) -> BlockTotals:
    sums = rows.sum(0)
    return BlockTotals(
        in_use=int(sums[Tally.IN_USE]),
        in_use_bytes=int(sums[Tally.IN_USE_BYTES]),
        free=int(sums[Tally.FREE]),
        free_bytes=int(sums[Tally.FREE_BYTES]),
        cached=int(caches.sums[:, cached.COUNT].sum()),
        cached_bytes=int(caches.sums[:, cached.BYTES].sum()),
    )


def _find_areas(
    walker: Walker, arenas: list[WalkedArena], mapped: Mapped
) -> tuple[np.ndarray[tuple[int], np.dtype[np.uint64]], ...]:
    """Return what is the allocator's own: memory of arenas, mappings, main arenas.

    The record of a main arena lies among libc's data. Its bins and its top point to
    headers, which are the last bytes of the block before: no pointers of the program.
    """
    taken = np.array(walker.claims.taken(), np.int64).reshape(-1, 2)
    begin = _find_addresses(walker.image, mapped.table[:, PLACE])
    mains = [entry for entry in arenas if entry.arena.is_main]
    records = np.array([entry.arena.address for entry in mains], np.int64)
    sizes = np.array([entry.malloc.layout.size for entry in mains], np.int64)
    starts = np.concatenate([taken[:, 0], begin, records])
    ends = np.concatenate(
        [taken[:, 1], begin + mapped.table[:, BYTES], records + sizes]
    )
    order = np.argsort(starts)
    return starts[order].astype(np.uint64), ends[order].astype(np.uint64)


def _find_addresses(image: Image, places: I64) -> I64:
    """Return the addresses of places in ``Image.words``, all at once."""
    segments = image.segments
    row = np.searchsorted(segments.first_word, places, "right") - 1
    inside = (places - segments.first_word[row]) * WORD_BYTES
    addresses: I64 = segments.start[row].astype(np.int64) + inside
    return addresses


def _find_problems(
    walker: Walker, arenas: list[WalkedArena], mapped: Mapped, caches: Caches
) -> list[str]:
    """Return what is known to be wrong or left out, as sentences."""
    most = len(walker.image.words) * WORD_BYTES
    threads = max(1, len(walker.image.threads))
    problems = [
        say(
            "The heap was walked partly: {share} of arena {label}, for the rest "
            "contradicts itself.",
            share=format_percent(entry.find_share(most)),
            label=entry.label,
        )
        for entry in arenas
        if not entry.is_sound()
    ]
    odd = int(sum(entry.counts[Tally.ODD] for entry in arenas))
    if odd > threads:
        problems.append(
            say_count(
                "One free block is recorded with two sizes: something wrote over it.",
                "{count} free blocks are recorded with two sizes: something wrote "
                "over them.",
                odd,
            )
        )
    broken = int(caches.sums[-1, cached.BROKEN])
    if broken:
        problems.append(
            say_count(
                "One list of free blocks leads astray; the rest counts as in use.",
                "{count} lists of free blocks lead astray; the rest counts as in use.",
                broken,
            )
        )
    if walker.candidate_count > len(walker.candidates):
        problems.append(say("There are more thread caches than were looked at."))
    if mapped.is_known_wrong:
        problems.append(
            say(
                "Large blocks with a mapping of their own could not be told apart from "
                "other memory: they are not counted."
            )
            if mapped.doubtful
            else say("Some large blocks with a mapping of their own were not found.")
        )
    return problems
