"""Tables from anywhere: any columns, any interval, and clear words about the rest."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leakgui.errors import SessionUnreadable
from leakgui.formatting import format_utc
from leakgui.model.metric import METRIC_BY_KEY
from leakgui.session.from_csv import parse_csv, read_csv


def parse(text: str | bytes):
    data = text.encode() if isinstance(text, str) else text
    return parse_csv(data.splitlines(keepends=True), "table.csv")


def test_the_plain_case():
    found = parse(
        "elapsed_s,rss_bytes,handles\n0.000,4096,3\n0.100,8192,\n0.2,8192,4\n"
    )
    assert found.target.name == "table"
    assert math.isnan(found.target.started_unix_s)
    assert found.series["rss_bytes"].elapsed_s.tolist() == [0.0, 0.1, 0.2]
    assert found.series["rss_bytes"].value.tolist() == [4096, 8192, 8192]
    assert found.series["handles"].elapsed_s.tolist() == [0.0, 0.2]
    assert set(found.series) == {"rss_bytes", "handles"}


def test_everything_that_programs_do_to_a_table():
    found = parse(
        b"\xef\xbb\xbf# made by hand\r\n"
        b"\r\n"
        b'"elapsed_s", "note" ,RSS_BYTES\r\n'
        b"  # a comment\r\n"
        b'2,"a, quoted\r\nline",300\r\n'
        b"1,,200\r\n"
        b",,\r\n"
        b"1.0,again,250\r\n"
        b"3,short\r\n"
        b"4,long,n/a,9,9,9\r\n"
        b"5,last,NaN"
    )
    series = found.series["rss_bytes"]
    assert series.elapsed_s.tolist() == [1.0, 2.0]
    assert series.value.tolist() == [250, 300]


@pytest.mark.parametrize(
    "stamp",
    [
        "2026-01-02T03:04:05Z",
        "2026-01-02T03:04:05.000Z",
        "2026-01-02 03:04:05",
        "2026-01-02T04:04:05+01:00",
    ],
)
def test_times_of_day_alone_are_enough(stamp):
    found = parse(f"timestamp_utc,rss_bytes\n{stamp},1\n2026-01-02T03:04:07.5Z,2\n")
    assert found.started_unix_s == 1767323045.0
    assert found.series["rss_bytes"].elapsed_s.tolist() == [0.0, 2.5]


def test_one_time_of_day_anchors_elapsed_seconds():
    found = parse(
        "elapsed_s,timestamp_utc,rss_bytes\n"
        "10,2026-01-02T03:04:15Z,1\n"
        ",2026-01-02T03:04:16Z,2\n"
        "12,,3\n"
    )
    assert found.started_unix_s == 1767323045.0
    assert found.series["rss_bytes"].elapsed_s.tolist() == [10.0, 11.0, 12.0]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "no header row"),
        ("\n\n# only a comment\n", "no header row"),
        ("elapsed_s,rss_bytes\n", "no row under"),
        ("time,rss_bytes\n0,1\n", "line 1 has no column elapsed_s"),
        ("elapsed_s;rss_bytes\n0;1\n", "semicolons"),
        ("elapsed_s\trss_bytes\n0\t1\n", "tabs"),
        ("#\nelapsed_s,memory\n0,1\n", "line 2 names no metric"),
        ("elapsed_s,rss_bytes\n0,1\n1,12 MB\n", "line 3, column rss_bytes: no number"),
        ("elapsed_s,rss_bytes\n0,1\nsoon,2\n", "line 3, column elapsed_s: no number"),
        ("elapsed_s,rss_bytes\n#\n\n0,-1\n", "line 4, column rss_bytes: out of range"),
        ("elapsed_s,rss_bytes\n0,inf\n", "line 2, column rss_bytes: out of range"),
        ("elapsed_s,rss_bytes\n0,1e300\n", "line 2, column rss_bytes: out of range"),
        ("elapsed_s,rss_bytes\n1e300,1\n", "line 2, column elapsed_s: out of range"),
        ("elapsed_s,rss_bytes\n,1\n", "line 2 says neither"),
        ("timestamp_utc,rss_bytes\nyesterday,1\n", "column timestamp_utc: no ISO"),
        ('elapsed_s,rss_bytes\n0,"1\n', "line 2"),
        ('elapsed_s,rss_bytes\n0,"1"2\n', "line 2"),
        (b"elapsed_s,rss_bytes\n0,\xff\n", "line 2 is not text"),
        (b"elapsed_s,rss_bytes\n0,\x001\n", "line 2 is not text"),
        ("elapsed_s,rss_bytes\n0,1\n".encode("utf-16"), "line 1 is not text"),
        (b"elapsed_s,rss_bytes\n0," + b"9" * 200_000, "line 2"),
    ],
)
def test_what_is_wrong_is_named(text, says):
    with pytest.raises(SessionUnreadable) as caught:
        parse(text)
    assert says in caught.value.message
    assert "table.csv" in caught.value.message
    assert "elapsed_s" in caught.value.hint


def test_strange_words_are_shown_harmless():
    with pytest.raises(SessionUnreadable) as caught:
        parse("elapsed_s,rss_bytes\n0,\x1b[31mred\u202e\n")
    assert caught.value.message.isprintable()


def test_a_line_without_end_is_not_kept_whole(tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes(b"elapsed_s,rss_bytes\n" + b"1" * 5_000_000)
    with pytest.raises(SessionUnreadable):
        read_csv(path)


KEYS = sorted(METRIC_BY_KEY)
WHOLE = st.one_of(st.none(), st.integers(0, 2**52))


@given(
    keys=st.lists(st.sampled_from(KEYS), min_size=1, max_size=6, unique=True),
    times=st.lists(st.integers(0, 10**10), min_size=1, max_size=50, unique=True),
    started_ms=st.integers(0, 4 * 10**12),
    data=st.data(),
)
def test_what_was_exported_is_read_back(keys, times, started_ms, data):
    row = st.lists(WHOLE, min_size=len(keys), max_size=len(keys))
    rows = [(ms, data.draw(row)) for ms in sorted(times)]
    lines = [",".join(["elapsed_s", "timestamp_utc", *keys])]
    for ms, values in rows:
        cells = ["" if value is None else str(value) for value in values]
        stamp = format_utc((started_ms + ms) / 1000)
        lines.append(",".join([f"{ms / 1000:.3f}", stamp, *cells]))
    found = parse("\n".join(lines))
    assert found.started_unix_s == pytest.approx(started_ms / 1000, abs=0.0021)
    for place, key in enumerate(keys):
        known = [(ms / 1000, v[place]) for ms, v in rows if v[place] is not None]
        assert (key in found.series) == bool(known)
        if known:
            series = found.series[key]
            assert list(zip(series.elapsed_s, series.value, strict=True)) == known


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(data):
    try:
        found = parse(b"elapsed_s,timestamp_utc,rss_bytes\n" + data)
    except SessionUnreadable:
        return
    for series in found.series.values():
        assert (np.diff(series.elapsed_s) > 0).all()
        assert np.isfinite(series.value).all()


TOKENS = ["elapsed_s", "rss_bytes", "timestamp_utc", ",", "\n", '"', "#", "1", "nan"]


@given(st.lists(st.one_of(st.sampled_from(TOKENS), st.text(max_size=3)), max_size=40))
def test_any_table_is_read_or_refused(parts):
    try:
        found = parse("".join(parts).encode("utf-8", "surrogatepass"))
    except SessionUnreadable:
        return
    assert math.isfinite(found.started_unix_s)
