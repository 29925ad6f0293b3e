"""What several series say together: which growth explains which.

Rules do not know each other, so what two of them need to agree on stands here.
"""

from __future__ import annotations

import numpy as np

from leakgui.analysis.trend import Trend
from leakgui.guidance.examined import Evidence
from leakgui.guidance.free_memory import find_fragments
from leakgui.guidance.limits import (
    OF_MEMORY,
    TIGHT,
    headroom_share_a_minute,
    usages,
)
from leakgui.guidance.lost_memory import find_loss
from leakgui.model.finding import DefectClass

MIB = 2.0**20
_MEMORY_A_THREAD = MIB / 4
"""A waiting thread keeps 8 KiB to 200 KiB; more than this it does not explain."""
_BUSY_CORE = 0.9
_SHARED_CORE = 0.5
_POINTS = 48
_TIED = 0.9
_HELD_OF_READ = (0.3, 20.0)
"""Memory for each byte read: what is loaded is held, parsed it may be larger."""
_LARGE_OF_LIMIT = 0.25
_MOST_OF_LIMIT = 0.5
"""A step that follows no reading is called a load only if it takes so much."""
_MULTIPLIED = 3.0
_LEAST_LOAD = 64 * MIB


def heap_explains_memory(evidence: Evidence) -> bool:
    """Whether looks into the heap show memory as lost, or as free, rather than held."""
    loss = find_loss(evidence)
    is_lost = loss is not None and loss.explains_growth
    return is_lost or find_fragments(evidence) is not None


def threads_explain_memory(evidence: Evidence, memory: Trend) -> bool:
    """Whether new threads are enough reason for the growth of memory."""
    threads = evidence.trend("threads")
    if threads is None or not threads.is_growing:
        return False
    return memory.retained <= _MEMORY_A_THREAD * threads.retained


def stack_explains_memory(evidence: Evidence, memory: Trend) -> bool:
    """Whether the main stack is where the growth of memory lies."""
    return evidence.rise("stack_bytes", memory) >= 0.5 * memory.retained


def shared_memory(evidence: Evidence) -> str | None:
    """Return the metric that shows growing shared memory, or None."""
    shared = evidence.trend("shmem_bytes")
    if shared is not None and shared.is_growing and not _is_first_use(evidence, shared):
        return "shmem_bytes"
    return "handles_memfd" if evidence.grows("handles_memfd") else None


def _is_first_use(evidence: Evidence, shared: Trend) -> bool:
    """Whether pages of mappings that were there before are used one after another.

    A process of a database does so with the common buffers, until it has used each
    of them. Shared memory that is new brings address space with it.
    """
    if evidence.cells("vms_bytes") is None:
        return False
    return evidence.rise("vms_bytes", shared) < 0.5 * shared.retained


def mapping_growth(evidence: Evidence) -> str | None:
    """Return the metric that shows mappings without an end, or None.

    Threads bring two mappings and some 8 MiB of address space each, shared memory
    has its own name, and a heap that grows brings address space with it.
    """
    if evidence.grows("threads") or shared_memory(evidence):
        return None
    if _is_taken_by_allocator(evidence):
        return None
    memory_key = evidence.growing_memory()
    memory = evidence.trend(memory_key) if memory_key else None
    if evidence.grows("mappings") and not _is_in_heap(evidence, memory):
        return "mappings"
    for key in ("vms_bytes", "data_bytes"):
        space = evidence.trend(key)
        if space and space.is_growing and not _is_resident(evidence, space):
            return key
    return None


def _is_taken_by_allocator(evidence: Evidence) -> bool:
    """Whether looks into the heap found most of the new address space there.

    An allocator maps large blocks one by one: then each lost one is a mapping too.
    """
    whole = evidence.heap.whole
    if whole is None:
        return False
    times = np.array([whole.before.at_s, whole.after.at_s])
    space = evidence.levels("vms_bytes", times)
    if space is None or not space[1] > space[0]:
        return False
    return whole.in_use_bytes + whole.free_bytes >= 0.5 * float(space[1] - space[0])


def _is_in_heap(evidence: Evidence, memory: Trend | None) -> bool:
    """Whether the growth lies in the brk heap, or each new mapping is huge."""
    if memory is None:
        return False
    new = max(evidence.rise("mappings", memory), 1.0)
    in_heap = evidence.rise("heap_bytes", memory) >= 0.5 * memory.retained
    return in_heap or memory.retained / new > 16 * MIB


def _is_resident(evidence: Evidence, space: Trend) -> bool:
    """Whether the new address space is used: then it is the heap that grows."""
    used = max(
        evidence.rise("anon_bytes", space) + evidence.rise("swap_bytes", space),
        0.0 if evidence.cells("anon_bytes") else evidence.rise("rss_bytes", space),
    )
    return used > 0.25 * space.retained


def busy_cores(evidence: Evidence, over: Trend) -> float | None:
    """Return the processor use of the busiest quarter of a trend's recent half.

    In cores; None where it is unknown. The busiest quarter, because a machine with
    other work to do does not give a loop its core all the time.
    """
    half_s = (over.judged_to_s - over.judged_from_s) / 2
    edges = np.linspace(over.judged_to_s - half_s, over.judged_to_s, 5)
    cpu_ms = evidence.levels("cpu_ms", edges)
    if cpu_ms is None or half_s <= 0:
        return None
    return float(np.diff(cpu_ms).max()) / 1000 / (half_s / 4)


def is_running_away(evidence: Evidence, memory: Trend) -> bool:
    """Whether memory is made by a loop at full speed: faster and faster, or vast.

    Vast is a tenth of the headroom a minute, or more than doubling each minute by
    at least 64 MiB. Growth that is both needs only half a core: the machine may be
    shared. A loop that reads what it keeps is a load instead, and one that keeps
    nothing, by what looks into the heap showed, is a leak.
    """
    if heap_explains_memory(evidence):
        return False
    cores = busy_cores(evidence, memory)
    if cores is None or memory.rate is None:
        return False
    a_minute = memory.rate.per_s * 60
    doubles = a_minute >= max(memory.first, 64 * MIB)
    is_vast = headroom_share_a_minute(evidence, memory.rate.per_s) > 0.1 or doubles
    signs = memory.is_accelerating + is_vast
    is_busy = cores >= (_SHARED_CORE if signs == 2 else _BUSY_CORE)
    return signs > 0 and is_busy and not _is_loading(evidence, memory)


def likeness_to_reading(evidence: Evidence, memory_key: str) -> float | None:
    """Return the correlation of memory with bytes read, None where either is flat.

    Both ends must fit too: what is read and held is of the order of the growth.
    """
    memory, read = evidence.trend(memory_key), evidence.cells("read_bytes")
    if memory is None or read is None:
        return None
    times = np.linspace(read.from_s, read.last_s, _POINTS)
    held, done = evidence.levels(memory_key, times), read.level_at(times)
    if held is None or np.ptp(held) == 0 or np.ptp(done) == 0:
        return None
    if not _HELD_OF_READ[0] <= np.ptp(held) / np.ptp(done) <= _HELD_OF_READ[1]:
        return None
    return float(np.corrcoef(held, done)[0, 1])


def follows_reading(evidence: Evidence, memory_key: str) -> bool:
    """Whether memory rises as bytes are read, and by an amount that fits."""
    likeness = likeness_to_reading(evidence, memory_key)
    return likeness is not None and likeness >= _TIED


def _is_loading(evidence: Evidence, memory: Trend) -> bool:
    key = evidence.growing_memory()
    return bool(key and follows_reading(evidence, key)) and _is_multiplied(memory)


def bulk_load(evidence: Evidence) -> str | None:
    """Return the memory metric that shows much loaded at once, or None.

    Still growing: it follows what is read and has multiplied the level. Ended: it
    followed the reading and is now a quarter of a limit, or three times what it was
    before and 64 MiB more. One step that follows no reading is how a runtime sets up
    its heap: it counts where half of a limit is taken, or where the reading is not
    known. A level at 85 % of a limit is the limit's matter, and one that fell again
    after its peak was given back. What a look into the heap found lost is no load.
    """
    if heap_explains_memory(evidence):
        return None
    key = evidence.growing_memory()
    memory = evidence.trend(key) if key else None
    if memory is not None:
        return key if _is_loading(evidence, memory) else None
    key = evidence.clearest_memory()
    memory = evidence.trend(key) if key else None
    if key is None or memory is None or not _is_filled(memory):
        return None
    if _is_tight(evidence):
        return None
    return key if _is_load(evidence, key, memory) else None


def _is_load(evidence: Evidence, key: str, memory: Trend) -> bool:
    is_step = memory.shape is DefectClass.STEP
    is_unknown = is_step and evidence.cells("read_bytes") is None
    if is_unknown or follows_reading(evidence, key):
        return _is_multiplied(memory) or _takes(evidence, memory, _LARGE_OF_LIMIT)
    return is_step and _takes(evidence, memory, _MOST_OF_LIMIT)


def _is_filled(memory: Trend) -> bool:
    filled = (DefectClass.STEP, DefectClass.WARM_UP, DefectClass.PLATEAU)
    return memory.shape in filled


def _is_multiplied(memory: Trend) -> bool:
    grown = memory.last - memory.first
    return grown >= _LEAST_LOAD and memory.last >= _MULTIPLIED * memory.first


def _takes(evidence: Evidence, memory: Trend, share: float) -> bool:
    return any(
        memory.peak >= share * usage.value and memory.retained >= 0.5 * memory.peak
        for usage in usages(evidence, OF_MEMORY)
    )


def _is_tight(evidence: Evidence) -> bool:
    keys = ("cgroup", "address-space", "data")
    return any(usage.peak >= TIGHT * usage.value for usage in usages(evidence, keys))


def unexplained_memory(evidence: Evidence) -> str | None:
    """Return the memory metric that grows for no reason another sign names.

    What looks into the heap explain, other rules name.
    """
    if heap_explains_memory(evidence):
        return None
    key = evidence.growing_memory()
    memory = evidence.trend(key) if key else None
    if key is None or memory is None:
        return None
    is_explained = (
        threads_explain_memory(evidence, memory)
        or stack_explains_memory(evidence, memory)
        or evidence.rise("shmem_bytes", memory) >= 0.5 * memory.retained
        or mapping_growth(evidence) == "mappings"
        or is_running_away(evidence, memory)
        or bulk_load(evidence) is not None
    )
    return None if is_explained else key
