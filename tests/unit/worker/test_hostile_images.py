"""Heaps that lie in any word: an answer within its time, and none that cannot be."""

from __future__ import annotations

import time

import pytest

from leakgui.worker.describing import describe_block
from leakgui.worker.giving_up import Cancelled, GivenUp
from leakgui.worker.interpreting import interpret
from tests.unit.worker.heap_maker import FLAVOURS, FREE, MAIN, Flavour, MadeHeap
from tests.unit.worker.hostile_checks import check
from tests.unit.worker.hostile_images import Spoiler
from tests.unit.worker.hostile_scenes import make_scene

SPOILT = 60
"""Images of each layout; ``benchmarks/heap_fuzz.py`` tries as many as one likes."""
BOUND_S = 30.0
"""Some milliseconds are usual: this is for a busy machine."""


def patience() -> Cancelled:
    """Return what gives up after the bound: then the test fails."""
    end_s = time.monotonic() + BOUND_S
    return lambda: time.monotonic() > end_s


@pytest.mark.parametrize("flavour", FLAVOURS, ids=lambda flavour: flavour.name)
def test_what_is_said_of_a_spoilt_heap_can_be(flavour: Flavour) -> None:
    spoiler = Spoiler(make_scene(flavour))
    understood, lost = 0, None
    for seed in range(SPOILT):
        image = spoiler.spoil(seed)
        begun_s = time.monotonic()
        found = interpret(image, lost if seed % 2 else None, cancelled=patience())
        assert time.monotonic() - begun_s < 2 * BOUND_S
        check(found)
        understood += found.found is not None
        lost = found.lost
    assert understood > SPOILT // 4, "spoilt so much that nothing was tried"


def test_the_sound_image_is_understood_wholly() -> None:
    for flavour in FLAVOURS:
        found = interpret(make_scene(flavour))
        check(found)
        assert found.heap.is_complete, found.heap.notes


def test_no_block_is_found_where_there_is_none() -> None:
    heap = MadeHeap(FLAVOURS[4])
    heap.write_main([(64, FREE)])
    heap.words[MAIN + heap.flavour.arena.top] = MAIN + heap.flavour.arena.top
    found = interpret(heap.take_image())
    assert found.heap.blocks is not None
    assert found.heap.blocks.in_use == 0
    for address in (0, 8, MAIN, (1 << 64) - 1):
        assert describe_block(found, address) is None


def test_a_spoilt_heap_can_be_given_up() -> None:
    spoiler = Spoiler(make_scene(FLAVOURS[-1]))
    with pytest.raises(GivenUp):
        interpret(spoiler.image, cancelled=lambda: True)


def test_a_seed_gives_the_same_image_each_time() -> None:
    spoiler = Spoiler(make_scene(FLAVOURS[4]))
    for seed in range(5):
        first, second = spoiler.spoil(seed), spoiler.spoil(seed)
        assert (first.words == second.words).all()
        assert (first.registers == second.registers).all()
