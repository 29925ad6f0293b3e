import csv
import math
from datetime import datetime
from pathlib import Path

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from leakgui.export.as_csv import CONTRACT_COLUMNS, write_csv
from leakgui.export.masking import mask_recording
from leakgui.model.process import ProcessKey, Target
from leakgui.model.recording import Recording, Series

TARGET = Target(
    key=ProcessKey(7, 1),
    name="server",
    command="/opt/server --key secret",
    user="alice",
    started_unix_s=1000.0,
)
CONTRACT = (
    "rss_bytes,pss_bytes,uss_bytes,anon_bytes,swap_bytes,vms_bytes,data_bytes,"
    "stack_bytes,heap_bytes,mappings,threads,handles,handles_file,handles_socket,"
    "handles_pipe"
)


def series(*pairs: tuple[float, float]) -> Series:
    times, values = zip(*pairs, strict=True) if pairs else ((), ())
    return Series(np.array(times, dtype=float), np.array(values, dtype=float))


def recording(**metrics: Series) -> Recording:
    return Recording(target=TARGET, started_unix_s=1_790_000_000.25, series=metrics)


def rows_of(recording: Recording, tmp_path: Path) -> list[dict[str, str]]:
    path = tmp_path / "r.csv"
    write_csv(recording, path)
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_header_is_the_contract_even_when_nothing_was_read(tmp_path):
    path = tmp_path / "r.csv"
    write_csv(recording(), path)
    text = path.read_text(encoding="utf-8")
    assert text.startswith(f"elapsed_s,timestamp_utc,{CONTRACT},")
    assert text.count("\n") == 1


def test_other_metrics_come_after_the_contract(tmp_path):
    path = tmp_path / "r.csv"
    write_csv(recording(cpu_ms=series((0, 1)), file_bytes=series((0, 2))), path)
    header = path.read_text().splitlines()[0].split(",")
    assert header[2 : 2 + len(CONTRACT_COLUMNS)] == list(CONTRACT_COLUMNS)
    assert header[2 + len(CONTRACT_COLUMNS) :] == ["file_bytes", "cpu_ms"]


def test_unknown_is_an_empty_cell_and_zero_is_not(tmp_path):
    rows = rows_of(
        recording(
            rss_bytes=series((0.0, 4096), (0.1, math.nan)),
            swap_bytes=series((0.1, 0), (0.2, math.inf)),
        ),
        tmp_path,
    )
    assert [row["rss_bytes"] for row in rows] == ["4096", "", ""]
    assert [row["swap_bytes"] for row in rows] == ["", "0", ""]
    assert [row["pss_bytes"] for row in rows] == ["", "", ""]


def test_numbers_are_raw_and_only_broken_ones_have_a_point(tmp_path):
    rows = rows_of(recording(pss_bytes=series((0, 2**53), (1, 1.5))), tmp_path)
    assert [row["pss_bytes"] for row in rows] == ["9007199254740992", "1.5"]


def test_time_is_iso_8601_and_comes_back_as_the_same_number(tmp_path):
    rows = rows_of(recording(rss_bytes=series((0.1, 1), (86400.007, 2))), tmp_path)
    assert [float(row["elapsed_s"]) for row in rows] == [0.1, 86400.007]
    assert rows[0]["timestamp_utc"] == "2026-09-21T14:13:20.350Z"
    first, last = (datetime.fromisoformat(row["timestamp_utc"]) for row in rows)
    assert (last - first).total_seconds() == 86399.907


def test_metrics_read_at_different_times_share_rows_only_where_they_meet(tmp_path):
    rows = rows_of(
        recording(
            rss_bytes=series((0, 1), (1, 2), (2, 3)), uss_bytes=series((1, 9), (3, 8))
        ),
        tmp_path,
    )
    cells = [(row["rss_bytes"], row["uss_bytes"]) for row in rows]
    assert cells == [("1", ""), ("2", "9"), ("3", ""), ("", "8")]


def test_masking_changes_no_number(tmp_path):
    whole = recording(rss_bytes=series((0, 1), (1, 2)))
    write_csv(whole, tmp_path / "a.csv")
    write_csv(mask_recording(whole), tmp_path / "b.csv")
    assert (tmp_path / "a.csv").read_bytes() == (tmp_path / "b.csv").read_bytes()


@given(
    st.dictionaries(st.integers(0, 10**8), st.integers(0, 2**52), min_size=1),
    st.dictionaries(st.integers(0, 10**8), st.integers(0, 2**52), min_size=1),
)
def test_everything_is_read_back(tmp_path_factory, first, second):
    def of(values: dict[int, int]) -> Series:
        return series(*((ms / 1000, value) for ms, value in sorted(values.items())))

    folder = tmp_path_factory.mktemp("csv")
    rows = rows_of(recording(rss_bytes=of(first), handles=of(second)), folder)
    for key, values in (("rss_bytes", first), ("handles", second)):
        back = {
            round(float(row["elapsed_s"]) * 1000): int(row[key])
            for row in rows
            if row[key]
        }
        assert back == values


def test_more_rows_than_one_piece(tmp_path):
    times = np.arange(25_000) / 10
    rows = rows_of(recording(rss_bytes=Series(times, times * 10)), tmp_path)
    assert len(rows) == 25_000
    assert rows[-1]["rss_bytes"] == "24999"
