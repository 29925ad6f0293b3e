"""Are times and pids on the command line what people mean?"""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leakgui.cli.command import parse_pid, parse_seconds
from leakgui.errors import BadUsage


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("20", 20), ("20s", 20), ("0.5", 0.5), ("5m", 300), ("1h", 3600)],
)
def test_times(text: str, seconds: float) -> None:
    assert parse_seconds(text) == seconds


@pytest.mark.parametrize("text", ["", "0", "-1", "nan", "inf", "m", "1d", "1e400"])
def test_no_times(text: str) -> None:
    with pytest.raises(BadUsage):
        parse_seconds(text)


@given(st.text())
def test_any_text_is_a_pid_or_told(text: str) -> None:
    with contextlib.suppress(BadUsage):
        assert parse_pid(text) > 0
