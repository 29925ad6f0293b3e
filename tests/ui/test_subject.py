"""What is open is read once, however often it is judged."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from leakgui.model.snapshot import Snapshot
from leakgui.ui import subject
from leakgui.ui.subject import _Compared


class Shelf:
    """Snapshots that count how often each is read."""

    def __init__(self, *numbers: int) -> None:
        self.numbers = list(numbers)
        self.read: list[int] = []

    def headings(self):
        return [SimpleNamespace(number=number) for number in self.numbers]

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
        assert compared.latest().number == 2
    assert shelf.read == [1, 2, 2]
    shelf.numbers.append(3)
    assert [d.to_number for d in compared.differences(())] == [2, 3]
    assert compared.latest().number == 3


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
    assert (compared.latest() is None) == (count == 0)
