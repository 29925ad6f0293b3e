"""Every tick is read, every hole is told, and one refusal does not stop the rest."""

from __future__ import annotations

import threading
import time

import pytest

from leakgui.errors import AccessDenied, Unsupported
from leakgui.model.metric import Tier
from leakgui.model.recording import EventKind
from leakgui.recording.cadence import Cadence
from leakgui.recording.clock import RecordingClock
from leakgui.recording.sampler import Sampler
from tests.unit.recording.puppets import PuppetReader, seen


class HandClock(RecordingClock):
    """Stands still until the test moves it."""

    def __init__(self) -> None:
        super().__init__(0.0)
        self.now_s = 0.0

    def elapsed_s(self) -> float:
        return self.now_s


class Kept:
    """What came out of the sampler."""

    def __init__(self) -> None:
        self.readings, self.handles, self.gaps, self.events = [], [], [], []
        self.facts = {}

    def take_reading(self, elapsed_ms, reading) -> None:
        self.readings.append((elapsed_ms, dict(reading)))

    def take_handles(self, elapsed_s, handles) -> None:
        self.handles.append((elapsed_s, list(handles)))

    def take_gap(self, gap) -> None:
        self.gaps.append(gap)

    def take_event(self, event) -> None:
        self.events.append(event)

    def take_facts(self, facts) -> None:
        self.facts.update(facts)


class Stage:
    def __init__(self, interval_s: float = 0.1) -> None:
        self.reader, self.kept, self.clock = PuppetReader(), Kept(), HandClock()
        cadence = Cadence(interval_s, 0.01)
        self.sampler = Sampler(self.reader, self.kept, self.clock, cadence, interval_s)
        self.ended: list[float] = []
        self.sampler.after_end = self.ended.append

    def tick_at(self, *times_s: float) -> bool:
        alive = True
        for now_s in times_s:
            self.clock.now_s = now_s
            alive = self.sampler.tick()
        return alive


@pytest.fixture
def stage() -> Stage:
    return Stage()


def test_the_first_tick_reads_everything_at_one_time(stage):
    stage.reader.handles = [seen(3, "/a")]
    stage.tick_at(0.0)
    assert stage.reader.reads == list(Tier)
    [(elapsed_ms, reading)] = stage.kept.readings
    assert elapsed_ms == 0
    assert set(reading) >= {"rss_bytes", "handles_file", "pss_bytes", "limit_handles"}
    assert stage.kept.handles == [(0.0, [seen(3, "/a")])]
    assert stage.kept.facts == {"system": "puppet"}


def test_times_rise_strictly_even_where_the_clock_does_not(stage):
    stage.tick_at(0.0, 0.1, 0.1, 0.05, 0.2)
    times = [elapsed_ms for elapsed_ms, _ in stage.kept.readings]
    assert times == sorted(set(times))


def test_counters_every_tick_the_rest_when_due(stage):
    stage.tick_at(*(i / 10 for i in range(21)))
    assert stage.reader.reads.count(Tier.COUNTERS) == 21
    assert stage.reader.reads.count(Tier.HANDLES) == 3
    assert stage.reader.reads.count(Tier.SHARES) == 2
    assert stage.kept.gaps == []


def test_a_late_reading_is_a_gap_in_everything(stage):
    stage.tick_at(0.0, 0.1, 0.24, 0.3, 0.7)
    [gap] = stage.kept.gaps
    assert (gap.from_s, gap.to_s, gap.metrics) == (0.3, 0.7, ())
    assert "late by 400 ms" in gap.cause


@pytest.mark.parametrize("error", [AccessDenied("no rights"), Unsupported("no rights")])
def test_a_refused_tier_is_one_gap_and_others_go_on(stage, error):
    stage.reader.errors[Tier.SHARES] = error
    stage.tick_at(*(i / 10 for i in range(50)))
    [gap] = stage.kept.gaps
    assert gap.metrics == ("pss_bytes", "uss_bytes")
    assert gap.cause == "no rights"
    assert stage.reader.reads.count(Tier.SHARES) == 1
    assert stage.sampler.cadence.skipped == {Tier.SHARES: "no rights"}
    assert len(stage.kept.readings) == 50
    del stage.reader.errors[Tier.SHARES]
    stage.tick_at(60.0)
    assert stage.kept.gaps[-2].to_s == 60.0 or stage.kept.gaps[-1].to_s == 60.0
    assert not stage.sampler.cadence.skipped
    assert "pss_bytes" in stage.kept.readings[-1][1]


def test_an_open_gap_is_told_again_as_it_grows(stage):
    stage.reader.errors[Tier.SHARES] = AccessDenied("no")
    stage.tick_at(*range(100))
    shares = [gap for gap in stage.kept.gaps if gap.metrics]
    assert {gap.from_s for gap in shares} == {0.0}
    assert 3 <= len(shares) <= 8


def test_a_bug_in_one_tier_does_not_end_the_recording(stage, log_watch):
    log_watch.expect("reading mappings failed")
    stage.reader.errors[Tier.MAPPINGS] = ZeroDivisionError()
    stage.tick_at(0.0, 0.1)
    assert len(stage.kept.readings) == 2
    assert "leakgui failed" in stage.kept.gaps[0].cause


def test_the_end_keeps_what_was_read_before(stage):
    stage.tick_at(0.0)
    stage.reader.is_gone = True
    assert stage.tick_at(0.1) is False
    assert stage.ended == [0.1]
    assert len(stage.kept.readings) == 1


def test_an_end_in_the_middle_of_a_tick_keeps_the_half(stage):
    stage.reader.before[Tier.SHARES] = lambda: setattr(stage.reader, "is_gone", True)
    assert stage.tick_at(0.0) is False
    assert "rss_bytes" in stage.kept.readings[0][1]
    assert "pss_bytes" not in stage.kept.readings[0][1]


def test_a_long_walk_is_the_last_and_leaves_a_gap(stage, monkeypatch):
    times = iter(range(1000))
    cpu = iter(range(1000))
    monkeypatch.setattr(time, "monotonic", lambda: next(times) * 0.25)
    monkeypatch.setattr(time, "thread_time", lambda: next(cpu) * 0.25)
    stage.tick_at(0.0, 2.0, 4.0)
    assert stage.reader.reads.count(Tier.SHARES) == 1
    assert any(gap.metrics == ("pss_bytes", "uss_bytes") for gap in stage.kept.gaps)
    told = [e.text for e in stage.kept.events if e.kind is EventKind.CADENCE]
    assert any("not sampled" in text for text in told)


def test_a_rarer_reading_is_told_once(stage, monkeypatch):
    cpu = iter(i * 0.02 for i in range(100_000))
    monkeypatch.setattr(time, "thread_time", lambda: next(cpu))
    stage.tick_at(*(i / 10 for i in range(100)))
    texts = [e.text for e in stage.kept.events if e.kind is EventKind.CADENCE]
    assert sum("handle kinds" in text for text in texts) == 1
    assert any("every 8.0 s" in text and "20 ms" in text for text in texts)


def test_the_thread_ticks_until_it_is_stopped():
    reader, kept, enough = PuppetReader(), Kept(), threading.Event()
    sampler = Sampler(reader, kept, RecordingClock(), Cadence(0.02, 0.01), 0.02)
    sampler.after_tick = lambda _: len(kept.readings) >= 5 and enough.set()
    sampler.start()
    assert enough.wait(10)
    sampler.stop()
    sampler.stop()
    count = len(kept.readings)
    assert reader.is_closed
    assert sampler.ms_per_sample > 0
    assert sampler.cpu_s > 0
    assert len(kept.readings) == count


def test_passed_ticks_are_missed_and_counted():
    sampler = Stage().sampler
    assert sampler._next_tick(10.0, 10.03) == pytest.approx(10.1)
    assert sampler.missed == 0
    assert sampler._next_tick(10.0, 10.35) == pytest.approx(10.4)
    assert sampler.missed == 3


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_bug_of_the_sink_is_told_before_it_is_raised():
    kept, told = Kept(), threading.Event()
    kept.take_reading = lambda *_: 1 / 0
    sampler = Sampler(PuppetReader(), kept, RecordingClock(), Cadence(1, 0.01), 1)
    sampler.after_failure = told.set
    sampler.start()
    assert told.wait(10)
    sampler.stop()
