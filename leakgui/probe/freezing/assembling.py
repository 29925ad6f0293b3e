"""Put together what a copy holds, after the target runs again."""

from __future__ import annotations

import fcntl
import os
from array import array

from leakgui.model.process import ProcessKey
from leakgui.probe.freezing.copying import Ranges, merge_ranges
from leakgui.probe.freezing.maps import Mapping, MapsReader
from leakgui.probe.freezing.modules import open_modules
from leakgui.probe.freezing.order import Report
from leakgui.probe.freezing.pagemap import MOST_LISTED_BYTES, Runs, clip
from leakgui.probe.freezing.plan import Plan, make_plan, ranges_of
from leakgui.probe.freezing.segments import (
    find_segments,
    mark_present,
    resident_bytes,
    without,
)
from leakgui.probe.procfs import as_text, read_link, read_start
from leakgui.probe.raw import RawGap, RawTable, text_column
from leakgui.probe.raw_heap import INJECT, PAUSE, RawHeapCopy
from leakgui.texts import say, say_count

_NEVER_EXECUTED = 0x8
"""MFD_NOEXEC_SEAL (linux/memfd.h), Linux 6.3"""
_ADD_SEALS = 1033
_SEALS = 0x1 | 0x2 | 0x4 | 0x8
"""F_ADD_SEALS; F_SEAL_SEAL, SHRINK, GROW and WRITE (linux/fcntl.h)"""
MEMORY_BYTES = 1 << 47
"""User space of x86-64: a copy lies at the target's own addresses."""


def new_memory() -> int:
    """Return an empty file in memory that can be sealed, as large as user space."""
    flags = os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING
    try:
        memory = os.memfd_create("leakgui-copy", flags | _NEVER_EXECUTED)
    except OSError:  # older kernels know no such flag
        memory = os.memfd_create("leakgui-copy", flags)
    os.ftruncate(memory, MEMORY_BYTES)
    return memory


def seal(memory: int) -> int:
    """Close a copy for writing, for good; returns a read-only descriptor of it.

    Kernels before 6.7 let nobody map a sealed file shared through a descriptor that
    could write.
    """
    fcntl.fcntl(memory, _ADD_SEALS, _SEALS)
    return os.open(f"/proc/self/fd/{memory}", os.O_RDONLY | os.O_CLOEXEC)


def assemble(
    key: ProcessKey, report: Report, estimated_ms: float, memory: int
) -> RawHeapCopy:
    """Return the copy with its tables; ``memory`` is the sealed file."""
    mappings = MapsReader().parse(report.maps)
    plan = make_plan(mappings, report.held)
    # Every mapping that was chosen is one range here; neighbours are joined.
    copied = clip(report.held, merge_ranges(plan.ranges, 1))
    read = without(copied, merge_ranges(sorted(report.failed), 1))
    segments = find_segments(plan.ranges, read)
    modules = open_modules(key.pid, mappings)
    return RawHeapCopy(
        key=key,
        level=INJECT if report.has_forked else PAUSE,
        paused_ms=1000 * report.paused_s,
        estimated_ms=estimated_ms,
        copied_bytes=read.total_bytes,
        resident_bytes=report.resident_bytes,
        taken_unix_s=report.taken_unix_s,
        executable=_read_executable(key.pid),
        memory=memory,
        module_files=modules.files,
        modules=modules.paths,
        segments=_tabulate(segments),
        present=mark_present(segments, read),
        regions=_describe_regions(mappings, plan, report.held, modules.of_mapping),
        threads=_describe_threads(key.pid, report.tids),
        registers=report.registers,
        vectors=report.vectors,
        gaps=_find_gaps(plan, report) + modules.gaps,
        notes=report.notes,
    )


def _tabulate(ranges: Ranges) -> RawTable:
    return {
        "start": array("Q", [begin for begin, _ in ranges]),
        "end": array("Q", [end for _, end in ranges]),
    }


def _describe_regions(
    mappings: list[Mapping], plan: Plan, held: Runs, modules: array[int]
) -> RawTable:
    copied = {mapping.start for mapping in plan.copied}
    return {
        "start": array("Q", [mapping.start for mapping in mappings]),
        "end": array("Q", [mapping.end for mapping in mappings]),
        "offset": array("Q", [mapping.offset for mapping in mappings]),
        "resident": resident_bytes(ranges_of(mappings), held),
        "module": modules,
        "was_copied": array("q", [mapping.start in copied for mapping in mappings]),
        "permissions": text_column(as_text(m.permissions) for m in mappings),
        "path": text_column(mapping.path_text for mapping in mappings),
    }


def _describe_threads(pid: int, tids: array[int]) -> RawTable:
    return {
        "tid": tids,
        "name": text_column(_read_thread_name(pid, tid) for tid in tids),
    }


def _read_thread_name(pid: int, tid: int) -> str:
    try:
        return as_text(read_start(f"/proc/{pid}/task/{tid}/comm")[:-1])
    except OSError:
        return ""  # it has ended since


def _read_executable(pid: int) -> str:
    try:
        return read_link(f"/proc/{pid}/exe")
    except OSError:
        return ""


def _find_gaps(plan: Plan, report: Report) -> list[RawGap]:
    gaps: list[RawGap] = []
    unread = sum(end - begin for begin, end in report.failed)
    if unread:
        detail = say("{size} KiB could not be read.", size=unread >> 10)
        gaps.append(("memory", "unreadable", detail))
    for mapping in plan.left_out:
        detail = say("Too large to copy: {path}", path=mapping.path_text)
        gaps.append(("memory", "unsupported", detail))
    if report.unseen_bytes:
        gaps.append(("memory", "denied", _describe_unseen(report.unseen_bytes)))
    high = sum(end - begin > MOST_LISTED_BYTES for begin, end in plan.ranges)
    if high and not _lists_runs():
        detail = say_count(
            "{count} mapping is too large for this kernel to look through.",
            "{count} mappings are too large for this kernel to look through.",
            high,
        )
        gaps.append(("memory", "unsupported", detail))
    return gaps


def _describe_unseen(size: int) -> str:
    return say(
        "Up to {size} MiB of shared memory that it did not use itself could not be "
        "seen; blocks that only this memory points to look lost.",
        size=-(-size >> 20),
    )


def _lists_runs() -> bool:
    """Whether the kernel is 6.7 or newer and so has PAGEMAP_SCAN."""
    major, minor = os.uname().release.split(".")[:2]
    digits = "".join(filter(str.isdigit, minor))
    return (int(major), int(digits or 0)) >= (6, 7)
