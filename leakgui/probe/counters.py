"""The cheap counters, the shares and the mappings of a process, from their texts."""

from __future__ import annotations

import os
import re

from leakgui.probe.process_stat import Stat
from leakgui.probe.procfs import CHUNK, parse_kib, ticks_per_s

_METRIC_OF_STATUS = {
    b"VmSize": "vms_bytes",
    b"VmRSS": "rss_bytes",
    b"RssAnon": "anon_bytes",
    b"RssFile": "file_bytes",
    b"RssShmem": "shmem_bytes",
    b"VmData": "data_bytes",
    b"VmStk": "stack_bytes",
    b"VmSwap": "swap_bytes",
}
_STATUS_LINE = re.compile(
    rb"^(" + b"|".join(_METRIC_OF_STATUS) + rb"):\s*(\d{1,20}) kB$", re.MULTILINE
)
_READ_CHARS = re.compile(rb"^rchar: (\d{1,20})$", re.MULTILINE)
_PRIVATE = ("Private_Clean", "Private_Dirty", "Private_Hugetlb")
_HEAP_MARK = b"[heap]"


def parse_status(text: bytes) -> dict[str, float]:
    """Return the memory metrics of /proc/PID/status in bytes.

    Layout: proc(5) and ``fs/proc/task_mmu.c``, task_mem. All values come from one
    read, so RSS is the sum of its three parts. Threads of the kernel and processes
    that are ending have no memory and give an empty reading.
    """
    return {
        _METRIC_OF_STATUS[name]: int(digits) * 1024.0
        for name, digits in _STATUS_LINE.findall(text)
    }


def reading_of_stat(stat: Stat) -> dict[str, float]:
    """Return threads and processor time in milliseconds."""
    return {
        "threads": float(stat.threads),
        "cpu_ms": stat.cpu_ticks * 1000.0 / ticks_per_s(),
    }


def parse_io(text: bytes) -> dict[str, float]:
    """Return the bytes asked for by read calls (``rchar`` in /proc/PID/io, proc(5))."""
    found = _READ_CHARS.search(text)
    return {"read_bytes": float(found.group(1))} if found else {}


def parse_rollup(text: bytes) -> dict[str, float]:
    """Return PSS and USS in bytes from /proc/PID/smaps_rollup.

    USS = Private_Clean + Private_Dirty + Private_Hugetlb; the last is missing on
    systems without huge pages (``fs/proc/task_mmu.c``, __show_smap).
    """
    amounts = parse_kib(text)
    reading: dict[str, float] = {}
    if "Pss" in amounts:
        reading["pss_bytes"] = float(amounts["Pss"])
    if "Private_Clean" in amounts and "Private_Dirty" in amounts:
        reading["uss_bytes"] = float(sum(amounts.get(name, 0) for name in _PRIVATE))
    return reading


def count_mappings(descriptor: int) -> dict[str, float]:
    """Return mappings and bytes of the brk heap from an open /proc/PID/maps.

    The file is counted while it is read, page by page, and never kept: it has 40 MB
    for 60,000 mappings. Nothing is known from an empty file: the process is ending,
    or it is a thread of the kernel.
    """
    mappings, heap_bytes, tail = 0, 0, b""
    while chunk := os.read(descriptor, CHUNK):
        mappings += chunk.count(b"\n")
        if tail:
            chunk = tail + chunk
        whole = chunk.rfind(b"\n") + 1
        if _HEAP_MARK in chunk:
            heap_bytes += _heap_bytes(chunk[:whole])
        tail = chunk[whole:]
    if not mappings:
        return {}
    return {"mappings": float(mappings), "heap_bytes": float(heap_bytes)}


def _heap_bytes(lines: bytes) -> int:
    """Return the sizes of the lines that end with ``[heap]``, where a path cannot.

    Paths begin with ``/``, so five fields and the bare mark are the kernel's own.
    """
    size = 0
    for line in lines.split(b"\n"):
        if not line.endswith(_HEAP_MARK):
            continue
        fields = line.split()
        if len(fields) == 6 and fields[5] == _HEAP_MARK:
            size += _range_bytes(fields[0])
    return size


def _range_bytes(span: bytes) -> int:
    start, _, end = span.partition(b"-")
    try:
        return max(0, int(end, 16) - int(start, 16))
    except ValueError:
        return 0
