"""Open the files that a target has mapped, so that others can read their symbols."""

from __future__ import annotations

import os
from array import array
from typing import NamedTuple

from leakgui.probe.freezing.maps import Mapping
from leakgui.probe.freezing.same_file import list_names_of, open_same
from leakgui.probe.raw import RawGap, RawText, text_column
from leakgui.texts import say_count

MOST_OPENED = 200
_ELF = b"\x7fELF"
_NO_FILE = (b"/dev/", b"/memfd:", b"/SYSV", b"/anon_hugepage")

_Identity = tuple[bytes, int, bytes]
"""Device, inode and path: one file under one name."""


class Modules(NamedTuple):
    """The mapped files and which mapping belongs to which."""

    paths: RawText
    files: list[int]
    """Descriptors, -1 where one was not opened."""
    of_mapping: array[int]
    """[q] For each mapping the module, or -1."""
    gaps: list[RawGap]


def open_modules(pid: int, mappings: list[Mapping]) -> Modules:
    """Open what is mapped executable first, then libraries that are mapped as data."""
    wanted = _list_wanted(mappings)
    number = {identity: at for at, identity in enumerate(wanted)}
    files = [
        _open(pid, mapping) if at < MOST_OPENED else -1
        for at, mapping in enumerate(wanted.values())
    ]
    return Modules(
        text_column(mapping.path_text for mapping in wanted.values()),
        files,
        array("q", [number.get(_identify(mapping), -1) for mapping in mappings]),
        _describe(list(wanted.values()), files),
    )


def _list_wanted(mappings: list[Mapping]) -> dict[_Identity, Mapping]:
    candidates = [
        mapping
        for mapping in mappings
        if mapping.is_file and not mapping.path.startswith(_NO_FILE)
    ]
    code = [mapping for mapping in candidates if b"x" in mapping.permissions]
    data = [mapping for mapping in candidates if mapping.permissions == b"rw-p"]
    wanted: dict[_Identity, Mapping] = {}
    for mapping in code + data:
        wanted.setdefault(_identify(mapping), mapping)
    return wanted


def _identify(mapping: Mapping) -> _Identity:
    return mapping.device, mapping.inode, mapping.path


def _describe(wanted: list[Mapping], files: list[int]) -> list[RawGap]:
    missing = [
        mapping.path_text
        for mapping, file in zip(wanted, files, strict=True)
        if file < 0 and b"x" in mapping.permissions
    ]
    if not missing:
        return []
    detail = say_count(
        "{count} program file could not be opened: {path}",
        "{count} program files could not be opened, for example {path}",
        len(missing),
        path=missing[0],
    )
    return [("modules", "unreadable", detail)]


def _open(pid: int, mapping: Mapping) -> int:
    """Return a readable descriptor of the file behind a mapping, or -1."""
    for path, flags in list_names_of(pid, mapping):
        try:
            file = open_same(path, flags, mapping)
            if file >= 0 and _is_wanted(file, mapping):
                return file
            if file >= 0:
                os.close(file)
        except (OSError, ValueError):
            continue  # not allowed, gone, or a name with a zero byte
    return -1


def _is_wanted(file: int, mapping: Mapping) -> bool:
    return b"x" in mapping.permissions or os.pread(file, 4, 0) == _ELF
