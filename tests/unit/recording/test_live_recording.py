"""What is known so far is bounded, and the newest of everything stays."""

from __future__ import annotations

import threading

import numpy as np
import pytest

from leakgui.errors import LeakguiError, WriteFailed
from leakgui.model.recording import Event, EventKind, TimeGap
from leakgui.recording.clock import RecordingClock
from leakgui.recording.file_writer import FileWriter
from leakgui.recording.live import MOST_KEPT, LiveRecording
from leakgui.recording.open_gaps import METRICS_OF_TIER
from leakgui.session.opening import open_recording
from leakgui.session.store import SessionWriter
from tests.unit.recording.puppets import TARGET


@pytest.fixture
def live() -> LiveRecording:
    return LiveRecording(TARGET, RecordingClock(0.0))


def gap(from_s: float, to_s: float, *metrics: str) -> TimeGap:
    return TimeGap(from_s=from_s, to_s=to_s, metrics=metrics, cause="late")


def test_metrics_come_in_the_order_of_the_table(live):
    live.add_reading(0.0, {"handles": 1.0, "tomorrow": 3.0, "rss_bytes": 2.0})
    assert live.keys() == ("rss_bytes", "handles", "tomorrow")
    assert live.envelope("pss_bytes") is None
    assert live.first_and_last()[1]["handles"] == 1.0


def test_a_gap_that_grew_is_one_gap(live):
    live.add_gap(gap(1.0, 2.0, "pss_bytes"))
    live.add_gap(gap(1.0, 2.0))
    live.add_gap(gap(1.0, 9.0, "pss_bytes"))
    assert [(g.from_s, g.to_s, g.metrics) for g in live.gaps] == [
        (1.0, 9.0, ("pss_bytes",)),
        (1.0, 2.0, ()),
    ]


def test_events_and_gaps_are_bounded(live):
    for index in range(MOST_KEPT + 5):
        live.add_event(Event(kind=EventKind.NOTE, elapsed_s=float(index)))
        live.add_gap(gap(float(index), index + 0.5))
    assert len(live.events) == len(live.gaps) == MOST_KEPT
    assert live.events[-1].elapsed_s == MOST_KEPT + 4
    assert live.gaps[0].from_s == 5


def test_evidence_can_be_asked_for_while_it_grows(live):
    ended = threading.Event()
    counts = []

    def ask() -> None:
        while not ended.is_set():
            observed = live.observed()
            if "rss_bytes" in observed.cells:
                counts.append(observed.cells["rss_bytes"].samples)

    asker = threading.Thread(target=ask)
    asker.start()
    for index in range(5000):
        live.add_reading(index / 10, {"rss_bytes": float(index), "handles": 2.0})
    ended.set()
    asker.join()
    assert counts == sorted(counts)
    assert live.observed().cells["rss_bytes"].samples == 5000
    assert live.observed().span_s == pytest.approx(499.9)


def test_what_is_kept_is_a_recording(live):
    live.add_reading(0.0, {"rss_bytes": 1.0})
    live.add_reading(0.1, {"rss_bytes": 2.0})
    live.set_facts({"system": "x"})
    found = live.recording()
    np.testing.assert_array_equal(found.series["rss_bytes"].value, [1.0, 2.0])
    assert found.facts == {"system": "x"}


def test_every_tier_has_metrics():
    assert all(METRICS_OF_TIER.values())


def test_a_slow_disk_holds_nobody_up_and_fills_no_memory(tmp_path, monkeypatch):
    monkeypatch.setattr("leakgui.recording.file_writer.MOST_WAITING", 10)
    monkeypatch.setattr("leakgui.recording.file_writer.COMMIT_EVERY_S", 0.02)
    monkeypatch.setattr("leakgui.recording.file_writer.RETRY_EVERY_S", 0.0)
    told: list[LeakguiError | None] = []
    tries = threading.Semaphore(0)
    is_full = threading.Event()
    is_full.set()

    def make() -> SessionWriter:
        tries.release()
        if is_full.is_set():
            message = "no room"
            raise WriteFailed(message)
        return SessionWriter.create(tmp_path / "a.leak", TARGET, 0.0)

    file = FileWriter(make, told.append)
    file.start()
    for ms in range(100):
        file.put(lambda writer, ms=ms: writer.add_readings(ms, {"rss_bytes": ms}))
    for _ in range(3):
        assert tries.acquire(timeout=10)
    assert file.lost > 0
    is_full.clear()
    assert file.flush(10)
    file.stop()
    file.stop()
    assert [problem is None for problem in told] == [False, True]
    assert len(open_recording(tmp_path / "a.leak").series["rss_bytes"]) <= 10


def test_one_bad_piece_of_work_does_not_stop_the_others(tmp_path, log_watch):
    log_watch.expect("could not be written")
    file = FileWriter(
        lambda: SessionWriter.create(tmp_path / "a.leak", TARGET, 0.0), lambda _: None
    )
    file.start()
    file.put(lambda _: 1 / 0)
    file.put(lambda writer: writer.add_readings(5, {"rss_bytes": 1.0}))
    file.stop()
    assert not file.flush(0.1)
    assert len(open_recording(tmp_path / "a.leak").series["rss_bytes"]) == 1
