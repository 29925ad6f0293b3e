"""Numbers are written one way everywhere."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leakgui.formatting import (
    format_about,
    format_bytes,
    format_change,
    format_count,
    format_duration,
    format_percent,
    format_rate,
    format_utc,
    printable,
)

KIB, MIB = 1024.0, 1024.0**2


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0 B"),
        (1023, "1023 B"),
        (KIB, "1.00 KiB"),
        (999.4 * KIB, "999 KiB"),
        (999.6 * KIB, "0.98 MiB"),
        (1.5 * MIB, "1.50 MiB"),
        (12.34 * MIB, "12.3 MiB"),
        (-2 * MIB, "−2.00 MiB"),
        (None, "n/a"),
        (math.nan, "n/a"),
    ],
)
def test_bytes(value, text):
    assert format_bytes(value) == text


def test_decimal_units_are_named_differently():
    assert format_bytes(2_000_000, decimal=True) == "2.00 MB"


@given(st.floats(0, 1e18))
def test_bytes_never_show_four_figures(value):
    number = format_bytes(value).split()[0]
    assert len(number.replace(".", "")) <= 3 or value < KIB


@pytest.mark.parametrize(
    ("value", "text"),
    [(12345, "12,345"), (-3, "−3"), (0, "0"), (None, "n/a")],
)
def test_counts(value, text):
    assert format_count(value) == text


def test_changes_always_have_a_sign():
    assert format_change(0, "bytes") == "±0"
    assert format_change(12, "count") == "+12"
    assert format_change(-KIB, "bytes") == "−1.00 KiB"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 s"),
        (0.85, "850 ms"),
        (3.14, "3.1 s"),
        (59.7, "1 min"),
        (200, "3 min 20 s"),
        (7500, "2 h 5 min"),
        (3 * 86400 + 4 * 3600, "3 days 4 h"),
        (math.inf, "never"),
        (-5, "−5 s"),
        (None, "n/a"),
    ],
)
def test_durations(seconds, text):
    assert format_duration(seconds) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(9.3, "9.3 s"), (1020, "17 min"), (32400, "9 h"), (5 * 86400, "5 days")],
)
def test_forecasts_have_two_figures(seconds, text):
    assert format_about(seconds) == text


@pytest.mark.parametrize(
    ("per_s", "text"),
    [
        (400 * MIB, "+400 MiB/s"),
        (30 * KIB, "+1.76 MiB/min"),
        (5 * KIB, "+17.6 MiB/h"),
        (200, "+16.5 MiB/day"),
        (-30 * KIB, "−1.76 MiB/min"),
        (0.0, "±0/day"),
    ],
)
def test_rates_of_bytes(per_s, text):
    assert format_rate(per_s, "bytes") == text


@pytest.mark.parametrize(
    ("per_s", "text"),
    [(2.5, "+2.5/s"), (0.5, "+30/min"), (1 / 1000, "+3.6/h"), (300, "+300/s")],
)
def test_rates_of_counts(per_s, text):
    assert format_rate(per_s, "count") == text


def test_the_ends_of_an_interval_take_the_unit_of_its_middle():
    middle = 18 * KIB
    assert format_rate(middle, "bytes").endswith("/min")
    assert format_rate(17 * KIB, "bytes", like=middle).endswith("/min")


def test_percent_and_time():
    assert format_percent(0.0123) == "1.2 %"
    assert format_percent(0.5) == "50 %"
    assert format_utc(0.25) == "1970-01-01T00:00:00.250Z"


@given(st.text())
def test_anything_becomes_one_printable_line(text):
    shown = printable(text)
    assert shown.isprintable()
    assert not set(shown) & set("\u202e\u200f\u2066\n\r\x1b")


def test_bytes_that_are_no_unicode_are_shown():
    assert printable(b"a\xffb".decode(errors="surrogateescape")) == "a\\xffb"


@given(st.text(), st.integers(1, 20))
def test_long_texts_are_cut_in_the_middle(text, most):
    assert len(printable(text, most=most)) <= max(most, 1)
