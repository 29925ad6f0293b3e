"""Read a recording from a table of comma-separated values.

UTF-8, a header row, ``elapsed_s`` or ``timestamp_utc`` or both, and any of the keys
of ``leakgui.model.metric.METRICS``; other columns, empty lines and lines that begin
with ``#`` are passed over. An empty cell is unknown. Rows need not be in order.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Iterable, Iterator
from pathlib import Path

from leakgui.errors import SessionUnreadable
from leakgui.formatting import printable
from leakgui.model.process import ProcessKey, Target
from leakgui.model.recording import Recording
from leakgui.session.csv_table import CsvTable, unreadable
from leakgui.texts import say

MOST_LINE_BYTES = 1 << 20


def read_csv(path: Path) -> Recording:
    """Read a file; raises ``SessionUnreadable`` naming line and column."""
    try:
        with path.open("rb") as file:
            lines = iter(lambda: file.readline(MOST_LINE_BYTES), b"")
            return parse_csv(lines, path.name)
    except OSError as error:
        raise SessionUnreadable(
            say(
                "{file} cannot be read: {reason}",
                file=printable(path.name),
                reason=error.strerror,
            ),
            say("Check the path and your rights to it."),
        ) from error


def parse_csv(lines: Iterable[bytes], name: str) -> Recording:
    """Read lines of a file of that name; raises ``SessionUnreadable``.

    A table does not say whose it is, so the target has only the file's name.
    """
    rows = _rows(_texts(lines, name), name)
    header = next(rows, None)
    if header is None:
        raise unreadable(name, say("there is no header row"))
    table = CsvTable(name, *header)
    for line, cells in rows:
        table.add(line, cells)
    series, started_unix_s = table.series()
    return Recording(
        target=_named_only(name),
        started_unix_s=started_unix_s,
        series=series,
        facts={"source": name},
    )


def _texts(lines: Iterable[bytes], name: str) -> Iterator[str]:
    """Decode lines; comments become empty, so that lines are still counted right."""
    for number, line in enumerate(lines, start=1):
        text = _decode(line, number, name)
        yield "\n" if text.lstrip().startswith("#") else text.rstrip("\r\n") + "\n"


def _decode(line: bytes, number: int, name: str) -> str:
    if number == 1:
        line = line.removeprefix(b"\xef\xbb\xbf")  # the mark that Excel writes
    try:
        text = line.decode("utf-8")
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text:
        raise unreadable(name, say("line {line} is not text in UTF-8", line=number))
    return text


def _rows(lines: Iterator[str], name: str) -> Iterator[tuple[int, list[str]]]:
    """Return line number and cells of each row that says something."""
    reader = csv.reader(lines, strict=True)
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield reader.line_num, cells
    except csv.Error as error:
        raise unreadable(
            name, say("line {line}: {error}", line=reader.line_num, error=error)
        ) from error


def _named_only(name: str) -> Target:
    return Target(
        key=ProcessKey(0, 0),
        name=Path(name).stem,
        command="",
        user="",
        started_unix_s=math.nan,
    )
