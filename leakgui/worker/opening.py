"""Open a parcel with a copied heap: everything in it is checked before it is used."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TypedDict, TypeVar

import numpy as np
import numpy.typing as npt

from leakgui.model.columns import I64, U64, Columns
from leakgui.model.heap import Level
from leakgui.model.process import ProcessKey
from leakgui.model.text_column import TextColumn
from leakgui.wire.frames import Frame, broken
from leakgui.wire.tables import unpack_numbers, unpack_table
from leakgui.worker.image import (
    PAGE_BYTES,
    Image,
    Module,
    Regions,
    ThreadStates,
    lay_out,
)
from leakgui.worker.spans import check_memory_file, map_spans

Number = TypeVar("Number", int, float)

MOST_SEGMENTS = 32_000
"""Each is a mapping here, of which the kernel allows 65,530 (vm.max_map_count)."""
ADDRESS_END = 1 << 47
"""Where addresses of programs end on x86-64 with four-level page tables."""

# Places in struct user_regs_struct of x86-64 (sys/user.h), and how many words it has.
_REGISTERS, _STACK_POINTER, _FS_BASE = 27, 19, 21
_VECTORS = 32


def find_key(header: Mapping[str, object]) -> ProcessKey:
    """Return whose copy it is; raises ``HelperFailed`` where that is not said."""
    pid, start_ticks = header.get("pid"), header.get("start_ticks")
    if type(pid) is not int or type(start_ticks) is not int:
        raise broken("a copied heap of nobody")
    return ProcessKey(pid, start_ticks)


def open_image(frame: Frame, header: Mapping[str, object], files: list[int]) -> Image:
    """Return the image that a frame and its files hold.

    Files that the image needs are taken out of the list: they are closed with
    ``close_image``, the others stay the caller's.

    Raises:
        HelperFailed: something is not as it must be.
    """
    try:
        return _open(frame, header, files)
    except (LookupError, TypeError, ValueError, OverflowError) as error:
        raise broken("a copied heap that is none") from error


def close_image(image: Image) -> None:
    """Close the files of an image; its memory goes when nobody uses it any more."""
    for module in image.modules:
        if module.fd >= 0:
            with suppress(OSError):
                os.close(module.fd)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Spans(Columns):
    start: U64
    end: U64


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Names(Columns):
    tid: I64
    name: TextColumn


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Paths(Columns):
    path: TextColumn


def _open(frame: Frame, header: Mapping[str, object], files: list[int]) -> Image:
    _demand(bool(files), "no memory")
    spans = _unpack_spans(frame)
    present = unpack_numbers(frame, "present", "u1")
    pages = sum(end - start for start, end in spans) // PAGE_BYTES
    _demand(len(present) == (pages + 7) // 8, "pages")
    registers = unpack_numbers(frame, "thread.registers", "u8")
    threads = _unpack_threads(frame, registers)
    vectors = unpack_numbers(frame, "thread.vectors", "u8")
    _demand(len(vectors) == len(threads) * _VECTORS, "vectors")
    paths = unpack_table(frame, "module", _Paths).path.as_list()
    regions = unpack_table(frame, "region", Regions)
    _check_regions(regions, len(paths))
    numbers = _unpack_header(header)
    check_memory_file(files[0], spans[-1][1] if spans else 0)
    words = map_spans(files[0], spans)
    # The last step: from here on nothing fails, and the image owns these files.
    modules = _take_modules(paths, header.get("module_fd_places"), files)
    return Image(
        words=words,
        present=present,
        segments=lay_out([start for start, _ in spans], [end for _, end in spans]),
        regions=regions,
        threads=threads,
        registers=registers,
        vectors=vectors,
        modules=modules,
        **numbers,
    )


def _unpack_spans(frame: Frame) -> list[tuple[int, int]]:
    table = unpack_table(frame, "segment", _Spans)
    _demand(len(table) <= MOST_SEGMENTS, "too many segments")
    spans = list(zip(table.start.tolist(), table.end.tolist(), strict=True))
    last = -1
    for start, end in spans:
        # Neighbours are one segment: a block could lie across their border.
        _demand(last < start < end <= ADDRESS_END, "segments out of order")
        _demand(start % PAGE_BYTES == end % PAGE_BYTES == 0, "part of a page")
        last = end
    return spans


def _unpack_threads(frame: Frame, registers: npt.NDArray[np.uint64]) -> ThreadStates:
    names = unpack_table(frame, "thread", _Names)
    _demand(len(registers) == len(names) * _REGISTERS, "registers")
    by_thread = registers.reshape(-1, _REGISTERS)
    return ThreadStates(
        tid=names.tid,
        name=names.name,
        stack_pointer=by_thread[:, _STACK_POINTER].copy(),
        fs_base=by_thread[:, _FS_BASE].copy(),
    )


def _check_regions(regions: Regions, modules: int) -> None:
    start, end, module = regions.start, regions.end, regions.module
    _demand(bool((start < end).all()), "an empty region")
    _demand(bool((end[:-1] <= start[1:]).all()), "regions out of order")
    _demand(bool(((module >= -1) & (module < modules)).all()), "no such module")


def _take_modules(
    paths: Sequence[str], places: object, files: list[int]
) -> tuple[Module, ...]:
    """Give each module its file; the first of the files is the memory."""
    if not isinstance(places, list) or len(places) != len(paths):
        raise broken("modules without files")
    _demand(all(type(place) is int for place in places), "places")
    wanted = [place for place in places if place != -1]
    _demand(all(1 <= place < len(files) for place in wanted), "no such file")
    _demand(len(set(wanted)) == len(wanted), "a file twice")
    modules = tuple(
        Module(path=path, fd=-1 if place == -1 else files[place])
        for path, place in zip(paths, places, strict=True)
    )
    taken = {module.fd for module in modules}
    files[:] = [file for file in files if file not in taken]
    return modules


class _Numbers(TypedDict):
    pid: int
    executable: str
    resident_bytes: int
    level: Level
    paused_ms: float
    copied_bytes: int
    is_whole: bool


def _unpack_header(header: Mapping[str, object]) -> _Numbers:
    gaps = header["gaps"]
    if not isinstance(gaps, list):
        raise TypeError(type(gaps))
    return _Numbers(
        pid=find_key(header).pid,
        executable=str(header["executable"]),
        resident_bytes=_number(header["resident_bytes"], int),
        level=Level(str(header["level"])),
        paused_ms=_number(header["paused_ms"], float),
        copied_bytes=_number(header["copied_bytes"], int),
        is_whole=not any(gap[0] == "memory" for gap in gaps),
    )


def _number(value: object, kind: type[Number]) -> Number:
    if type(value) is not kind:
        raise TypeError(type(value))
    return value


def _demand(is_so: bool, what: str) -> None:  # noqa: FBT001  # reads as a sentence
    if not is_so:
        raise ValueError(what)
