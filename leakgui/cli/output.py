"""Print tables, sentences and JSON lines so that no text of a stranger harms."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from io import TextIOWrapper

from leakgui.formatting import printable

SCHEMA = 1
RIGHT = ">"
_LONGEST_LAST = 200
"""Command lines can have megabytes; ``--json`` gives them whole."""


def prepare_streams() -> None:
    """Let nothing that is printed fail, whatever the terminal can show."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def silence_stdout() -> None:
    """After the reader of a pipe went away, let the rest go nowhere."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)


def print_line(text: str = "") -> None:
    """Print one line of the answer."""
    sys.stdout.write(f"{text}\n")


def print_message(text: str) -> None:
    """Print what is not the answer: progress, advice, trouble."""
    sys.stdout.flush()
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


def print_json(values: Mapping[str, object]) -> None:
    """Print one object on one line, the version of its schema first.

    ASCII only. Bytes of a name that are no UTF-8 become U+FFFD: the lone surrogates
    that Python reads them as are refused by strict readers of JSON.
    """
    clean = _as_unicode({"schema": SCHEMA, **values})
    sys.stdout.write(json.dumps(clean, allow_nan=False) + "\n")
    sys.stdout.flush()


def _as_unicode(value: object) -> object:
    if isinstance(value, str):
        return value.encode("utf-8", "surrogatepass").decode("utf-8", "replace")
    if isinstance(value, Mapping):
        return {_as_unicode(key): _as_unicode(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_as_unicode(one) for one in value]
    return value


def print_table(headers: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print aligned columns; a header that begins with ``>`` aligns to the right.

    The last column is as wide as it likes, or as the terminal allows.
    """
    plain = [header.removeprefix(RIGHT) for header in headers]
    lines = [plain, *([printable(cell) for cell in row] for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(plain))]
    widths[-1] = min(widths[-1], _room_for_last(widths))
    for line in lines:
        cells = [
            _fit(cell, width, is_right=header.startswith(RIGHT))
            for cell, width, header in zip(line, widths, headers, strict=True)
        ]
        print_line("  ".join(cells).rstrip())


def _fit(cell: str, width: int, *, is_right: bool) -> str:
    cell = printable(cell, most=width) if len(cell) > width else cell
    return cell.rjust(width) if is_right else cell.ljust(width)


def _room_for_last(widths: Sequence[int]) -> int:
    """Return what a terminal leaves for the last column, or what a file may take."""
    if not sys.stdout.isatty():
        return _LONGEST_LAST
    columns = os.get_terminal_size(sys.stdout.fileno()).columns
    return max(20, columns - sum(widths[:-1]) - 2 * (len(widths) - 1))
