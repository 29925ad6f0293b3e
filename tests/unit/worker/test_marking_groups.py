"""Headers before what the program points to, and what only looks like one."""

from __future__ import annotations

from leakgui.model.heap import IntrusiveBlocks, PossibleBlocks
from leakgui.worker.marking.grouping import group_possible
from leakgui.worker.marking.marking import mark
from leakgui.worker.reached import Reach
from tests.unit.worker.drawn_heap import DrawnHeap, draw

Rows = list[tuple[int, int, int]]


def group(text: str) -> tuple[DrawnHeap, Rows, Rows, Reach]:
    heap = draw(text)
    reach = mark(heap.image, heap.walk, heap.roots)
    possible, intrusive, after = group_possible(
        heap.image, heap.walk, heap.roots, reach
    )
    return heap, rows(possible), rows(intrusive), after


def rows(table: PossibleBlocks | IntrusiveBlocks) -> Rows:
    return list(
        zip(
            table.bytes.tolist(),
            table.offset.tolist(),
            table.count.tolist(),
            strict=True,
        )
    )


def entered(count: int, offset: int, size: int = 72) -> str:
    """Draw blocks that the root enters at one offset."""
    return "\n".join(
        f"n{offset}x{size}x{n} {size}\nroot -> n{offset}x{size}x{n}@{offset}"
        for n in range(count)
    )


def test_twenty_at_one_offset_are_headers() -> None:
    _, possible, intrusive, after = group(entered(20, 16))
    assert (possible, intrusive) == ([], [(72, 16, 20)])
    assert after.totals.reachable == 20
    assert after.totals.reachable_bytes == 20 * 72
    assert after.totals.possible == after.totals.possible_bytes == 0


def test_nineteen_are_not() -> None:
    _, possible, intrusive, after = group(entered(19, 16))
    assert (possible, intrusive) == ([(72, 16, 19)], [])
    assert after.totals.possible == 19


def test_several_offsets_or_sizes_are_not() -> None:
    _, possible, intrusive, _ = group(
        "\n".join([entered(15, 16), entered(15, 32), entered(15, 16, 104)])
    )
    assert intrusive == []
    assert possible == [(72, 16, 15), (72, 32, 15), (104, 16, 15)]


def test_a_further_pointer_into_some_does_not_speak_against_a_header() -> None:
    more = "\nroot -> n16x72x0@32\nroot -> n16x72x1@48\nroot -> n16x72x2@8"
    _, possible, intrusive, _ = group(entered(21, 16) + more)
    assert (possible, intrusive) == ([(72, 8, 1)], [(72, 16, 20)])


def test_the_end_may_be_what_all_have_in_common() -> None:
    spread = "\n".join(f"root -> n64x104x{n}@{n % 7 * 8 + 8}" for n in range(25))
    _, possible, intrusive, _ = group(entered(25, 64, 104) + "\n" + spread)
    assert (possible, intrusive) == ([], [(104, 64, 25)])


def test_neither_end_in_common_is_no_header() -> None:
    drawing = "\n".join(
        f"n{n} 104\nroot -> n{n}@{n % 6 * 8 + 8}\nroot -> n{n}@{n % 5 * 8 + 56}"
        for n in range(60)
    )
    _, _, intrusive, after = group(drawing)
    assert intrusive == []
    assert after.totals.possible == 60


def test_what_hangs_on_a_header_is_reachable_and_what_is_lost_stays_lost() -> None:
    drawing = entered(20, 16) + "\nn16x72x3+16 -> kept\nkept -> inner@8\nx -> y"
    heap, possible, _, after = group(drawing)
    assert heap.as_text(after).splitlines()[1:] == [
        "possible: inner",
        "direct: x",
        "indirect: y",
    ]
    assert heap.has(after.reachable, "kept")
    assert possible == [(40, 8, 1)]


def test_a_list_through_headers_needs_only_one_root() -> None:
    chain = " -> ".join(f"n{n}@16" for n in range(30))
    _, possible, intrusive, after = group(f"root -> {chain}")
    assert (possible, intrusive) == ([], [(40, 16, 30)])
    assert after.totals.reachable == 30


def test_pointers_into_oneself_and_to_starts_do_not_count() -> None:
    extra = "\n".join(
        f"n16x72x{n}+0 -> n16x72x{n}@32\nn16x72x{n}+8 -> n16x72x{(n + 1) % 20}"
        for n in range(20)
    )
    _, possible, intrusive, _ = group(entered(20, 16) + "\n" + extra)
    assert (possible, intrusive) == ([], [(72, 16, 20)])


def test_reached_from_another_one_only() -> None:
    _, possible, _, _ = group("root -> a@16\na -> b 40".replace(" 40", ""))
    assert possible == [(40, -1, 1), (40, 16, 1)]


def test_nothing_possible() -> None:
    _, possible, intrusive, _ = group("root -> a\nb 24")
    assert (possible, intrusive) == ([], [])
