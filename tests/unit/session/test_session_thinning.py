"""Old readings get coarser, extremes stay, and the file stays small."""

from __future__ import annotations

import sqlite3

import numpy as np
import pytest

from leakgui.session import thinning
from leakgui.session.opening import open_recording
from tests.unit.session.specimens import new_session


def record_hours(writer, hours: float, step_ms: int, value) -> None:
    """Record without waiting, neither for time nor for the disk."""
    writer._connection.execute("PRAGMA synchronous = OFF")
    for elapsed_ms in range(0, int(hours * 3_600_000), step_ms):
        writer.add_readings(elapsed_ms, {"rss_bytes": value(elapsed_ms)})
        if elapsed_ms % 50_000 < step_ms:
            writer.commit()


def count(path, query: str) -> int:
    connection = sqlite3.connect(path)
    found = connection.execute(query).fetchone()[0]
    connection.close()
    return found


def test_the_last_hour_is_kept_as_it_was_read(tmp_path):
    writer = new_session(tmp_path)
    record_hours(writer, 2, 1000, lambda ms: float(ms % 7000))
    writer.close()
    series = open_recording(writer.path).series["rss_bytes"]
    recent = series.elapsed_s[series.elapsed_s > 3605]
    np.testing.assert_array_equal(np.diff(recent), 1.0)
    old = series.elapsed_s[series.elapsed_s < 3500]
    assert 2 * 349 <= len(old) <= 2 * 351
    assert (np.diff(series.elapsed_s) > 0).all()


def test_no_extreme_is_lost_and_it_lies_where_it_was(tmp_path):
    writer = new_session(tmp_path)
    spikes = {1_234_000: 1e9, 2_000_000: -5.0}
    record_hours(writer, 1.5, 500, lambda ms: spikes.get(ms, 100.0))
    writer.close()
    series = open_recording(writer.path).series["rss_bytes"]
    high, low = series.value.argmax(), series.value.argmin()
    assert series.value[high] == 1e9
    assert series.value[low] == -5.0
    assert abs(series.elapsed_s[high] - 1234.0) < 10
    assert abs(series.elapsed_s[low] - 2000.0) < 10


def test_a_span_becomes_its_least_and_then_its_most(tmp_path):
    writer = new_session(tmp_path)
    for ms, value in ((0, 5.0), (2000, 9.0), (4000, 1.0), (9999, 6.0), (10_000, 7.0)):
        writer.add_readings(ms, {"rss_bytes": value})
    writer.add_readings(thinning.FULL_MS + 20_000, {"rss_bytes": 3.0})
    writer.close()
    series = open_recording(writer.path).series["rss_bytes"]
    assert series.elapsed_s.tolist() == [0.0, 4.999, 10.0, 3620.0]
    assert series.value.tolist() == [1.0, 9.0, 7.0, 3.0]


def test_after_a_day_spans_are_five_minutes(tmp_path):
    writer = new_session(tmp_path)
    record_hours(writer, 26, 10_000, lambda ms: float(ms // 1000))
    writer.close()
    assert count(writer.path, "SELECT count(*) FROM thinned WHERE level = 2") in (
        23,
        24,
        25,
    )
    total = count(
        writer.path,
        "SELECT (SELECT sum(count) FROM thinned) + (SELECT count(*) FROM sample)",
    )
    assert total == 26 * 360  # every reading is counted somewhere
    series = open_recording(writer.path).series["rss_bytes"]
    assert series.value.min() == 0.0
    assert series.value.max() == 26 * 3600 - 10
    assert (np.diff(series.elapsed_s) > 0).all()


def test_means_are_weighted(tmp_path):
    writer = new_session(tmp_path)
    for ms in range(0, 300_000, 1000):
        writer.add_readings(ms, {"rss_bytes": 1.0})
    writer.add_readings(299_500, {"rss_bytes": 302.0})
    for later in (thinning.FULL_MS + 300_000, thinning.FIRST_KEPT_MS + 600_000):
        writer.add_readings(later, {"rss_bytes": 0.0})
        for _ in range(10):
            writer.commit()
    writer.close()
    assert count(writer.path, "SELECT mean FROM thinned WHERE from_ms = 0") == 2.0


def test_catching_up_is_done_in_small_steps(tmp_path):
    writer = new_session(tmp_path)
    for ms in range(0, 3_000_000, 1000):
        writer.add_readings(ms, {"rss_bytes": 1.0})
    writer.commit()
    writer.add_readings(50_000_000, {"rss_bytes": 1.0})
    left = []
    for _ in range(3):
        writer.commit()
        left.append(writer._ask("SELECT count(*) FROM sample"))
    assert left == [3001 - 100, 3001 - 200, 3001 - 300]
    writer.close()


def test_slow_readings_need_no_second_point(tmp_path):
    writer = new_session(tmp_path)
    for ms in range(0, 8_000_000, 60_000):
        writer.add_readings(ms, {"rss_bytes": float(ms)})
        writer.commit()
    writer.close()
    series = open_recording(writer.path).series["rss_bytes"]
    np.testing.assert_array_equal(np.diff(series.elapsed_s), 60.0)


def test_the_file_stays_small(tmp_path):
    writer = new_session(tmp_path)
    record_hours(writer, 3, 200, lambda ms: 1e8 + ms)
    size = writer.path.stat().st_size
    writer.close()
    # one metric at 5 readings a second: 18,000 of the last hour, 720 spans
    assert size < 700_000


@pytest.mark.parametrize("key", ["rss_bytes", "a metric of tomorrow"])
def test_metrics_need_no_migration(tmp_path, key):
    writer = new_session(tmp_path)
    writer.add_readings(0, {key: 1.0})
    writer.close()
    assert open_recording(writer.path).series[key].value.tolist() == [1.0]
