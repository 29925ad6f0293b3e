"""The practice targets: what each really does, and what a fair judge says of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from leakgui.errors import BadUsage
from leakgui.model.finding import DefectClass, Verdict
from leakgui.texts import say


class Language(StrEnum):
    """What a practice target is written in, and so what it needs to run."""

    PYTHON = "python"
    C = "c"
    CXX = "c++"


@dataclass(frozen=True, slots=True)
class PracticeTarget:
    """One row of the table.

    The first expectation is what can be told from outside, without reading the heap:
    of memory that only grows nobody can say from there whether it is lost or held.
    The second is what a few heap snapshots add.
    """

    name: str
    title: str
    language: Language
    source: str
    """File name under ``leakgui/demo/targets``."""
    expected_verdict: Verdict
    expected_class: DefectClass
    fair_answer_s: int
    """Seconds of recording at 10 Hz after which a fair answer can be given."""
    what: str
    """The truth in a sentence: what the program does wrong, or that it does not."""
    stand_in: str = ""
    """A Python source that does the same where there is no compiler; may be empty."""
    heap_verdict: Verdict | None = None
    """The verdict with heap snapshots; None where they change nothing."""
    heap_class: DefectClass | None = None

    @property
    def is_healthy(self) -> bool:
        """Whether the program does nothing wrong, however it looks from outside."""
        return Verdict.HEALTHY in (self.heap_verdict, self.expected_verdict)


TARGETS: tuple[PracticeTarget, ...] = (
    PracticeTarget(
        "lost-blocks", "Blocks that nobody frees",
        Language.C, "lost_blocks.c", Verdict.GROWING, DefectClass.UNKNOWN, 30,
        "Takes 200 KiB a second with malloc, forgets the pointers and never frees.",
        stand_in="lost_blocks.py",
        heap_verdict=Verdict.LEAK, heap_class=DefectClass.HEAP_UNREACHABLE,
    ),
    PracticeTarget(
        "growing-collection", "A collection that is never cleared",
        Language.PYTHON, "growing_collection.py", Verdict.GROWING, DefectClass.UNKNOWN, 30,
        "Keeps the answer to every request in a dict and removes none of them.",
        heap_verdict=Verdict.GROWING, heap_class=DefectClass.HEAP_REACHABLE_GROWTH,
    ),
    PracticeTarget(
        "held-in-cache", "A cache that is only added to",
        Language.CXX, "held_in_cache.cpp", Verdict.GROWING, DefectClass.UNKNOWN, 30,
        "Puts 200 answers of 1 KiB a second into a global std::map, g_cache, and removes none.",
        heap_verdict=Verdict.GROWING, heap_class=DefectClass.HEAP_REACHABLE_GROWTH,
    ),
    PracticeTarget(
        "descriptor-leak", "Files that are never closed",
        Language.PYTHON, "descriptor_leak.py", Verdict.LEAK, DefectClass.HANDLE, 30,
        "Opens the same file twice a second and never closes it.",
    ),
    PracticeTarget(
        "socket-leak", "Connections that are never closed",
        Language.PYTHON, "socket_leak.py", Verdict.LEAK, DefectClass.SOCKET, 30,
        "Leaves its end of a connection open after the other end has closed: CLOSE_WAIT.",
    ),
    PracticeTarget(
        "thread-leak", "Threads that wait for ever",
        Language.PYTHON, "thread_leak.py", Verdict.LEAK, DefectClass.THREAD, 40,
        "Starts a thread a second; each waits for an answer that never comes.",
    ),
    PracticeTarget(
        "mapping-leak", "mmap without munmap",
        Language.C, "mapping_leak.c", Verdict.LEAK, DefectClass.MAPPING, 30,
        "Maps four buffers of 64 KiB a second, a guard page after each, and unmaps none.",
    ),
    PracticeTarget(
        "shared-memory-leak", "Shared memory that stays mapped",
        Language.C, "shared_memory_leak.c", Verdict.LEAK, DefectClass.SHARED_MEMORY, 30,
        "Makes two shared memory files (memfd) of 128 KiB a second, closes them and never unmaps them.",
    ),
    PracticeTarget(
        "virtual-destructor", "A base class without a virtual destructor",
        Language.CXX, "virtual_destructor.cpp", Verdict.GROWING, DefectClass.UNKNOWN, 30,
        "Deletes derived objects through a base whose destructor is not virtual, so that their buffers stay.",
        heap_verdict=Verdict.LEAK, heap_class=DefectClass.NON_VIRTUAL_DESTRUCTOR,
    ),
    PracticeTarget(
        "bulk-load", "Too much loaded at once",
        Language.PYTHON, "bulk_load.py", Verdict.OVERFLOW, DefectClass.BULK_LOAD, 40,
        "Reads a large file into memory, all of it, where one line at a time would do.",
    ),
    PracticeTarget(
        "runaway-loop", "A loop that makes objects without end",
        Language.PYTHON, "runaway_loop.py", Verdict.OVERFLOW, DefectClass.RUNAWAY_LOOP, 40,
        "Works off a queue in which every entry adds new entries, faster and faster, one core busy.",
    ),
    PracticeTarget(
        "limit-too-small", "A limit that is too small for the work",
        Language.PYTHON, "limit_too_small.py", Verdict.OVERFLOW, DefectClass.LIMIT_TOO_SMALL, 40,
        "Limits its own private memory (ulimit -d) and works close below the limit without growing.",
    ),
    PracticeTarget(
        "deep-recursion", "Recursion that goes deeper and deeper",
        Language.C, "deep_recursion.c", Verdict.OVERFLOW, DefectClass.STACK, 40,
        "Calls itself 32 times a second up to four fifths of the stack, then returns from all of it.",
    ),
    PracticeTarget(
        "warm-up-cache", "A cache that fills and stays",
        Language.PYTHON, "warm_up_cache.py", Verdict.HEALTHY, DefectClass.WARM_UP, 60,
        "Healthy: fills a cache of 2,000 entries within some 15 seconds and then only uses it.",
    ),
    PracticeTarget(
        "collector-sawtooth", "Memory between two collections",
        Language.PYTHON, "collector_sawtooth.py", Verdict.HEALTHY, DefectClass.SAWTOOTH, 40,
        "Healthy: makes cycles of objects that the garbage collector frees every four seconds.",
    ),
    PracticeTarget(
        "periodic-load", "Load that comes and goes",
        Language.PYTHON, "periodic_load.py", Verdict.HEALTHY, DefectClass.PERIODIC, 60,
        "Healthy: memory follows a load that rises for five seconds and falls for five.",
    ),
    PracticeTarget(
        "retention", "Freed, but kept by the allocator",
        Language.C, "retention.c", Verdict.HEALTHY, DefectClass.RETENTION, 60,
        "Healthy: frees everything after a peak, but the allocator cannot give all of it back.",
    ),
    PracticeTarget(
        "fragmentation", "Free memory full of holes",
        Language.C, "fragmentation.c", Verdict.GROWING, DefectClass.UNKNOWN, 30,
        "Healthy, though it grows: frees all but a few bytes of each message, and each is too long for the holes.",
        heap_verdict=Verdict.HEALTHY, heap_class=DefectClass.FRAGMENTATION,
    ),
    PracticeTarget(
        "steady", "Nothing to find",
        Language.PYTHON, "steady.py", Verdict.HEALTHY, DefectClass.STEADY, 30,
        "Healthy: takes memory for each request and frees it again.",
    ),
)  # fmt: skip

HEADLINE = "lost-blocks"
"""The practice leak that is started where no name is given."""

TARGET_BY_NAME: Mapping[str, PracticeTarget] = {row.name: row for row in TARGETS}


def find_target(name: str) -> PracticeTarget:
    """Return the row with this name; raises ``BadUsage`` that lists the names."""
    target = TARGET_BY_NAME.get(name)
    if target is None:
        raise BadUsage(
            say("There is no practice target {name!r}.", name=name),
            say("Practice targets are: {names}", names=", ".join(TARGET_BY_NAME)),
        )
    return target
