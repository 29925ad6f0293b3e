"""The Heap page on invented heaps: what it shows, and what clicks and keys do."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import QCoreApplication, QSettings, Qt, QTranslator
from PySide6.QtTest import QAbstractItemModelTester, QTest

from leakgui.analysis.difference import compare
from leakgui.model.heap import Level
from leakgui.model.snapshot import Gap, GapReason
from leakgui.recording.heap_taking import HeapStage
from leakgui.settings import Settings
from leakgui.ui.application import make_application, make_window
from leakgui.ui.heap_progress import HeapProgress
from leakgui.ui.heap_sections import SECTIONS
from leakgui.ui.heap_words import heap_line, heap_troubles
from tests.ui.heap_puppets import open_puppet
from tests.ui.heap_scenes import (
    DENIED,
    JEMALLOC,
    block,
    groups,
    heap,
    held_block,
    huge,
    partly_walked,
    refused,
    snapshot,
)


@pytest.fixture
def window(qtbot):
    QSettings().clear()
    make_application()
    window = make_window(Settings())
    qtbot.addWidget(window)
    window.load()
    window.show()
    yield window
    window.close()


@pytest.fixture
def page(qtbot, window):
    """The page on a heap that was just taken, its contents still there."""
    subject = open_puppet(qtbot, window, snapshot(heap()))
    subject.recorder.heap_number = 1
    first = block()
    subject.recorder.blocks = {
        first.address: first,
        first.points_to[1].address: held_block(first.points_to[1].address),
    }
    window.page.show_heap()
    return window.page.heap


def titles(table):
    return [column.title for column in table.model.columns]


def cells(table, title):
    place = titles(table).index(title)
    rows = range(table.model.rowCount())
    return [table.model.index(row, place).data() for row in rows]


# -- summary -------------------------------------------------------------------


def test_the_line_says_what_was_found_and_what_it_cost():
    assert heap_line(heap()) == (
        "glibc 2.27 to 2.42 · 709,415 blocks in use, 56.6 MiB · "
        "lost 24,345 blocks, 2.39 MiB · possibly lost 3, 552 B · "
        "stopped 31 ms + 29 ms · 2 looks"
    )


def test_what_is_not_known_is_never_zero():
    assert heap_line(partly_walked()).endswith("lost n/a · stopped 31 ms · 1 look")
    assert "blocks n/a · lost n/a" in heap_line(refused())


def test_one_look_is_told_as_not_confirmed():
    once = replace(heap(), looks=1, paused_ms=(0.42,), level=Level.INJECT)
    assert heap_line(once).endswith(
        "fork snapshot, stopped 0.4 ms · 1 look, not confirmed"
    )


def test_troubles_are_said_plainly():
    walked, note = heap_troubles(snapshot(partly_walked()))
    assert walked.startswith("Partly walked: 62 % of the arenas")
    assert note == "A fork was not possible: a seccomp filter is set."
    assert heap_troubles(snapshot(refused(), gaps=[JEMALLOC])) == [JEMALLOC.detail]


def test_what_explains_a_gap_is_said_once():
    kept = partly_walked()
    gap = Gap(
        where="heap",
        reason=GapReason.UNSUPPORTED,
        detail=f"What is lost could not be found out. {kept.notes[0]}",
    )
    again = Gap(where="heap.second look", reason=GapReason.DENIED, detail="Refused.")
    said = heap_troubles(snapshot(kept, gaps=[gap, again]))
    assert said[1:] == [gap.detail, "second look: Refused."]


def test_the_bar_has_a_legend_that_adds_up_to_rss(page):
    entries = page.summary.entries()
    assert "Lost 2.39 MiB" in entries
    assert "Counted otherwise −40.0 KiB" in entries
    assert entries[-1] == "= RSS 94.1 MiB"
    page.show_snapshot(snapshot(heap(), 2))
    assert page.summary.entries() == entries


class Marker(QTranslator):
    """Puts marks around all that is translated."""

    def isEmpty(self) -> bool:  # noqa: N802  # named by Qt
        return False

    def translate(self, _context, source, *_) -> str:
        return f"«{source}»"


@pytest.fixture
def marked(window):
    marker = Marker()
    QCoreApplication.installTranslator(marker)
    yield
    QCoreApplication.removeTranslator(marker)


def test_the_words_beside_the_figures_are_translated(window, marked):
    page = window.page.heap
    page.show_snapshot(snapshot(heap(), 1))
    assert page.summary.entries()[-1] == "«= RSS 94.1 MiB»"
    told = page.summary.bar._parts[0].text
    assert told.startswith("«In use: 54.2 MiB («56,860,000 bytes»), 5")
    assert told.endswith(" of RSS»")
    page.choose("suspects")
    assert cells(page.table, "«No virtual destructor»") == ["«likely»"]


def test_kinds_of_changes_are_translated(window, marked):
    page = window.page.difference
    page.show_difference(compare(snapshot(heap(), 1), snapshot(huge(9), 2)))
    page.choose("heap_by_type")
    assert set(cells(page.table, "«Kind»")) == {"«class»", "«size only»", "«text»"}


# -- sections ------------------------------------------------------------------


def test_types_come_first_with_what_is_lost(page):
    assert titles(page.table)[:4] == ["Type", "Size", "Bytes", "Blocks"]
    assert cells(page.table, "Size")[0] == "1.00 KiB to 2.00 KiB"
    assert cells(page.table, "Lost").count("") == 4
    assert "Lost 24,345" in page.table.footer.text()
    assert page.treemap.isVisible()


def test_blocks_can_be_put_together_otherwise(page):
    page._by.setCurrentIndex(1)
    assert "Size" not in titles(page.table)
    page._by.setCurrentIndex(2)
    assert "Type" not in titles(page.table)
    assert page.table.model.rowCount() == 6


@pytest.mark.parametrize("section", SECTIONS)
@pytest.mark.parametrize("scene", [heap, partly_walked, refused, huge])
def test_every_section_shows_rows_or_a_reason(qtbot, page, section, scene):
    gaps = [JEMALLOC] if scene is refused else []
    page.show_snapshot(snapshot(scene(), 2, gaps))
    page.choose(section)
    QAbstractItemModelTester(page.table.model)
    assert page.table.model.rowCount() or page.table._empty.text()
    page.grab()


def test_figures_that_grow_get_the_room_they_need(page):
    header, place = page.table.view.horizontalHeader(), titles(page.table).index("Lost")
    few = replace(groups(), count=groups().count // 1_000)
    page.show_snapshot(snapshot(replace(heap(), groups=few), 2))
    page.table.show_reason("")
    page._show_section()
    narrow, name = header.sectionSize(place), header.sectionSize(0)
    many = replace(groups(), count=groups().count * 1_000_000)
    page.show_snapshot(snapshot(replace(heap(), groups=many), 3))
    assert header.sectionSize(place) > narrow
    assert header.sectionSize(0) == name
    page.show_snapshot(snapshot(replace(heap(), groups=few), 4))
    assert header.sectionSize(place) > narrow


def test_leaders_are_listed_with_what_hangs_on_them(page):
    page.choose("lost")
    assert cells(page.table, "Total")[0] == "28.3 KiB"
    assert cells(page.table, "Blocks on it") == ["1,200", "4", ""]
    assert "12,000 lost blocks lead to 12,345 more" in page.table.title.text()
    assert "listed are the 3" in page.table.title.text()


def test_where_nothing_hangs_on_a_leader_there_are_no_columns_for_it(page):
    rows = heap().lost
    alone = replace(rows, indirect=rows.indirect * 0)
    page.show_snapshot(snapshot(replace(heap(), lost=alone), 2))
    page.choose("lost")
    assert titles(page.table) == ["Type", "Size", "Address", "Peek"]


def test_headers_of_the_program_itself_are_said_to_be_reachable(page):
    page.choose("possible")
    assert "5,000 more" in page.table.title.text()
    assert "counted as reachable" in page.table.title.text()
    assert cells(page.table, "Pointed to at") == ["+64", "through another block"]


def test_a_suspicion_has_its_grounds(page):
    page.choose("suspects")
    assert cells(page.table, "No virtual destructor") == ["likely"]
    assert cells(page.table, "Who owns such blocks") == ["67 of 67 at +8"]


def test_an_allocator_that_is_not_understood_gives_its_reason_only(page):
    page.show_snapshot(snapshot(refused(), 2, [JEMALLOC]))
    assert page.table._empty.text() == JEMALLOC.detail
    assert not page._bar.isVisible()
    assert "jemalloc" in page.summary.line.text()


def test_a_refusal_says_why_and_how_to_try_again(page):
    page.show_snapshot(snapshot(None, 2, [DENIED]))
    assert page.table._empty.text() == DENIED.detail
    assert page._take.isVisible()
    assert not page.summary.isVisible()
    page.show_snapshot(snapshot(None, 3))
    assert page.table._empty.text() == "Snapshot 3 was taken without the heap."


# -- treemap and table ---------------------------------------------------------


def test_a_tile_and_its_row_are_chosen_together(page):
    page.treemap.chosen.emit(3)
    assert page.table.view.currentIndex().row() == 3
    page.table.view.setCurrentIndex(page.table.model.index(4, 0))
    assert "net::Session" in page.treemap.accessibleName()


def test_a_tile_whose_row_is_filtered_away_lifts_the_filter(page):
    page.table.filter.setText("polygon")
    page.treemap.chosen.emit(1)
    assert page.table.filter.text() == ""
    assert page.table.view.currentIndex().row() == 1


def test_many_types_are_drawn_as_the_largest_and_the_rest(page):
    page.show_snapshot(snapshot(huge(), 2))
    assert len(page.treemap.tiles) == 201
    assert page.treemap.tiles[-1].label == "19,800 others"


# -- one block -----------------------------------------------------------------


def test_a_lost_block_is_looked_at_and_walked_from(qtbot, page):
    page.choose("lost")
    page.table.view.setCurrentIndex(page.table.model.index(0, 0))
    view = page.block
    qtbot.waitUntil(lambda: "net::Session" in view._title.text())
    assert "lost: nothing points to it" in view._title.text()
    assert "12 more lost blocks (5.86 KiB) hang on it alone" in view._path.text()
    assert "GET /ind" in view._dump.toPlainText()
    assert view._tabs.tabText(2) == "Points to (12)"
    assert not view._back.isEnabled()
    view._tabs.setCurrentIndex(2)
    view._to.itemActivated.emit(view._to.topLevelItem(1), 0)
    qtbot.waitUntil(lambda: "std::map" in view._title.text())
    assert "global g_cache → Registry+24" in view._path.text()
    view._back.click()
    qtbot.waitUntil(lambda: "net::Session" in view._title.text())
    assert not view._back.isEnabled()


def test_a_click_on_the_chosen_leader_leads_back_to_it(qtbot, page):
    page.choose("lost")
    table, view = page.table.view, page.block
    first = table.visualRect(page.table.model.index(0, 0)).center()
    QTest.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=first)
    qtbot.waitUntil(lambda: "net::Session" in view._title.text())
    view._to.itemActivated.emit(view._to.topLevelItem(1), 0)
    qtbot.waitUntil(lambda: "std::map" in view._title.text())
    QTest.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=first)
    qtbot.waitUntil(lambda: "net::Session" in view._title.text())


def test_a_block_that_was_asked_for_is_waited_for(page):
    page.block.start_at(block().address)
    assert page.block._title.text() == "Looking at the block…"


def test_no_line_of_the_contents_is_cut_off(qtbot, window, page):
    window.resize(1100, 800)
    page.choose("lost")
    page.table.view.setCurrentIndex(page.table.model.index(0, 0))
    dump = page.block._dump
    qtbot.waitUntil(lambda: bool(dump.toPlainText()))
    for width in (1100, 1900):
        window.resize(width, 800)
        qtbot.waitUntil(lambda width=width: window.width() == width)
        qtbot.waitUntil(lambda: dump.horizontalScrollBar().maximum() == 0)


def test_an_address_can_be_typed(qtbot, page):
    page.choose("lost")
    view = page.block
    for text, said in (
        ("nonsense", "no address"),
        ("-1", "no address"),
        ("0x1000", "No block in use"),
        (f"{block().address:x}", "net::Session"),
    ):
        view._field.setText(text)
        QTest.keyClick(view._field, Qt.Key.Key_Return)
        qtbot.waitUntil(lambda said=said: said in view._title.text())


def test_contents_that_were_not_kept_are_told(qtbot, page):
    page.show_snapshot(snapshot(heap(), 2))
    page.choose("lost")
    page.table.view.setCurrentIndex(page.table.model.index(1, 0))
    assert "were not kept" in page.block._title.text()


def test_holders_lead_to_their_block(qtbot, page):
    page.choose("holders")
    page.table.view.setCurrentIndex(page.table.model.index(0, 0))
    qtbot.waitUntil(lambda: "No block in use" in page.block._title.text())


# -- the window around it ------------------------------------------------------


def test_the_list_marks_snapshots_with_a_heap(qtbot, window):
    open_puppet(
        qtbot, window, snapshot(None, 1), snapshot(heap(), 2), snapshot(refused(), 3)
    )
    tree = window.page.snapshots._tree
    lost = [tree.topLevelItem(row).text(3) for row in range(3)]
    assert lost == ["", "2.39 MiB", "n/a"]
    has_mark = [not tree.topLevelItem(row).icon(0).isNull() for row in range(3)]
    assert has_mark == [False, True, True]
    assert tree.isColumnHidden(3)
    window.resize(1280, 800)
    qtbot.waitUntil(lambda: not tree.isColumnHidden(3))


def test_the_overview_tells_the_newest_heap(qtbot, window):
    open_puppet(qtbot, window, snapshot(heap(), 1), snapshot(None, 2))
    label = window.page.overview._heap
    qtbot.waitUntil(lambda: label.text().startswith("Heap in snapshot 1: glibc"))
    assert not label.isHidden()


def test_progress_is_shown_and_can_be_given_up(qtbot, window):
    subject = open_puppet(qtbot, window)
    progress = window.statusBar().findChild(HeapProgress)
    subject.recorder.heap_stage = HeapStage("Copying", 3 << 30, 4 << 30)
    window.workspace.heap.take()
    qtbot.waitUntil(progress.isVisible)
    assert progress.text.text() == "Copying"
    assert progress.bar.value() == 750
    progress.cancel.click()
    assert subject.recorder.is_cancelled
    subject.recorder.heap_stage = None
    subject.snapshots = [snapshot(None, 1, [DENIED])]
    subject.recorder.futures[0].set_result(subject.snapshots[0])
    qtbot.waitUntil(lambda: window.page.tabs.currentWidget() is window.page.heap)
    qtbot.waitUntil(lambda: not progress.isVisible())


def test_a_heap_snapshot_turns_to_the_heap_and_another_to_the_difference(qtbot, window):
    subject = open_puppet(qtbot, window, snapshot(heap(), 1))
    subject.snapshots.append(snapshot(heap(), 2))
    window.workspace.heap.take()
    with qtbot.waitSignal(window.workspace.compared):
        subject.recorder.futures[0].set_result(subject.snapshots[-1])
    assert window.page.tabs.currentWidget() is window.page.heap
    subject.snapshots.append(snapshot(None, 3))
    window.workspace.take_snapshot()
    with qtbot.waitSignal(window.workspace.compared):
        subject.recorder.futures[1].set_result(subject.snapshots[-1])
    assert window.page.tabs.currentWidget() is window.page.difference


def test_two_heaps_are_compared_by_type_by_size_and_by_what_is_lost(qtbot, window):
    grown = huge(50)
    open_puppet(qtbot, window, snapshot(heap(), 1), snapshot(grown, 2))
    with qtbot.waitSignal(window.workspace.compared):
        window.workspace.compare(1, 2)
    page = window.page.difference
    for section in ("heap_by_type", "heap_by_size", "heap_lost"):
        page.choose(section)
        assert page.table.model.rowCount()
        assert "Bytes change" in titles(page.table)
        assert "Heap: lost ±0, in use ±0, free ±0" in page.table.title.text()
    with qtbot.waitSignal(window.workspace.compared):
        window.workspace.compare(2, 1)
    assert page._section == "heap_lost"


def test_a_small_window_gives_the_heap_the_room_of_the_plots(qtbot, window, page):
    window.resize(1024, 700)
    window.page.show_heap()
    assert window.page.timeline.isHidden()
    window.page.tabs.setCurrentWidget(window.page.overview)
    assert not window.page.timeline.isHidden()
    window.actions_by_key["plots"].trigger()
    assert window.page.timeline.isHidden()
