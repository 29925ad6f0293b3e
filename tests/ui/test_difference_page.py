"""What is not known of a difference is n/a, with its reason, and never zero."""

from __future__ import annotations

import pytest

from leakgui.analysis.difference import compare
from leakgui.model.snapshot import Gap, GapReason
from leakgui.ui.pages.difference import HEAP_SECTIONS, SECTIONS
from tests.ui.heap_puppets import open_puppet
from tests.ui.heap_scenes import DENIED, JEMALLOC, heap, huge, refused, snapshot


@pytest.fixture
def page(qtbot, loaded_window):
    open_puppet(qtbot, loaded_window)
    page = loaded_window.page.difference
    loaded_window.page.tabs.setCurrentWidget(page)
    return page


def button(page, section):
    return page._sections.button(SECTIONS.index(section))


def test_what_is_not_known_is_not_counted_as_zero(page):
    page.show_difference(compare(snapshot(heap(), 1), snapshot(huge(9), 2)))
    assert button(page, "threads").text() == "Threads (n/a)"
    assert button(page, "heap_by_type").text().startswith("Heap by type (1")
    page.show_difference(compare(snapshot(heap(), 1), snapshot(None, 2)))
    assert button(page, "heap_lost").text() == "Lost (n/a)"


@pytest.mark.parametrize("section", HEAP_SECTIONS)
@pytest.mark.parametrize(
    ("after", "reason"),
    [
        (snapshot(None, 2), "Snapshot 2 does not hold the heap."),
        (snapshot(None, 2, [DENIED]), DENIED.detail),
        (snapshot(refused(), 2, [JEMALLOC]), JEMALLOC.detail),
    ],
)
def test_where_one_heap_is_missing_its_reason_is_said(page, after, reason, section):
    page.show_difference(compare(snapshot(heap(), 1), after))
    assert button(page, section).isVisible()
    button(page, section).click()
    assert page.table._empty.text() == reason


def test_a_part_of_the_heap_is_named_with_its_reason(page):
    gap = Gap(where="heap.stack", reason=GapReason.UNREADABLE, detail="")
    page.show_difference(compare(snapshot(heap(), 1), snapshot(None, 2, [gap])))
    page.choose("heap_lost")
    said = page.table._empty.text()
    assert "stack: n/a: could not be read" in said
    assert "Snapshot 2 does not hold the heap." in said


def test_nothing_is_said_of_heaps_that_nobody_asked_for(page):
    page.show_difference(compare(snapshot(None, 1), snapshot(None, 2)))
    assert not any(button(page, section).isVisible() for section in HEAP_SECTIONS)


def test_kinds_of_blocks_are_called_as_on_the_heap_page(page):
    page.show_difference(compare(snapshot(heap(), 1), snapshot(huge(9), 2)))
    page.choose("heap_by_type")
    model = page.table.model
    kinds = {model.index(row, 1).data() for row in range(model.rowCount())}
    assert kinds == {"class", "size only", "text"}
