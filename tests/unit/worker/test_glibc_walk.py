"""Are heaps of every glibc layout walked exactly, and damaged ones without harm?"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from leakgui.model.text_column import TextColumn
from leakgui.worker.allocators import find_allocator, walk
from leakgui.worker.allocators.glibc.standing import is_one_at_work
from leakgui.worker.giving_up import GivenUp
from leakgui.worker.image import Image
from leakgui.worker.walked import SizeRule, Walk
from tests.unit.worker.heap_maker import (
    BRK,
    CACHED,
    DATA,
    FAST,
    FLAVOURS,
    FREE,
    FURTHER,
    LIVE,
    MAIN,
    MAPPINGS,
    PAGE,
    PAR,
    Flavour,
    MadeHeap,
    make_image,
)


def without_neighbours(chunks: list[tuple[int, str]]) -> list[tuple[int, str]]:
    """Free neighbours would be one chunk; and none is free before the top."""
    kept: list[tuple[int, str]] = []
    for size, kind in chunks:
        is_second = bool(kept) and kept[-1][1] == FREE and kind == FREE
        kept.append((size, LIVE if is_second else kind))
    return [*kept, (32, LIVE)]


SIZES = st.integers(2, 300).map(lambda units: units * 16)
CHUNKS = st.lists(
    st.tuples(SIZES, st.sampled_from([LIVE, LIVE, FREE, FAST, CACHED])), max_size=60
).map(without_neighbours)
BY_NAME = {flavour.name: flavour for flavour in FLAVOURS}
SOME = [(48, LIVE), (64, FREE), (32, FAST), (32, FAST), (1040, CACHED), (96, LIVE)]


def look(image: Image) -> Walk:
    recognised = find_allocator(image)
    assert recognised.is_understood, recognised.reason
    return walk(image, recognised)


def blocks(image: Image, walked: Walk) -> dict[int, int]:
    bits = np.unpackbits(walked.starts.view(np.uint8), bitorder="little")
    found = {}
    for place in (np.flatnonzero(bits) * 2).tolist():
        head = int(image.words[place - 1])
        less = 16 if head & 2 and walked.size_rule == SizeRule.GLIBC_HEADER else 8
        found[image.find_address(place)] = (head & ~7) - less
    return found


@pytest.mark.parametrize("flavour", FLAVOURS, ids=lambda flavour: flavour.name)
@given(main=CHUNKS, further=st.lists(CHUNKS, max_size=2), mapped=st.booleans())
@hypothesis_settings(max_examples=25)
def test_every_block_and_nothing_else(
    flavour: Flavour,
    main: list[tuple[int, str]],
    further: list[list[tuple[int, str]]],
    mapped: bool,
) -> None:
    heap = MadeHeap(flavour)
    heap.write_main(main)
    for chunks in further:
        heap.write_further(chunks)
    if mapped:
        heap.write_mapped(3)
        heap.write_mapped(40, lead=PAGE - 16)
        heap.write_mapped(1)
    image = heap.take_image()
    walked = look(image)
    assert blocks(image, walked) == heap.live
    assert walked.is_complete, walked.notes
    assert walked.walked_share == 1.0
    assert walked.version == flavour.arena.versions
    assert walked.totals.in_use == len(heap.live)
    assert walked.totals.in_use_bytes == sum(heap.live.values())
    assert walked.totals.cached == heap.cached
    assert walked.resident_in_use_bytes == walked.totals.in_use_bytes


@given(
    flavour=st.sampled_from(FLAVOURS),
    changes=st.lists(
        st.tuples(
            st.floats(0, 1, exclude_max=True),
            st.integers(0, 2**64 - 1)
            | st.integers(0, 4096)
            | st.sampled_from([2**63, 2**64 - 8, BRK, FURTHER + 0x30, MAIN, MAPPINGS]),
        ),
        min_size=1,
        max_size=40,
    ),
)
@hypothesis_settings(max_examples=300)
def test_damage_never_harms(flavour: Flavour, changes: list[tuple[float, int]]) -> None:
    heap = MadeHeap(flavour)
    heap.write_main(SOME * 3)
    heap.write_further(SOME * 3)
    heap.write_mapped(2)
    image = heap.take_image()
    # Half of the changes hit words that were written: headers, links, records.
    written = np.flatnonzero(image.words)
    for number, (place, word) in enumerate(changes):
        targets = written if number % 2 else np.arange(len(image.words))
        image.words[targets[int(place * len(targets))]] = word
    check_bounds(image)


@given(seed=st.integers(0, 2**32), flavour=st.sampled_from(FLAVOURS))
@hypothesis_settings(max_examples=40)
def test_noise_behind_good_records_never_harms(seed: int, flavour: Flavour) -> None:
    heap = MadeHeap(flavour)
    heap.write_main(SOME)
    heap.write_mapped(2)
    image = heap.take_image()
    noise = np.random.default_rng(seed)
    for start in (BRK, MAPPINGS):
        place = image.find_word(start)
        assert place is not None
        last = place + (heap.ends[start] - start) // 8
        image.words[place:last] = noise.integers(0, 5000, last - place)
    check_bounds(image)


def check_bounds(image: Image) -> None:
    recognised = find_allocator(image)
    if not recognised.is_understood:
        assert recognised.reason
        return
    walked = walk(image, recognised)
    areas = int((walked.area_end - walked.area_start).sum())
    assert walked.totals.in_use_bytes >= 0
    assert walked.totals.free_bytes >= 0
    assert walked.totals.in_use_bytes + walked.totals.free_bytes <= areas
    assert walked.totals.in_use == int(np.bitwise_count(walked.starts).sum())
    assert areas <= len(image.words) * 8
    assert (walked.area_start[1:] >= walked.area_end[:-1]).all()
    assert 0.0 <= walked.walked_share <= 1.0
    assert 0 <= walked.resident_in_use_bytes <= walked.totals.in_use_bytes
    assert int(walked.arenas.in_use.sum()) == walked.totals.in_use


@pytest.mark.parametrize("size", [0, 8, 16, 40, 2**63, 2**64 - 16, 1 << 30])
def test_a_bad_size_ends_the_walk_and_is_said(size: int) -> None:
    heap = MadeHeap(BY_NAME["2.36"])
    heap.write_main([(48, LIVE)] * 20)
    damaged = BRK + 0x290 + 10 * 48
    heap.words[damaged + 8] = size | 1
    walked = look(heap.take_image())
    assert not walked.is_complete
    assert walked.totals.in_use == 1 + 10
    assert 0 < walked.walked_share < 1
    assert "partly" in walked.notes[0]


def half_divided(instruction: int) -> Image:
    """Stop the only thread where malloc has shortened a chunk, and not yet the rest."""
    heap = MadeHeap(BY_NAME["2.36"])
    heap.write_main([(48, LIVE)] * 20 + [(4096, FREE)] + [(64, LIVE)] * 40)
    heap.words[BRK + 0x290 + 20 * 48 + 8] = 1024 | 1
    image = heap.take_image()
    registers = np.zeros(27, np.uint64)
    registers[16] = instruction
    return replace(image, registers=registers)


def test_the_only_thread_may_be_inside_malloc_without_a_lock() -> None:
    walked = look(half_divided(DATA + 8))
    assert walked.walked_share == 1.0
    assert walked.totals.in_use == 1 + 20 + 40


@pytest.mark.parametrize("left", [32, 48, 4096 - 512])
def test_a_rest_without_a_header_is_known_by_the_registers(left: int) -> None:
    """As memalign leaves it for a moment, with an old header in the middle of it."""
    heap = MadeHeap(BY_NAME["2.43"])
    heap.write_main([(48, LIVE)] * 20 + [(4096, LIVE)] + [(64, LIVE)] * 40)
    chunk = BRK + heap.flavour.cache.chunk + 20 * 48
    rest, old = chunk + 4096 - left, chunk + 4096 - left + 512
    heap.words[chunk + 8] = rest - chunk | 1
    if left > 512:
        heap.words[old], heap.words[old + 8] = old - chunk, 64
        heap.words[old + 72] = 1
    heap.live[chunk + 16] = rest - chunk - 8
    registers = np.zeros(27, np.uint64)
    registers[[13, 10, 16, 17]] = rest, left, DATA + 8, 0x33
    if left > 0x30 + 32:
        heap.words[rest + 0x30 + 8] = left - 0x30 | 1  # as far as %cs would lead
    image = replace(heap.take_image(), registers=registers)
    walked = look(image)
    assert blocks(image, walked) == heap.live
    assert walked.totals.in_use_bytes == sum(heap.live.values())


def test_a_thread_that_is_elsewhere_does_not_explain_damage() -> None:
    walked = look(half_divided(BRK))
    assert walked.walked_share < 1.0
    assert walked.totals.in_use == 1 + 20


@pytest.mark.parametrize(
    ("path", "is_at_work"),
    [
        ("/usr/lib/x86_64-linux-gnu/libc.so.6", True),
        ("/lib/libc-2.31.so", True),
        ("/usr/lib/libcrypto.so.3", False),
        ("/usr/lib/libc.so.6.bak", False),
    ],
)
def test_where_the_only_thread_is_tells_whether_it_may_be_in_malloc(
    path: str, is_at_work: bool
) -> None:
    image = half_divided(DATA + 8)
    regions = replace(image.regions, path=TextColumn.of(["[heap]", path]))
    assert is_one_at_work(replace(image, regions=regions)) == is_at_work


def test_ordinary_blocks_of_a_cache_s_size_are_not_taken_for_caches() -> None:
    heap = MadeHeap(BY_NAME["2.36"])
    many = 70_000
    heap.write_main([(0x290, LIVE)] * many)
    for number in range(many):
        block = BRK + 0x290 * (number + 1) + 16
        heap.words[block + 128 + 8 * (number % 64)] = block
        heap.words[block + 128 + 8 * (number * 7 % 64)] = block
    walked = look(heap.take_image())
    assert walked.is_complete, walked.notes
    assert walked.totals.in_use == many + 1


def test_without_mapped_blocks_by_option_none_are_guessed() -> None:
    heap = MadeHeap(BY_NAME["2.36"])
    heap.write_main(SOME)
    heap.ends[MAPPINGS] = MAPPINGS + 8 * PAGE
    heap.words[MAPPINGS + 8] = 2 * PAGE | 2
    image = heap.take_image()
    limit = image.find_word(PAR + heap.flavour.par.mapped_limit)
    image.words[limit] = 0  # mallopt(M_MMAP_MAX, 0); its neighbour is 0 anyway
    walked = look(image)
    assert blocks(image, walked) == heap.live
    assert MAPPINGS not in walked.area_start


def test_cycles_in_lists_end() -> None:
    heap = MadeHeap(BY_NAME["2.31"])
    heap.write_main([(32, FAST)] * 5 + [(64, LIVE)])
    first = BRK + 0x290
    heap.words[first + 4 * 32 + 16] = first  # the last fastbin chunk leads to the first
    walked = look(heap.take_image())
    assert walked.totals.cached == 5
    assert not walked.is_complete
    assert any("astray" in note for note in walked.notes)


def test_a_zeroed_block_of_a_cache_s_size_is_a_block() -> None:
    heap = MadeHeap(BY_NAME["2.36"])
    heap.write_main([(0x290, LIVE), (0x290, LIVE)])
    assert look(heap.take_image()).totals.in_use == 3


def test_data_that_looks_like_a_mapping_is_no_block() -> None:
    heap = MadeHeap(BY_NAME["2.36"])
    heap.write_main(SOME)
    heap.write_mapped(4)
    start = heap.ends[MAPPINGS]
    heap.ends[MAPPINGS] = (
        start + 8 * PAGE
    )  # a pool of the program, joined by the kernel
    heap.words[start + PAGE + 8] = 2 * PAGE | 2
    image = heap.take_image()
    walked = look(image)
    assert blocks(image, walked) == heap.live
    assert walked.is_complete


def test_a_false_mapping_does_not_hide_true_ones() -> None:
    heap = MadeHeap(BY_NAME["2.36"])
    heap.write_main(SOME)
    heap.ends[MAPPINGS] = MAPPINGS + PAGE
    heap.words[MAPPINGS + 8] = 6 * PAGE | 2
    heap.write_mapped(2)
    heap.write_mapped(4)
    image = heap.take_image()
    assert blocks(image, look(image)) == heap.live


def test_too_many_mappings_are_left_to_the_roots() -> None:
    heap = MadeHeap(BY_NAME["2.36"])
    heap.write_main([(48, LIVE)])
    heap.write_mapped(2)
    start = heap.ends[MAPPINGS]
    heap.ends[MAPPINGS] = start + 8 * PAGE
    for page in range(0, 8, 2):
        heap.words[start + page * PAGE + 8] = 2 * PAGE | 2
    walked = look(heap.take_image())
    assert walked.totals.in_use == 2
    assert not walked.is_complete
    assert MAPPINGS not in walked.area_start


def test_an_arena_without_memory_is_no_error() -> None:
    heap = MadeHeap(BY_NAME["2.36"])
    heap.write_main([])
    layout = heap.flavour.arena
    heap.words[MAIN + layout.top] = MAIN + layout.top
    heap.words[MAIN + layout.system_bytes] = 0
    del heap.ends[BRK]
    heap.live.clear()
    walked = look(heap.take_image())
    assert walked.totals.in_use == 0
    assert walked.is_complete


def test_never_used_malloc_is_refused_with_a_reason() -> None:
    words = np.zeros(4 * 512, np.uint64)
    recognised = find_allocator(make_image(words, [DATA], [DATA + 4 * PAGE]))
    assert not recognised.is_understood
    assert recognised.reason


def test_what_others_manage_is_said() -> None:
    heap = MadeHeap(BY_NAME["2.36"])
    heap.write_main(SOME)
    heap.ends[MAPPINGS] = MAPPINGS + 100 * PAGE
    recognised = find_allocator(heap.take_image())
    assert recognised.explained_share < 0.1
    assert "Only" in recognised.notes[0]


def test_a_walk_is_given_up() -> None:
    heap = MadeHeap(BY_NAME["2.36"])
    heap.write_main(SOME)
    image = heap.take_image()
    with pytest.raises(GivenUp):
        walk(image, find_allocator(image), lambda _done, _all: None, lambda: True)


def test_progress_is_told_in_bytes() -> None:
    heap = MadeHeap(BY_NAME["2.36"])
    heap.write_main(SOME)
    heap.write_further(SOME)
    image = heap.take_image()
    told: list[tuple[int, int]] = []
    walk(image, find_allocator(image), lambda done, total: told.append((done, total)))
    assert len(told) == 2
    assert all(0 < done <= total for done, total in told)
