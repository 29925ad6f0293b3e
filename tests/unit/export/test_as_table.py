import csv

import numpy as np
import pytest

from leakgui.export.as_table import HEADER, safe_cell, write_difference
from leakgui.model.difference import Changes, Difference
from leakgui.model.text_column import TextColumn


def changes(*keys: str) -> Changes:
    count = len(keys)
    ones = np.ones(count, dtype=np.int64)
    return Changes(
        key=TextColumn.of(keys),
        kind=TextColumn.of(["file"] * count),
        detail=TextColumn.of([""] * count),
        before=ones.copy(),
        after=ones * 51,
        delta=ones * 50,
        before_bytes=np.full(count, np.nan),
        after_bytes=np.full(count, 8192.0),
        delta_bytes=np.full(count, -0.5),
    )


def difference(handles: Changes | None) -> Difference:
    return Difference(
        from_number=1,
        to_number=2,
        from_elapsed_s=0.0,
        to_elapsed_s=1.0,
        steps=0,
        counters={"rss_bytes": (4096.0, 8192.0), "handles": (3.0, None)},
        mappings=None,
        handles=handles,
        threads=None,
    )


def rows_of(tmp_path, handles, *, mask=False):
    path = tmp_path / "d.csv"
    write_difference(difference(handles), path, mask=mask)
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


def test_columns_and_unknown_cells(tmp_path):
    header, rss, handles, change = rows_of(tmp_path, changes("/tmp/x.log"))
    assert header == list(HEADER)
    assert rss == [
        "counters",
        "rss_bytes",
        "metric",
        "",
        "",
        "",
        "",
        "4096",
        "8192",
        "4096",
    ]
    assert handles[4:] == ["3", "", "", "", "", ""]
    assert change == [
        *("handles", "/tmp/x.log", "file", "", "1", "51", "50", "", "8192", "-0.5")
    ]


@pytest.mark.parametrize("start", ["=", "+", "-", "@"])
def test_a_strangers_text_is_never_a_formula(tmp_path, start):
    *_, row = rows_of(tmp_path, changes(f"{start}cmd|' /C calc'!A0"))
    assert row[1].startswith(f"'{start}")


def test_line_breaks_and_quotes_stay_in_their_cell(tmp_path):
    *_, row = rows_of(tmp_path, changes('a\n"b",c\udcff'))
    assert row[1] == '"b",c'.join(["a\\x0a", "\\xff"])
    assert len(row) == len(HEADER)


def test_plain_text_is_left_alone():
    assert safe_cell("/tmp/a=b") == "/tmp/a=b"


def test_masked_paths_have_the_same_numbers(tmp_path):
    *_, plain = rows_of(tmp_path, changes("/home/alice/x y.log"))
    *_, masked = rows_of(tmp_path, changes("/home/alice/x y.log"), mask=True)
    assert masked[1].startswith("/…/")
    assert "alice" not in masked[1]
    assert plain[2:] == masked[2:]
