"""The heap allocators that leakgui knows, one module or package each.

To add one is to write one file with one class and to name it here. The first that
recognises a process counts: those that replace glibc's malloc come before it.
"""

from __future__ import annotations

from dataclasses import replace

from leakgui.formatting import printable
from leakgui.texts import say
from leakgui.worker.allocator import Allocator, UnderstoodAllocator
from leakgui.worker.allocators.glibc import Glibc
from leakgui.worker.allocators.go import Go
from leakgui.worker.allocators.jemalloc import Jemalloc
from leakgui.worker.allocators.mimalloc import Mimalloc
from leakgui.worker.allocators.musl import Musl
from leakgui.worker.allocators.sanitizer import Sanitizer
from leakgui.worker.allocators.tcmalloc import Tcmalloc
from leakgui.worker.allocators.valgrind import Valgrind
from leakgui.worker.giving_up import Cancelled, Progress, never, say_nothing
from leakgui.worker.image import Image
from leakgui.worker.loaded_files import LoadedFiles
from leakgui.worker.recognised import Recognised
from leakgui.worker.walked import Walk

ALLOCATORS: tuple[Allocator, ...] = (
    Valgrind(),
    Sanitizer(),
    Jemalloc(),
    Tcmalloc(),
    Mimalloc(),
    Glibc(),
    Musl(),
    Go(),
)


def find_allocator(image: Image) -> Recognised:
    """Return which allocator serves ``malloc`` in this process; never raises."""
    files = LoadedFiles(image)
    program = files.executable
    if program is not None and program.is_other_machine:
        return _refuse(say("This is no 64-bit x86 program: its heap isn't understood."))
    for allocator in ALLOCATORS:
        recognised = allocator.recognise(image, files)
        if recognised is not None:
            return recognised
    return _refuse(_explain(files))


def walk(
    image: Image,
    recognised: Recognised,
    progress: Progress = say_nothing,
    cancelled: Cancelled = never,
) -> Walk:
    """Return the blocks of an allocator that ``find_allocator`` understood.

    Raises:
        GivenUp: ``cancelled()`` said so.
        ValueError: the allocator is not understood.
    """
    for allocator in ALLOCATORS:
        is_it = allocator.key == recognised.allocator and recognised.is_understood
        if is_it and isinstance(allocator, UnderstoodAllocator):
            walked = allocator.walk(image, recognised, progress, cancelled)
            return replace(walked, notes=(*recognised.notes, *walked.notes))
    message = f"{recognised.allocator} is not understood"
    raise ValueError(message)


def _refuse(reason: str) -> Recognised:
    return Recognised(allocator="unknown", reason=reason)


def _explain(files: LoadedFiles) -> str:
    """Return why no allocator was recognised."""
    provider = files.find_provider("malloc")
    if provider is None:
        return say(
            "No memory of glibc's malloc was found in this program: it has an "
            "allocator of its own, or asked for no memory yet."
        )
    if provider.name.startswith("libc"):
        return say(
            "glibc's malloc was not used yet by this process, or its records are "
            "damaged, or it is of a version that leakgui doesn't know."
        )
    return say(
        "malloc is replaced by {file}, which leakgui doesn't understand.",
        file=printable(provider.name),
    )
