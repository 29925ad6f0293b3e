"""Rectangles of a treemap fill the room, and can be chosen by hand and by key."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtTest import QTest

from leakgui.charts.palette import DARK, FILLS, LIGHT, contrast, fill_of
from leakgui.charts.squarify import Box, squarify
from leakgui.charts.stacked_bar import Part, StackedBar
from leakgui.charts.treemap import Tile, Treemap

SIZES = st.lists(st.floats(1, 1e12), min_size=1, max_size=201)


@given(SIZES, st.floats(1, 4000), st.floats(1, 4000))
def test_boxes_have_their_areas_and_stay_inside(sizes, width, height):
    sizes = sorted(sizes, reverse=True)
    boxes = squarify(sizes, Box(0, 0, width, height))
    assert len(boxes) == len(sizes)
    scale = width * height / sum(sizes)
    for size, box in zip(sizes, boxes, strict=True):
        assert box.left >= -1e-6
        assert box.top >= -1e-6
        assert box.left + box.width <= width * (1 + 1e-6) + 1e-6
        assert box.top + box.height <= height * (1 + 1e-6) + 1e-6
        assert box.width * box.height == pytest.approx(
            size * scale, rel=1e-3, abs=1e-3 * width * height
        )


def test_equal_sizes_become_squares():
    boxes = squarify([1.0] * 4, Box(0, 0, 100, 100))
    assert {(round(box.width), round(box.height)) for box in boxes} == {(50, 50)}


@pytest.mark.parametrize("room", [Box(0, 0, 0, 100), Box(0, 0, 100, 0)])
def test_no_room_and_no_sizes_are_no_trouble(room):
    assert [box.width * box.height for box in squarify([3.0, 1.0], room)] == [0, 0]
    assert squarify([], Box(0, 0, 10, 10)) == []


@pytest.fixture
def treemap(qtbot):
    treemap = Treemap()
    qtbot.addWidget(treemap)
    treemap.resize(400, 300)
    treemap.set_tiles(
        [
            Tile(label="big", amount=60, row=4, text="big: 60 B", kind="class"),
            Tile(label="lost", amount=30, lost=30, row=7, text="lost: 30 B"),
            Tile(label="9 others", amount=10, kind="rest", text="9 others: 10 B"),
        ]
    )
    treemap.show()
    return treemap


def test_a_click_chooses_the_row_of_the_tile(qtbot, treemap):
    with qtbot.waitSignal(treemap.chosen) as chosen:
        QTest.mouseClick(treemap, Qt.MouseButton.LeftButton, pos=QPoint(10, 10))
    assert chosen.args == [4]
    assert "big: 60 B" in treemap.accessibleName()


def test_arrows_walk_from_tile_to_tile(qtbot, treemap):
    rows = []
    treemap.chosen.connect(rows.append)
    for key in (Qt.Key.Key_Home, Qt.Key.Key_Right, Qt.Key.Key_Left, Qt.Key.Key_Return):
        QTest.keyClick(treemap, key)
    assert rows == [4, 7, 4, 4]


def test_the_rest_can_be_reached_and_announces_no_row(qtbot, treemap):
    with qtbot.assertNotEmitted(treemap.chosen):
        treemap._choose(2)
    assert "9 others" in treemap.accessibleName()


def test_a_row_of_the_table_marks_its_tile_silently(qtbot, treemap):
    with qtbot.assertNotEmitted(treemap.chosen):
        treemap.choose_row(7)
    assert "lost" in treemap.accessibleName()
    treemap.choose_row(99)
    assert treemap.accessibleName() == "Treemap"


@pytest.mark.parametrize("dark", [True, False])
def test_what_is_lost_is_drawn_in_another_colour(treemap, dark):
    treemap.set_dark(dark)
    picture = treemap.grab().toImage()
    wanted = fill_of("lost").color(dark)
    found = [
        picture.pixelColor(x, y) == wanted
        for x in range(0, 400, 7)
        for y in range(0, 300, 7)
    ]
    assert any(found)
    assert not all(found)


@pytest.mark.parametrize("kind", FILLS)
def test_text_can_be_read_on_every_fill(kind):
    assert contrast(FILLS[kind].light, LIGHT.text) >= 4.5
    assert contrast(FILLS[kind].dark, DARK.text) >= 4.5


def test_a_bar_shows_even_the_smallest_part_and_no_negative_one(qtbot):
    bar = StackedBar()
    qtbot.addWidget(bar)
    bar.resize(300, 18)
    bar.set_parts(
        [
            Part("in-use", 1e9, "In use: 1 GB"),
            Part("lost", 1.0, "Lost: 1 B"),
            Part("kernel", -5.0, "Counted otherwise: −5 B"),
        ]
    )
    areas = bar.areas()
    assert len(areas) == 2
    assert areas[1].width() >= 2
    assert areas[1].right() == pytest.approx(300)
    assert bar.part_at(QPointF(299, 5)).kind == "lost"
    assert "Counted otherwise" in bar.accessibleDescription()
