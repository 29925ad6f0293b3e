"""What hangs on a leaked block, and on nothing else."""

from __future__ import annotations

from leakgui.worker.holding.retaining import retained_by_lost
from leakgui.worker.marking.marking import mark
from tests.unit.worker.drawn_heap import draw


def retained(text: str) -> dict[str, tuple[int, int, str]]:
    heap = draw(text)
    reach = mark(heap.image, heap.walk, heap.roots)
    table = retained_by_lost(heap.image, heap.walk, reach)
    names = [heap.name_of_word(place) for place in table.word.tolist()]
    above = [names[row] if row >= 0 else "" for row in table.dominator.tolist()]
    rows = zip(table.blocks.tolist(), table.bytes.tolist(), above, strict=True)
    return dict(zip(names, rows, strict=True))


def test_a_tree() -> None:
    assert retained("root -> r\na -> b -> c\na -> d") == {
        "a": (4, 160, ""),
        "b": (2, 80, "a"),
        "c": (1, 40, "b"),
        "d": (1, 40, "a"),
    }


def test_what_two_lead_to_hangs_on_neither() -> None:
    assert retained("a -> s\nb -> s -> t") == {
        "a": (1, 40, ""),
        "s": (2, 80, ""),
        "b": (1, 40, ""),
        "t": (1, 40, "s"),
    }


def test_a_diamond_hangs_on_its_top() -> None:
    assert retained("a -> b -> d\na -> c -> d")["a"] == (4, 160, "")


def test_a_cycle_hangs_on_its_leader() -> None:
    assert retained("a -> b -> c -> a") == {
        "a": (3, 120, ""),
        "b": (2, 80, "a"),
        "c": (1, 40, "b"),
    }


def test_nothing_lost() -> None:
    assert retained("root -> a") == {}
