"""Lines of ``/proc/PID/smaps`` and ``/proc/PID/maps`` as columns.

Layout: proc(5) and ``fs/proc/task_mmu.c`` (``show_map_vma``, ``__show_smap``). A
record of smaps is one line of maps, then one ``Label:  number kB`` line for each
size; which labels there are depends on the kernel, but it is the same for every
record. So the lines of one label stand at equal distances, and slices find them
without looking at each line: 60,000 mappings are 1.4 million lines.
"""

from __future__ import annotations

from array import array
from typing import NamedTuple

from leakgui.probe.procfs import as_text
from leakgui.probe.raw import RawTable, TextPool

SIZE_LABELS: dict[str, bytes] = {
    "rss": b"Rss:",
    "pss": b"Pss:",
    "private_clean": b"Private_Clean:",
    "private_dirty": b"Private_Dirty:",
    "shared_clean": b"Shared_Clean:",
    "shared_dirty": b"Shared_Dirty:",
    "anonymous": b"Anonymous:",
    "swap": b"Swap:",
}
"""Columns of ``leakgui.model.snapshot.Mappings`` and the lines they come from."""

_HEX_DIGITS = b"0123456789abcdef"


class MappingLine(NamedTuple):
    """What one line of maps says; numbers fit 64 bits without sign."""

    start: int
    end: int
    permissions: str
    offset: int
    inode: int
    path: str


def parse_mapping_line(line: bytes) -> MappingLine | None:
    r"""Return what a line of maps says, or None where it is no such line.

    ``start-end rwxp offset major:minor inode   path``. The kernel writes a line
    break in a path as ``\012`` (``seq_file_path`` with "\n") and does not escape
    the backslash, so a path that really holds ``\012`` cannot be told apart. The
    address of vsyscall needs all 64 bits.
    """
    parts = line.split(None, 5)
    try:
        low, high = parts[0].split(b"-")
        start, end = int(low, 16), int(high, 16)
        offset, inode = int(parts[2], 16), int(parts[4])
    except (ValueError, IndexError):
        return None
    if (start | end | offset | inode) >> 64 or end < start:
        return None
    path = parts[5].replace(b"\\012", b"\n") if len(parts) > 5 else b""
    return MappingLine(
        start,
        end,
        parts[1].decode("ascii", "replace"),
        offset,
        inode,
        as_text(path),
    )


class MappingRows:
    """Collects mappings from one block of text after another."""

    def __init__(self) -> None:
        self.unparsable = 0
        """Records that were left out because they made no sense."""
        self.start, self.end = array("Q"), array("Q")
        self._offset, self._inode = array("Q"), array("Q")
        self._permissions, self.path = TextPool(), TextPool()
        self._sizes = {name: array("Q") for name in SIZE_LABELS}

    def __len__(self) -> int:
        return len(self.start)

    def add_maps(self, block: bytes) -> None:
        """Append whole lines of maps."""
        for line in block.split(b"\n"):
            if line:
                self._add_line(parse_mapping_line(line))

    def add_smaps(self, block: bytes) -> None:
        """Append whole records of smaps; ``cut_smaps`` finds where they end."""
        lines = block.rstrip(b"\n").split(b"\n")
        if lines == [b""]:
            return
        distance = _record_length(lines)
        if not self._add_even_records(lines, distance):
            for record in _split_records(lines):
                self._add_record(record)

    def table(self) -> RawTable:
        """Return the columns; sizes that not every record had are absent."""
        table: RawTable = {
            "start": self.start,
            "end": self.end,
            "permissions": self._permissions.column(),
            "offset": self._offset,
            "inode": self._inode,
            "path": self.path.column(),
        }
        rows = len(self)
        table.update(
            {n: sizes for n, sizes in self._sizes.items() if len(sizes) == rows}
        )
        return table

    def _add_line(self, line: MappingLine | None) -> bool:
        if line is None:
            self.unparsable += 1
            return False
        self.start.append(line.start)
        self.end.append(line.end)
        self._permissions.add(line.permissions)
        self._offset.append(line.offset)
        self._inode.append(line.inode)
        self.path.add(line.path)
        return True

    def _add_even_records(self, lines: list[bytes], distance: int) -> bool:
        """Append records that all look like the first; else do nothing, say False."""
        headers = [parse_mapping_line(line) for line in lines[::distance]]
        sizes = _even_sizes(lines, distance)
        if sizes is None or None in headers:
            return False
        for header in headers:
            self._add_line(header)
        for name, column in sizes.items():
            self._sizes[name].extend(column)
        return True

    def _add_record(self, record: list[bytes]) -> None:
        if not self._add_line(parse_mapping_line(record[0])):
            return
        for name, label in SIZE_LABELS.items():
            line = next((line for line in record if line.startswith(label)), b"")
            # A size that is missing once makes its column short, hence absent.
            self._sizes[name].extend(_parse_sizes([line], label) or ())


def cut_smaps(block: bytes) -> int:
    """Return where the last record of smaps begins: what is before is whole.

    A record begins with a small hexadecimal digit, every other line with a capital.
    """
    at = len(block)
    while (at := block.rfind(b"\n", 0, at)) >= 0:
        if block[at + 1 : at + 2] and block[at + 1] in _HEX_DIGITS:
            return at + 1
    return 0


def _record_length(lines: list[bytes]) -> int:
    for place in range(1, len(lines)):
        if lines[place] and lines[place][0] in _HEX_DIGITS:
            return place
    return len(lines)


def _split_records(lines: list[bytes]) -> list[list[bytes]]:
    records: list[list[bytes]] = []
    for line in lines:
        if not records or (line and line[0] in _HEX_DIGITS):
            records.append([])
        records[-1].append(line)
    return records


def _even_sizes(lines: list[bytes], distance: int) -> dict[str, array[int]] | None:
    """Return the sizes of records that have one shape, or None where they do not."""
    if len(lines) % distance:
        return None
    sizes = {}
    for name, label in SIZE_LABELS.items():
        place = next(
            (at for at in range(1, distance) if lines[at].startswith(label)), None
        )
        if place is None:
            continue
        column = _parse_sizes(lines[place::distance], label)
        if column is None:
            return None
        sizes[name] = column
    return sizes


def _parse_sizes(lines: list[bytes], label: bytes) -> array[int] | None:
    """Return bytes for lines such as ``Rss:   8 kB``; None where one is not so."""
    begin = len(label)
    if not all(line.startswith(label) for line in lines):
        return None
    try:
        return array("Q", [int(line[begin:-3]) * 1024 for line in lines])
    except (ValueError, OverflowError):
        return None
