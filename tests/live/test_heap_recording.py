"""Heaps of a real program beside its recording: counted exactly, never disturbed."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from leakgui.analysis.difference import compare
from leakgui.cli.snapshots_read import read_snapshots
from leakgui.model.heap import Level
from leakgui.model.process import ProcessKey
from leakgui.model.recording import EventKind
from leakgui.probe.platform import current
from leakgui.recording.heap_taking import HeapWish
from leakgui.recording.recorder import Recorder
from leakgui.session.reader import SessionReader
from tests.live.leaky import (
    DIRECT,
    DIRECT_BYTES,
    INDIRECT,
    INDIRECT_BYTES,
    KEPT,
    KEPT_MORE,
    Leaky,
    build,
)

pytestmark = pytest.mark.live

SOON = HeapWish(confirm_after_s=0.2)
PATIENCE_S = 120.0


@pytest.fixture(scope="module")
def program(tmp_path_factory) -> Path:
    return build(tmp_path_factory.mktemp("leaky"))


@pytest.fixture
def leaky(program) -> Iterator[Leaky]:
    running = Leaky(program)
    yield running
    running.end()


@pytest.fixture
def recorder(leaky, tmp_path) -> Iterator[Recorder]:
    made = Recorder(key_of(leaky), tmp_path / "a.leak", interval_s=0.02)
    made.start()
    yield made
    made.stop()


def key_of(leaky: Leaky) -> ProcessKey:
    return current().find_key(leaky.pid)


def until(condition: Callable[[], bool], what: str) -> None:
    deadline_s = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline_s, f"never: {what}"
        time.sleep(0.01)


def state_of(pid: int) -> str:
    stat = Path(f"/proc/{pid}/stat").read_text("utf-8")
    return stat.rpartition(")")[2].split()[0]


def test_what_is_lost_and_kept_is_counted_exactly(leaky, recorder):
    leaky.tell("leak")
    snapshot = recorder.take_snapshot("", SOON).result(PATIENCE_S)
    heap = snapshot.heap
    assert heap is not None, snapshot.gaps
    leaked = heap.leaked
    assert (leaked.direct, leaked.direct_bytes) == (DIRECT, DIRECT_BYTES)
    assert (leaked.indirect, leaked.indirect_bytes) == (INDIRECT, INDIRECT_BYTES)
    assert leaked.reachable >= KEPT
    assert heap.blocks.in_use >= DIRECT + INDIRECT + KEPT
    assert (heap.looks, len(heap.paused_ms)) == (2, 2)
    assert snapshot.was_stopped
    assert 0 < snapshot.paused_ms == sum(heap.paused_ms) < 2000
    assert snapshot.gaps == ()
    assert int(heap.composition.bytes.sum()) == heap.resident_bytes
    assert state_of(leaky.pid) == "S"  # it waits for its next line, as before


def test_growth_between_two_heaps_is_what_was_done(leaky, recorder, tmp_path):
    before = recorder.take_snapshot("", SOON).result(PATIENCE_S)
    between = recorder.take_snapshot("without").result(PATIENCE_S)
    leaky.tell("leak")
    leaky.tell("keep")
    after = recorder.take_snapshot("", SOON).result(PATIENCE_S)
    assert between.heap is None
    changes = compare(before, after)
    assert changes.heap.lost == DIRECT + INDIRECT
    assert changes.heap.lost_bytes == DIRECT_BYTES + INDIRECT_BYTES
    by_size = dict(
        zip(changes.heap_by_size.key.as_list(), changes.heap_by_size.delta, strict=True)
    )
    assert by_size["136 bytes"] == DIRECT
    assert by_size["40 bytes"] == INDIRECT
    assert by_size["72 bytes"] == KEPT_MORE
    assert int(changes.heap_lost.delta.sum()) == DIRECT + INDIRECT
    recorder.stop()
    with SessionReader(tmp_path / "a.leak") as reader:
        again = compare(reader.snapshot(before.number), reader.snapshot(after.number))
        assert [one.has_heap for one in reader.headings()] == [True, False, True]
    assert again.heap.lost_bytes == changes.heap.lost_bytes
    assert again.heap_by_type.key.as_list() == changes.heap_by_type.key.as_list()


def test_one_look_stays_one_look(leaky, recorder):
    leaky.tell("leak")
    wish = HeapWish(confirm_after_s=0)
    heap = recorder.take_snapshot("", wish).result(PATIENCE_S).heap
    assert (heap.looks, heap.leaked.direct) == (1, DIRECT)


def test_a_fork_finds_the_same(leaky, recorder):
    leaky.tell("leak")
    wish = HeapWish(level=Level.INJECT, confirm_after_s=0)
    heap = recorder.take_snapshot("", wish).result(PATIENCE_S).heap
    assert (heap.leaked.direct, heap.leaked.indirect) == (DIRECT, INDIRECT)
    assert heap.level is Level.INJECT or heap.notes
    leaky.tell("keep")  # it still answers


def test_a_lost_block_can_be_looked_at_closely(leaky, recorder):
    leaky.tell("leak")
    snapshot = recorder.take_snapshot("", SOON).result(PATIENCE_S)
    assert recorder.heap_number == snapshot.number
    lost = snapshot.heap.lost
    leader = lost.address[int(lost.indirect.argmax())]
    assert int(lost.indirect.max()) == 1
    detail = recorder.describe_block(int(leader))
    assert detail.state == "direct"
    assert detail.usable_bytes == DIRECT_BYTES // DIRECT
    assert [found.usable_bytes for found in detail.points_to] == [40]
    assert recorder.describe_block(8) is None


def test_readings_go_on_while_the_program_stands_still(leaky, recorder):
    leaky.tell("leak")
    live = recorder.live
    until(lambda: live.envelope("rss_bytes") is not None, "the first reading")
    recorder.take_snapshot("", SOON).result(PATIENCE_S)
    count = len(live.envelope("rss_bytes"))
    until(lambda: len(live.envelope("rss_bytes")) > count + 5, "readings afterwards")
    rss = live.envelope("rss_bytes").samples().value
    assert float(np.ptp(rss)) < 4 << 20  # copying it is no growth of it
    assert not any(gap.metrics for gap in live.gaps)


def test_automatic_heaps_are_put_before_the_rules(leaky, tmp_path):
    made = Recorder(
        key_of(leaky), tmp_path / "b.leak", snapshot_every_s=0.5,
        heap=HeapWish(confirm_after_s=0),
    )  # fmt: skip
    made.start()

    def has_heaps(count: int) -> bool:
        return sum(one.has_heap for one in made.live.snapshots) >= count

    try:
        until(lambda: has_heaps(1), "an automatic heap")
        leaky.tell("leak")
        until(lambda: has_heaps(3), "two more: one may have been under way")
    finally:
        made.stop()
    with SessionReader(tmp_path / "b.leak") as reader:
        read = read_snapshots(reader, reader.headings(), ())
    assert sum(one.lost for one in read.heap_differences) == DIRECT + INDIRECT


def test_the_end_of_the_program_during_a_look_is_an_event(leaky, recorder):
    leaky.tell("leak")
    future = recorder.take_snapshot("", HeapWish(confirm_after_s=600))
    until(
        lambda: (
            recorder.heap_stage is not None and "second" in recorder.heap_stage.text
        ),
        "waiting for the second look",
    )
    leaky.end()
    assert recorder.wait(PATIENCE_S)
    recorder.stop()
    assert future.result(PATIENCE_S).heap.leaked.direct == DIRECT
    kinds = [event.kind for event in recorder.live.events]
    assert EventKind.TARGET_ENDED in kinds
    assert EventKind.SNAPSHOT in kinds


def test_stopping_the_recording_lets_the_program_run_on(leaky, recorder):
    leaky.tell("leak")
    for _ in range(3):
        recorder.take_snapshot("", SOON)
    recorder.stop()
    leaky.tell("keep")
    leaky.tell("spin")
    until(lambda: state_of(leaky.pid) == "R", "running")
    assert "TracerPid:\t0" in Path(f"/proc/{leaky.pid}/status").read_text("utf-8")
    os.kill(leaky.pid, 0)
