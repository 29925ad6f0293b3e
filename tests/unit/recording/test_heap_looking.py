"""A look into a heap: one or two copies, and whatever can stand in the way."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest

from leakgui.errors import AccessDenied, HelperFailed, ProcessGone, Unsupported
from leakgui.model.heap import Level
from leakgui.model.snapshot import Gap, GapReason
from leakgui.recording.heap_looking import HeapLooking, add_look
from leakgui.recording.heap_taking import HeapWish
from tests.unit.heaps import heap, snapshot_of
from tests.unit.recording.puppets import KEY, PuppetCopy, PuppetHelper, PuppetWorker

CLEAN = heap(groups=[])
LOSSY = heap(groups=[], direct=(3, 300))
SOON = HeapWish(confirm_after_s=0.01)


def never() -> bool:
    return False


def look(helper, *found, wish=SOON, cancelled=never):
    looking = HeapLooking(helper, PuppetWorker(*found))
    looking.warm_up()
    return looking.look(KEY, wish, cancelled), looking


def test_a_clean_heap_is_looked_at_once():
    helper = PuppetHelper()
    found, looking = look(helper, CLEAN)
    assert looking.worker.asked == [False]
    assert found.heap.looks == 1
    assert found.heap.paused_ms == (12.5,)
    assert found.paused_ms == 12.5
    assert (found.gaps, found.refusal) == ((), None)
    assert looking.stage is None


def test_what_seems_lost_is_looked_at_again():
    helper = PuppetHelper()
    helper.copies = [PuppetCopy(10.0), PuppetCopy(7.5)]
    found, looking = look(helper, LOSSY, LOSSY)
    assert looking.worker.asked == [False, True]
    assert (found.heap.looks, found.heap.paused_ms) == (2, (10.0, 7.5))
    assert found.paused_ms == 17.5
    assert all(copy.is_closed for copy, _ in helper.given)


def test_the_second_copy_is_long_enough_after_the_first():
    begun_s = time.monotonic()
    found, _ = look(PuppetHelper(), LOSSY, wish=HeapWish(confirm_after_s=0.3))
    assert time.monotonic() - begun_s >= 0.3
    assert found.cost_ms < 200  # waiting costs nothing


def test_one_look_only_where_that_is_wished():
    found, looking = look(PuppetHelper(), LOSSY, wish=HeapWish(confirm_after_s=0))
    assert looking.worker.asked == [False]
    assert found.heap.looks == 1


def test_the_level_is_passed_on():
    helper = PuppetHelper()
    look(helper, CLEAN, wish=HeapWish(level=Level.INJECT))
    assert [level for _, level in helper.given] == [Level.INJECT]


def test_gaps_and_notes_of_the_copy_are_those_of_the_heap():
    helper, copy = PuppetHelper(), PuppetCopy()
    copy.gaps = (Gap(where="modules", reason=GapReason.DENIED, detail="libc"),)
    copy.notes = ("No fork was made.",)
    helper.copies = [copy]
    found, _ = look(helper, CLEAN)
    assert [gap.where for gap in found.gaps] == ["heap.modules"]
    assert found.heap.notes == ("No fork was made.",)


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (AccessDenied("Not allowed.", "Try this."), GapReason.DENIED),
        (ProcessGone("It ended."), GapReason.VANISHED),
        (Unsupported("32 bits."), GapReason.UNSUPPORTED),
        (HelperFailed("It died."), GapReason.UNREADABLE),
    ],
)
def test_a_refused_copy_is_a_gap_with_what_would_help(error, reason):
    helper = PuppetHelper()
    helper.copies = [error]
    found, _ = look(helper, CLEAN)
    assert found.heap is None
    assert found.refusal is error
    (gap,) = found.gaps
    assert (gap.where, gap.reason) == ("heap", reason)
    assert gap.detail == f"{error.message} {error.hint}".strip()


def test_a_pause_for_nothing_is_told():
    found, _ = look(PuppetHelper(), HelperFailed("The worker died."))
    assert found.heap is None
    assert found.paused_ms == 12.5
    snapshot = add_look(snapshot_of(None), found)
    assert snapshot.was_stopped
    assert snapshot.paused_ms == 12.5


def test_a_fresh_worker_confirms_nothing():
    found, _ = look(PuppetHelper(), LOSSY, replace(LOSSY, looks=1))
    assert found.heap.looks == 1
    assert len(found.heap.paused_ms) == 2


@pytest.mark.parametrize("stage", ["copy", "interpretation"])
def test_the_first_look_is_kept_where_the_second_fails(stage):
    helper, error = PuppetHelper(), ProcessGone("It ended meanwhile.")
    helper.copies = [PuppetCopy(), error if stage == "copy" else PuppetCopy()]
    found, _ = look(helper, LOSSY, LOSSY if stage == "copy" else HelperFailed("died"))
    assert found.heap.leaked.direct == 3
    assert found.heap.looks == 1
    assert found.refusal is None
    assert [gap.where for gap in found.gaps] == ["heap.second look"]


@pytest.mark.parametrize("missing", ["blocks", "leaked"])
def test_an_allocator_that_is_not_understood_is_told_with_the_reason(missing):
    strange = heap(
        groups=None, without=missing, allocator="jemalloc", notes=("No glibc here.",)
    )
    found, looking = look(PuppetHelper(), strange)
    assert looking.worker.asked == [False]
    assert found.heap.allocator == "jemalloc"
    (gap,) = found.gaps
    assert (gap.where, gap.reason) == ("heap", GapReason.UNSUPPORTED)
    assert "No glibc here." in gap.detail


def test_a_look_can_be_given_up_while_it_waits():
    calls = iter([False, False, True])
    begun_s = time.monotonic()
    found, looking = look(
        PuppetHelper(),
        LOSSY,
        wish=HeapWish(confirm_after_s=60),
        cancelled=calls.__next__,
    )
    assert time.monotonic() - begun_s < 10
    assert looking.worker.asked == [False]
    assert found.heap.leaked.direct == 3
    assert [gap.where for gap in found.gaps] == ["heap.second look"]


@pytest.mark.parametrize(
    ("is_new", "text"),
    [
        (False, "Searching for pointers"),
        (True, "Preparing the engine, once after an installation"),
    ],
)
def test_how_far_it_is_can_be_asked(is_new, text):
    helper, worker = PuppetHelper(), PuppetWorker(CLEAN)
    worker.is_new = is_new
    looking, stages = HeapLooking(helper, worker), []
    worker.before = lambda: stages.append(looking.stage)
    looking.warm_up()
    looking.look(KEY, SOON, never)
    assert [(stage.text, stage.total) for stage in stages] == [(text, 1)]


def test_another_helper_takes_the_place_of_the_first():
    first, second = PuppetHelper(), PuppetHelper()
    looking = HeapLooking(first, PuppetWorker(CLEAN))
    looking.use_helper(second)
    assert first.is_closed
    looking.warm_up()
    looking.look(KEY, SOON, never)
    assert len(second.given) == 1


def test_a_snapshot_adds_up_what_the_look_cost():
    found, _ = look(PuppetHelper(), CLEAN)
    snapshot = add_look(snapshot_of(None), found)
    assert snapshot.heap is not None
    assert snapshot.was_stopped
    assert snapshot.cost_ms == pytest.approx(found.cost_ms)


@pytest.mark.parametrize(("keeps", "forgotten"), [(True, 0), (False, 1)])
def test_the_copy_is_given_back_where_nobody_can_look_into_it(keeps, forgotten):
    worker = PuppetWorker(LOSSY)
    looking = HeapLooking(PuppetHelper(), worker, keep_blocks=keeps)
    looking.warm_up()
    found = looking.look(KEY, SOON, never)
    assert worker.forgotten == forgotten
    assert found.heap.looks == 2
