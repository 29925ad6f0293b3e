"""A recording as CSV: one row a moment, one column a metric.

UTF-8, comma, one header row, line feeds. ``elapsed_s`` has three decimals, so that
it is read back as the same number; ``timestamp_utc`` is ISO 8601. Numbers are raw:
whole ones without a point, others as Python writes them. An empty cell is unknown.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt

from leakgui.export.writing import write_parts
from leakgui.model.metric import HANDLE_KINDS, METRICS
from leakgui.model.recording import Floats, Recording, Series

label = "CSV table"
suffix = ".csv"

Milliseconds = npt.NDArray[np.int64]

CONTRACT_COLUMNS: tuple[str, ...] = (
    *("rss_bytes", "pss_bytes", "uss_bytes", "anon_bytes", "swap_bytes"),
    *("vms_bytes", "data_bytes", "stack_bytes", "heap_bytes"),
    *("mappings", "threads", "handles"),
    *(f"handles_{kind}" for kind in HANDLE_KINDS),
)
"""Columns that every file has, known or not, in this order."""

_ROWS_AT_ONCE = 10_000


def write_csv(recording: Recording, path: Path) -> None:
    """Write the recording; raises ``WriteFailed`` and leaves an old file as it was."""
    write_parts(path, csv_parts(recording))


def csv_columns(recording: Recording) -> tuple[str, ...]:
    """Return the metric columns: the contract's, then others in the table's order."""
    known = [metric.key for metric in METRICS]
    others = [key for key in known if key in recording.series]
    others += sorted(key for key in recording.series if key not in known)
    return tuple(dict.fromkeys((*CONTRACT_COLUMNS, *others)))


def csv_parts(recording: Recording) -> Iterator[bytes]:
    """Yield the file in pieces of some thousand rows."""
    columns = csv_columns(recording)
    yield f"{','.join(('elapsed_s', 'timestamp_utc', *columns))}\n".encode()
    series = [recording.series.get(key) for key in columns]
    moments = [_milliseconds(one.elapsed_s) for one in series if one is not None]
    if not moments:
        return
    times = np.unique(np.concatenate(moments))
    started_ms = round(recording.started_unix_s * 1000)
    for begin in range(0, len(times), _ROWS_AT_ONCE):
        part = times[begin : begin + _ROWS_AT_ONCE]
        cells = [_elapsed(part), _timestamps(part + started_ms)]
        cells += [_cells(one, part) for one in series]
        rows = map(",".join, zip(*cells, strict=True))
        yield "".join(f"{row}\n" for row in rows).encode()


def _milliseconds(elapsed_s: Floats) -> Milliseconds:
    return np.rint(elapsed_s * 1000).astype(np.int64)


def _elapsed(times: Milliseconds) -> list[str]:
    return [f"{ms / 1000:.3f}" for ms in times.tolist()]


def _timestamps(unix_ms: Milliseconds) -> list[str]:
    texts = np.datetime_as_string(unix_ms.astype("datetime64[ms]"), unit="ms")
    return [f"{text}Z" for text in texts.tolist()]


def _cells(series: Series | None, times: Milliseconds) -> list[str]:
    """Return one cell for each time, empty where the series has no reading then."""
    cells = [""] * len(times)
    if series is None or not len(series):
        return cells
    own = _milliseconds(series.elapsed_s)
    first, last = np.searchsorted(own, (times[0], times[-1] + 1))
    places = np.searchsorted(times, own[first:last])
    values = series.value[first:last].tolist()
    for place, value in zip(places.tolist(), values, strict=True):
        cells[place] = _number(value)
    return cells


def _number(value: float) -> str:
    if not math.isfinite(value):
        return ""
    return str(int(value)) if value.is_integer() else repr(value)
