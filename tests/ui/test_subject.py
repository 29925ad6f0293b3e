"""What is open is read once, however often it is judged."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import pytest

from leakgui.cli import loading
from leakgui.guidance.engine import judge
from leakgui.model.snapshot import Snapshot
from leakgui.recording.clock import RecordingClock
from leakgui.recording.live import LiveRecording
from leakgui.ui import subject
from leakgui.ui.subject import FileSubject, LiveSubject, _Compared
from tests.unit.heaps import heap, snapshot_of
from tests.unit.session.specimens import TARGET, new_session


class Shelf:
    """Snapshots that count how often each is read."""

    def __init__(self, *numbers: int) -> None:
        self.numbers = list(numbers)
        self.read: list[int] = []

    def headings(self):
        return [SimpleNamespace(number=n, has_heap=False) for n in self.numbers]

    def snapshot(self, number: int) -> Snapshot:
        self.read.append(number)
        return Snapshot(
            number=number,
            name="",
            elapsed_s=float(number),
            taken_unix_s=0.0,
            counters={"handles": float(number)},
            mappings=None,
            handles=None,
            threads=None,
        )


def test_nothing_is_read_twice():
    shelf = Shelf(1, 2)
    compared = _Compared(shelf)
    for _ in range(3):
        assert len(compared.differences(())) == 1
        assert [one.number for one in compared.newest()] == [2]
    assert shelf.read == [1, 2, 2]
    shelf.numbers.append(3)
    assert [d.to_number for d in compared.differences(())] == [2, 3]
    assert [one.number for one in compared.newest()] == [3]


def test_a_judgement_that_overlaps_another_loses_nothing(monkeypatch):
    shelf = Shelf(1, 2, 3)
    compared = _Compared(shelf)
    compare = subject.compare_numbers

    def compare_and_be_overtaken(shelf, before, after, events):
        compared._known = {}  # what another judgement does that ends meanwhile
        return compare(shelf, before, after, events)

    monkeypatch.setattr(subject, "compare_numbers", compare_and_be_overtaken)
    assert [d.to_number for d in compared.differences(())] == [2, 3]


@pytest.mark.parametrize("count", [0, 1])
def test_too_few_snapshots_compare_to_nothing(count):
    compared = _Compared(Shelf(*range(1, count + 1)))
    assert compared.differences(()) == ()
    assert len(compared.newest()) == count


class HeapShelf(Shelf):
    """Snapshots of which some hold a heap."""

    def __init__(self, *numbers: int, without: set[int]) -> None:
        super().__init__(*numbers)
        self.without = without

    def headings(self):
        return [
            SimpleNamespace(
                number=n,
                has_heap=n not in self.without,
                lost_bytes=None if n in self.without else 1.0,
            )
            for n in self.numbers
        ]

    def snapshot(self, number: int) -> Snapshot:
        made = super().snapshot(number)
        grown = heap(groups=[], direct=(number, 10 * number))
        return made if number in self.without else replace(made, heap=grown)


def test_heaps_are_compared_over_snapshots_without_one():
    shelf = HeapShelf(1, 2, 3, 4, without={2})
    compared = _Compared(shelf)
    for _ in range(3):
        found = compared.heap_differences()
        assert [(one.from_number, one.to_number) for one in found] == [(1, 3), (3, 4)]
        assert [one.lost_bytes for one in found] == [20, 10]
    assert shelf.read == [1, 3, 3, 4]


def test_window_and_command_line_judge_the_same_heaps(tmp_path, monkeypatch):
    writer = new_session(tmp_path)
    writer.add_readings(0, {"rss_bytes": 1.0})
    for number, direct in ((1, 3), (2, None), (3, 8)):
        lost = None if direct is None else heap(groups=[], direct=(direct, 10 * direct))
        writer.add_snapshot(snapshot_of(lost, number))
    writer.close()
    seen = []
    judge = loading.judge
    monkeypatch.setattr(loading, "judge", lambda one: seen.append(one) or judge(one))
    loaded = loading.load(writer.path)
    opened = FileSubject(writer.path)
    seen.append(opened.observed())
    opened.close()
    told = [
        [(one.from_number, one.to_number, one.lost) for one in found.heap_differences]
        for found in seen
    ]
    assert told == [[(1, 3, 5)], [(1, 3, 5)]]
    assert loaded.heap.number == 3


def test_window_and_command_line_compare_as_many_snapshots(tmp_path, monkeypatch):
    writer = new_session(tmp_path)
    writer.add_readings(0, {"rss_bytes": 1.0})
    for number in range(1, 26):
        writer.add_snapshot(snapshot_of(None, number))
    writer.close()
    seen = []
    monkeypatch.setattr(loading, "judge", lambda one: seen.append(one) or judge(one))
    loading.load(writer.path)
    opened = FileSubject(writer.path)
    seen.append(opened.observed())
    opened.close()
    pairs = [
        [(one.from_number, one.to_number) for one in found.differences]
        for found in seen
    ]
    assert len(pairs[0]) == 19
    assert pairs[0] == pairs[1]


def test_a_heap_counts_when_plain_snapshots_follow():
    shelf = HeapShelf(1, 2, 3, 4, without={1, 3, 4})
    compared = _Compared(shelf)
    for _ in range(3):
        assert [one.number for one in compared.newest()] == [2, 4]
    assert shelf.read == [2, 4]
    shelf.numbers.append(5)
    assert [one.number for one in compared.newest()] == [5]


def test_one_heap_before_a_plain_snapshot_gives_one_verdict_everywhere(
    tmp_path, monkeypatch
):
    """Live, opened in the window, and judged by the command line."""
    snapshots = [snapshot_of(heap(groups=[], direct=(3, 30)), 1), snapshot_of(None, 2)]
    writer = new_session(tmp_path)
    live = LiveRecording(TARGET, RecordingClock(writer.started_unix_s))
    for elapsed_ms in range(0, 60_000, 100):
        reading = {"anon_bytes": float(elapsed_ms * 1000)}
        writer.add_readings(elapsed_ms, reading)
        live.add_reading(elapsed_ms / 1000, reading)
    for each in snapshots:
        writer.add_snapshot(each)
        live.add_snapshot(each)
    writer.close()
    seen = []
    monkeypatch.setattr(loading, "judge", lambda one: seen.append(one) or judge(one))
    loading.load(writer.path)
    opened = FileSubject(writer.path)
    running = LiveSubject(SimpleNamespace(live=live, path=None))
    seen += [opened.observed(), running.observed()]
    opened.close()
    assert [one.latest_snapshot.number for one in seen] == [2, 2, 2]
    assert [one.latest_heap.number for one in seen] == [1, 1, 1]
    first, *others = [judge(one).findings for one in seen]
    assert "two more heap snapshots" in " ".join(first[0].next_steps)
    assert others == [first, first]
