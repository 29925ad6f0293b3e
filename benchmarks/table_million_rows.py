"""Sort and filter a difference of a million rows, against Qt's own proxy model.

The proxy is measured on a tenth of the rows: on all of them it takes minutes.

    python benchmarks/table_million_rows.py [--rows 1000000]
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable

import numpy as np

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QSortFilterProxyModel, Qt
from PySide6.QtWidgets import QApplication

from leakgui.model.difference import Changes
from leakgui.model.text_column import TextColumn
from leakgui.ui.change_columns import change_columns, only_changed
from leakgui.ui.columns_model import ColumnsModel
from leakgui.ui.tables import ColumnsTable


def make_changes(rows: int) -> Changes:
    """Return rows with distinct names and random sizes."""
    chance = np.random.default_rng(1)
    before = chance.integers(0, 1000, rows)
    after = before + chance.integers(-5, 50, rows)
    sizes = (before * 4096).astype(np.float64), (after * 4096).astype(np.float64)
    codes = np.arange(rows, dtype=np.uint32)
    names = tuple(f"/var/lib/service/{n % 977}/file-{n}.dat" for n in range(rows))
    one = TextColumn(np.zeros(rows, dtype=np.uint32), ("file",))
    return Changes(
        key=TextColumn(codes, names),
        kind=one,
        detail=TextColumn(one.codes.copy(), ("",)),
        before=before,
        after=after,
        delta=after - before,
        before_bytes=sizes[0],
        after_bytes=sizes[1],
        delta_bytes=sizes[1] - sizes[0],
    )


def timed(name: str, act: Callable[[], object], repeats: int = 5) -> None:
    """Print the smallest and the median time of an act."""
    times = []
    for _ in range(repeats):
        begun = time.perf_counter()
        act()
        times.append(1000 * (time.perf_counter() - begun))
    times.sort()
    print(f"{name:42} {times[0]:9.1f} {times[len(times) // 2]:9.1f}")


def main() -> None:
    """Build the table, then sort, filter and scroll it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    rows = parser.parse_args().rows
    application = QApplication([])
    changes = make_changes(rows)
    columns = change_columns(changes, 0, lambda _: None)
    table = ColumnsTable()
    table.resize(1200, 700)
    table.show()
    down, up = Qt.SortOrder.DescendingOrder, Qt.SortOrder.AscendingOrder
    model = table.model
    print(f"{rows:,} rows, milliseconds{'':22} min    median")
    timed("leave out what did not change", lambda: only_changed(changes), 3)
    timed("show the table", lambda: table.show_columns(columns), 3)
    timed("sort by change, down", lambda: model.sort(5, down))
    timed("sort by size, up", lambda: model.sort(6, up))
    timed("sort by name (first time ranks the texts)", lambda: model.sort(2, up), 1)
    timed("sort by name again", lambda: model.sort(2, down))
    timed("filter (first time folds the texts)", lambda: model.set_filter("977/"), 1)
    timed("filter by another text", lambda: model.set_filter("file-99"))
    timed("clear the filter", lambda: model.set_filter(""))

    timed("scroll to the end and back, painted", lambda: scroll(application, table))
    against_proxy(rows)


def scroll(application: QApplication, table: ColumnsTable) -> None:
    """Jump to the end and back and paint both."""
    table.view.scrollToBottom()
    application.processEvents()
    table.view.scrollToTop()
    application.processEvents()


def against_proxy(rows: int) -> None:
    """Sort a tenth of the rows by Qt's proxy model and by ours."""
    down = Qt.SortOrder.DescendingOrder
    tenth = ColumnsModel()
    tenth.set_columns(change_columns(make_changes(rows // 10), 0, lambda _: None))
    proxy = QSortFilterProxyModel()
    proxy.setSourceModel(tenth)
    timed(f"Qt's proxy, {rows // 10:,} rows: sort", lambda: proxy.sort(5, down), 1)
    tenth_sort = ColumnsModel()
    tenth_sort.set_columns(tenth.columns)
    timed(f"ours, {rows // 10:,} rows: sort", lambda: tenth_sort.sort(5, down))


if __name__ == "__main__":
    main()
