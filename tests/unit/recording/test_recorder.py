"""Sampler, snapshots and file together, with a process made of cardboard."""

from __future__ import annotations

import threading
import time
from dataclasses import replace

import numpy as np
import pytest

from leakgui.errors import (
    BadUsage,
    HelperFailed,
    ProcessGone,
    SessionUnreadable,
    WriteFailed,
)
from leakgui.guidance.evidence import observe
from leakgui.model.metric import Tier
from leakgui.model.process import ProcessKey
from leakgui.model.recording import EventKind
from leakgui.recording.heap_taking import HeapWish
from leakgui.recording.recorder import Recorder
from leakgui.session.opening import open_recording
from leakgui.session.reader import SessionReader
from tests.unit.heaps import heap
from tests.unit.recording.puppets import (
    KEY,
    PuppetHelper,
    PuppetPlatform,
    PuppetReader,
    PuppetWorker,
    seen,
)


def until(condition, what: str, patience_s: float = 10.0) -> None:
    """Wait for a condition that another thread brings about."""
    deadline_s = time.monotonic() + patience_s
    while not condition():
        assert time.monotonic() < deadline_s, f"never: {what}"
        time.sleep(0.005)


class Play:
    """A recorder of a puppet."""

    def __init__(self, path, **knobs) -> None:
        self.reader = PuppetReader()
        self.helper = PuppetHelper()
        self.worker = PuppetWorker(heap(groups=[], direct=(1, 10)))
        self.announced = []
        self.recorder = Recorder(
            KEY,
            path,
            interval_s=0.02,
            announce=self.announced.append,
            platform=PuppetPlatform(self.reader),
            helper=self.helper,
            worker=self.worker,
            **knobs,
        )

    def has_readings(self, count: int) -> None:
        live = self.recorder.live
        until(
            lambda: len(live.envelope("rss_bytes") or ()) >= count, f"{count} readings"
        )

    @property
    def kinds(self) -> list[EventKind]:
        return [event.kind for event in self.announced]


@pytest.fixture
def play(tmp_path):
    made = Play(tmp_path / "a.leak")
    yield made
    made.recorder.stop()


def test_what_is_recorded_is_in_the_file_and_in_memory(play, tmp_path):
    play.recorder.start()
    play.has_readings(5)
    play.recorder.mark_step()
    play.recorder.mark_step("again")
    play.recorder.add_note("hello")
    play.recorder.stop()
    play.recorder.stop()
    live, found = play.recorder.live.recording(), open_recording(tmp_path / "a.leak")
    assert set(found.series) == set(live.series)
    for key, series in found.series.items():
        np.testing.assert_array_equal(series.elapsed_s, live.series[key].elapsed_s)
        np.testing.assert_array_equal(series.value, live.series[key].value)
    assert found.events == live.events == tuple(play.announced)
    assert play.kinds == [
        EventKind.STARTED,
        EventKind.STEP,
        EventKind.STEP,
        EventKind.NOTE,
        EventKind.STOPPED,
    ]
    assert [event.number for event in play.announced[1:3]] == [1, 2]
    assert found.facts == live.facts
    assert found.facts["system"] == "puppet"
    assert play.recorder.wait(0)
    assert play.reader.is_closed
    assert play.helper.is_closed
    assert [path.name for path in tmp_path.iterdir()] == ["a.leak"]


def test_evidence_gathered_live_is_that_of_the_file(play, tmp_path):
    play.recorder.start()
    play.has_readings(150)
    play.recorder.stop()
    live = play.recorder.live.observed()
    filed = observe(open_recording(tmp_path / "a.leak"))
    assert live.span_s == filed.span_s
    assert set(live.cells) == set(filed.cells)
    for key, cells in filed.cells.items():
        np.testing.assert_array_equal(cells.mean, live.cells[key].mean)
        np.testing.assert_array_equal(cells.count, live.cells[key].count)


def test_without_a_path_nothing_is_written(tmp_path):
    play = Play(None)
    play.recorder.start()
    snapshot = play.recorder.take_snapshot("one").result(10)
    play.has_readings(3)
    play.recorder.stop()
    assert play.recorder.live.snapshot(1) is snapshot
    assert list(tmp_path.iterdir()) == []


def test_snapshots_are_numbered_named_and_dated(play, tmp_path):
    play.reader.handles = [seen(3, "/a", 7)]
    play.recorder.start()
    play.has_readings(1)
    first = play.recorder.take_snapshot().result(10)
    second = play.recorder.take_snapshot("after").result(10)
    assert (first.number, first.name) == (1, "1")
    assert (second.number, second.name) == (2, "after")
    assert first.taken_unix_s == play.recorder.live.started_unix_s + first.elapsed_s
    assert first.handles is not None
    assert not np.isnan(first.handles.first_seen_s[0])
    assert np.isnan(first.handles.first_seen_s[2])
    play.recorder.rename_snapshot(1, "before")
    play.recorder.stop()
    headings = play.recorder.live.snapshots
    assert [heading.name for heading in headings] == ["before", "after"]
    assert headings[0].threads is None
    with SessionReader(tmp_path / "a.leak") as reader:
        assert reader.headings() == headings
    until(lambda: play.recorder.live.shelf.find(1) is None, "written")
    assert play.recorder.live.snapshot(1).name == "before"
    with pytest.raises(BadUsage):
        play.recorder.live.snapshot(3)


def test_a_failed_snapshot_fails_alone(play):
    play.helper.error = HelperFailed("it died")
    play.recorder.start()
    with pytest.raises(HelperFailed):
        play.recorder.take_snapshot().result(10)
    play.helper.error = None
    assert play.recorder.take_snapshot().result(10).number == 1
    play.has_readings(5)


def test_snapshots_by_themselves(tmp_path):
    play = Play(tmp_path / "a.leak", snapshot_every_s=0.1)
    play.recorder.start()
    until(lambda: len(play.recorder.live.snapshots) >= 2, "two snapshots")
    play.recorder.stop()
    assert EventKind.SNAPSHOT in play.kinds


def test_the_end_of_the_target_is_an_event_and_ends_the_recording(play, tmp_path):
    play.recorder.start()
    play.has_readings(3)
    assert not play.recorder.wait(0)
    play.reader.is_gone = True
    assert play.recorder.wait(10)
    found = open_recording(tmp_path / "a.leak")  # before it is closed
    assert found.events[-1].kind is EventKind.TARGET_ENDED
    assert len(found.series["rss_bytes"]) >= 3
    elapsed_s = play.recorder.live.elapsed_s
    assert play.recorder.live.elapsed_s == elapsed_s
    play.recorder.stop()
    assert play.kinds[-1] is EventKind.TARGET_ENDED  # and not STOPPED


def test_the_exit_code_of_our_own_child_is_kept(tmp_path):
    class Child:
        def wait(self, timeout_s=None) -> int:
            return 137

    play = Play(tmp_path / "a.leak", child=Child())
    play.recorder.start()
    play.has_readings(1)
    play.reader.is_gone = True
    assert play.recorder.wait(10)
    play.recorder.stop()
    found = open_recording(tmp_path / "a.leak")
    assert found.facts["exit_code"] == "137"
    assert "SIGKILL" in found.events[-1].text


def test_stopping_from_an_announcement_does_not_hang(tmp_path):
    play = Play(tmp_path / "a.leak")
    done = threading.Event()

    def stop_at_end(event) -> None:
        if event.kind is EventKind.TARGET_ENDED:
            play.recorder.stop()
            done.set()

    play.recorder._announce = stop_at_end
    play.recorder.start()
    play.has_readings(1)
    play.reader.is_gone = True
    assert done.wait(10)
    assert open_recording(tmp_path / "a.leak").events[-1].kind is EventKind.TARGET_ENDED


def test_a_listener_with_a_bug_does_not_end_the_recording(play, log_watch):
    log_watch.expect("announcing an event failed")
    play.recorder._announce = lambda _: 1 / 0
    play.recorder.start()
    play.has_readings(5)


def test_a_pid_that_was_used_again_is_another_process(tmp_path):
    reader = PuppetReader(ProcessKey(KEY.pid, KEY.start_ticks + 1))
    path = tmp_path / "a.leak"
    recorder = Recorder(
        KEY,
        path,
        platform=PuppetPlatform(reader),
        helper=PuppetHelper(),
        worker=PuppetWorker(),
    )
    with pytest.raises(ProcessGone):
        recorder.start()
    assert not path.exists()
    recorder.stop()


def test_going_on_with_a_file(tmp_path):
    path = tmp_path / "a.leak"
    first = Play(path)
    first.recorder.start()
    first.has_readings(5)
    first.recorder.take_snapshot("one").result(10)
    first.recorder.mark_step()
    first.recorder.stop()
    before = first.recorder.live.recording()
    second = Play(path)
    second.recorder.start()
    assert second.recorder.live.started_unix_s == before.started_unix_s
    second.has_readings(len(before.series["rss_bytes"]) + 5)
    second.recorder.mark_step()
    assert second.recorder.take_snapshot().result(10).number == 2
    second.recorder.stop()
    found = open_recording(path)
    times = found.series["rss_bytes"].elapsed_s
    assert (np.diff(times) > 0).all()
    old = before.series["rss_bytes"].elapsed_s
    np.testing.assert_array_equal(times[: len(old)], old)
    assert "not recorded" in [gap.cause for gap in found.gaps]
    assert [e.number for e in found.events if e.kind is EventKind.STEP] == [1, 2]
    assert len(second.recorder.live.snapshots) == 2


def test_another_process_or_a_foreign_file_is_refused(tmp_path):
    path = tmp_path / "a.leak"
    play = Play(path)
    play.recorder.start()
    other = Play(path)
    with pytest.raises(BadUsage, match="being recorded"):
        other.recorder.start()
    play.recorder.stop()
    other = Play(path)
    other.reader.describe = lambda: replace(PuppetReader().describe(), name="other")
    with pytest.raises(BadUsage, match="not of this run"):
        other.recorder.start()
    assert other.reader.is_closed
    (tmp_path / "b.leak").write_text("my thesis")
    with pytest.raises(SessionUnreadable):
        Play(tmp_path / "b.leak").recorder.start()


def test_where_the_file_cannot_be_made_it_goes_on_and_tries_again(
    tmp_path, monkeypatch, log_watch
):
    log_watch.expect("cannot be made|written again")
    monkeypatch.setattr("leakgui.recording.file_writer.RETRY_EVERY_S", 0.05)
    monkeypatch.setattr("leakgui.recording.file_writer.COMMIT_EVERY_S", 0.05)
    play = Play(tmp_path / "later" / "a.leak")
    play.recorder.start()
    assert isinstance(play.recorder.problem, WriteFailed)
    play.has_readings(10)
    play.recorder.add_note("while there was no file")
    (tmp_path / "later").mkdir()
    until(lambda: play.recorder.problem is None, "writing works again")
    play.recorder.stop()
    found = open_recording(tmp_path / "later" / "a.leak")
    live = play.recorder.live.recording()
    assert len(found.series["rss_bytes"]) == len(live.series["rss_bytes"])
    texts = [event.text for event in found.events]
    assert "while there was no file" in texts
    assert any("cannot be made" in text for text in texts)
    assert any("written again" in text for text in texts)


def test_a_disk_that_fills_up_meanwhile(tmp_path, monkeypatch, log_watch):
    log_watch.expect("disk is full|written again")
    monkeypatch.setattr("leakgui.recording.file_writer.RETRY_EVERY_S", 0.05)
    monkeypatch.setattr("leakgui.recording.file_writer.COMMIT_EVERY_S", 0.05)
    play = Play(tmp_path / "a.leak")
    play.recorder.start()
    play.has_readings(3)
    full = threading.Event()
    full.set()
    writer = play.recorder._file._writer
    commit = writer.commit

    def fail_while_full() -> None:
        if full.is_set():
            message = "the disk is full"
            raise WriteFailed(message)
        commit()

    writer.commit = fail_while_full
    until(lambda: play.recorder.problem is not None, "the problem is seen")
    count = len(play.recorder.live.envelope("rss_bytes"))
    play.has_readings(count + 10)
    full.clear()
    until(lambda: play.recorder.problem is None, "writing works again")
    play.recorder.stop()
    found = open_recording(tmp_path / "a.leak")
    live = play.recorder.live.recording()
    np.testing.assert_array_equal(
        found.series["rss_bytes"].elapsed_s, live.series["rss_bytes"].elapsed_s
    )


def test_closed_handles_are_kept(play, tmp_path):
    play.reader.handles = [seen(3, "/a"), seen(4, "/b")]
    play.recorder.start()
    play.has_readings(1)
    play.reader.handles = [seen(4, "/b")]
    play.recorder._cadence.ask_again(Tier.HANDLES)
    until(play.recorder.live.closed_handles, "a closed handle")
    play.recorder.stop()
    with SessionReader(tmp_path / "a.leak") as reader:
        assert reader.closed_handles() == play.recorder.live.closed_handles()


def test_cost_is_measured(play):
    assert np.isnan(play.recorder.cost.share_of_core)
    play.recorder.start()
    until(lambda: play.recorder.cost.share_of_core > 0, "a share after a second")
    cost = play.recorder.cost
    assert 0 < cost.ms_per_sample < 50
    assert cost.cadence[Tier.HANDLES] >= 1.0
    assert not cost.skipped


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_bug_of_ours_is_a_problem_and_loses_nothing(tmp_path, log_watch):
    path = tmp_path / "a.leak"
    play = Play(path)
    play.recorder.start()
    play.has_readings(3)

    def fail(_: float) -> None:
        raise RuntimeError

    play.recorder._sampler._gaps.grow = fail
    assert play.recorder.wait(10)
    play.recorder.stop()
    assert "reads no more" in play.recorder.problem.message
    assert len(open_recording(path).series["rss_bytes"]) >= 3


AT_ONCE = HeapWish(confirm_after_s=0)


def test_a_heap_is_kept_told_and_can_be_looked_into(play, tmp_path):
    play.recorder.start()
    assert play.recorder.estimate_heap_copy() == "an estimate"
    assert play.recorder.heap_number is None
    snapshot = play.recorder.take_snapshot("with heap", AT_ONCE).result(10)
    assert snapshot.heap.leaked.direct == 1
    assert snapshot.was_stopped
    assert play.recorder.heap_number == snapshot.number == 1
    assert play.recorder.describe_block(7) == "block at 7"
    assert play.recorder.heap_stage is None
    play.recorder.stop()
    (heading,) = play.recorder.live.snapshots
    assert (heading.has_heap, heading.lost_bytes) == (True, 10)
    with SessionReader(tmp_path / "a.leak") as reader:
        assert reader.snapshot(1).heap.leaked == snapshot.heap.leaked
        assert reader.headings() == (heading,)
    assert play.worker.is_closed


def test_automatic_snapshots_look_into_the_heap_where_that_is_wished(tmp_path):
    play = Play(None, snapshot_every_s=0.05, heap=AT_ONCE)
    play.recorder.start()
    live = play.recorder.live
    until(lambda: len(live.snapshots) > 2, "automatic snapshots")
    play.recorder.stop()
    # 12.5 ms of standing still are half a percent of 2.5 s.
    assert [heading.has_heap for heading in live.snapshots][:3] == [True, False, False]


def test_stopping_cuts_a_look_short_and_keeps_what_there_is(play, tmp_path):
    play.recorder.start()
    future = play.recorder.take_snapshot("", HeapWish(confirm_after_s=600))
    until(lambda: play.worker.asked, "the first look")
    play.recorder.stop()
    snapshot = future.result(0)
    assert snapshot.heap.looks == 1
    with SessionReader(tmp_path / "a.leak") as reader:
        assert reader.snapshot(1).heap.leaked.direct == 1


def test_a_heap_can_be_given_up_and_the_recording_goes_on(play):
    play.recorder.start()
    future = play.recorder.take_snapshot("", HeapWish(confirm_after_s=600))
    until(lambda: play.worker.asked, "the first look")
    play.recorder.cancel_heap()
    assert future.result(10).heap.looks == 1
    assert play.recorder.take_snapshot("", AT_ONCE).result(10).gaps == ()


def test_the_target_may_end_during_a_look(play):
    play.recorder.start()
    play.has_readings(2)
    play.helper.copies = [ProcessGone("It ended.")]
    snapshot = play.recorder.take_snapshot("", AT_ONCE).result(10)
    assert snapshot.heap is None
    assert [gap.where for gap in snapshot.gaps] == ["heap"]
    play.reader.is_gone = True
    assert play.recorder.wait(10)
    assert EventKind.TARGET_ENDED in play.kinds
    assert EventKind.SNAPSHOT in play.kinds
