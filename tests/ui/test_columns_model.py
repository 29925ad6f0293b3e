"""Tables sort and filter by an order array and agree with a plain sort."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import Qt
from PySide6.QtTest import QAbstractItemModelTester

from leakgui.model.text_column import TextColumn
from leakgui.ui.cells import write_bytes
from leakgui.ui.columns_model import Column, ColumnsModel
from leakgui.ui.tables import ColumnsTable

DOWN = Qt.SortOrder.DescendingOrder
UP = Qt.SortOrder.AscendingOrder


def columns(names, numbers):
    return [
        Column(title="Name", values=TextColumn.of(names)),
        Column(
            title="Number",
            values=np.array(numbers, dtype=np.float64),
            write=lambda value: f"{value:g}",
            has_sum=True,
        ),
    ]


def shown(model, column=0):
    return [model.index(row, column).data() for row in range(model.rowCount())]


def test_keeps_the_contract_of_a_model(qtbot):
    model = ColumnsModel()
    tester = QAbstractItemModelTester(
        model, QAbstractItemModelTester.FailureReportingMode.Fatal
    )
    model.set_columns(columns(["b", "a", "c"], [2, 1, 3]))
    model.sort(1, DOWN)
    model.set_filter("a")
    model.set_filter("")
    model.set_columns(())
    assert tester.model() is model


@given(st.lists(st.tuples(st.text(max_size=3), st.floats(-5, 5)), max_size=30))
def test_sorts_like_python(rows):
    model = ColumnsModel()
    model.set_columns(columns([row[0] for row in rows], [row[1] for row in rows]))
    model.sort(1, UP)
    assert list(model.order) == sorted(range(len(rows)), key=lambda i: rows[i][1])
    model.sort(1, DOWN)
    assert list(model.order) == sorted(range(len(rows)), key=lambda i: -rows[i][1])


@pytest.mark.parametrize("order", [UP, DOWN])
def test_unknown_numbers_come_last_both_ways(order):
    model = ColumnsModel()
    model.set_columns(columns("abc", [2.0, np.nan, 1.0]))
    model.sort(1, order)
    assert shown(model)[-1] == "b"


def test_equal_rows_keep_their_order_when_sorted_down():
    model = ColumnsModel()
    model.set_columns(columns("abcd", [1, 2, 1, 2]))
    model.sort(1, DOWN)
    assert shown(model) == ["b", "d", "a", "c"]


def test_filter_ignores_case_and_survives_new_contents():
    model = ColumnsModel()
    model.set_columns(columns(["Alpha", "beta"], [1, 2]))
    model.set_filter("ALPH")
    assert shown(model) == ["Alpha"]
    model.set_columns(columns(["alphabet", "gamma", "alpha"], [1, 2, 3]))
    assert shown(model) == ["alphabet", "alpha"]


def test_footer_sums_what_is_visible_and_what_is_selected(qtbot):
    table = ColumnsTable()
    qtbot.addWidget(table)
    table.show_columns(columns(["x1", "x2", "y"], [1, 2, 40]))
    assert "Number 43" in table.footer.text()
    table.filter.setText("x")
    assert "2 of 3 rows" in table.footer.text()
    assert "Number 3" in table.footer.text()
    table.view.selectAll()
    assert "2 selected" in table.footer.text()


def test_footer_leaves_out_what_is_nothing(qtbot):
    table = ColumnsTable()
    qtbot.addWidget(table)
    table.show_columns([
        Column(title="Swap", values=np.zeros(1), write=write_bytes, has_sum=True),
    ])  # fmt: skip
    assert table.footer.text() == "1 row"


def test_says_why_it_is_empty(qtbot):
    table = ColumnsTable()
    qtbot.addWidget(table)
    table.show_reason("n/a: needs permission")
    assert table.model.rowCount() == 0
    assert not table.filter.isEnabled()


def test_copies_the_selected_rows_with_their_titles(qtbot, qapp):
    table = ColumnsTable()
    qtbot.addWidget(table)
    table.show_columns(columns(["a", "b"], [1, 2]))
    table.view.selectRow(1)
    table.copy_selection()
    assert qapp.clipboard().text() == "Name\tNumber\nb\t2"
