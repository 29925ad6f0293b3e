"""Is the allocator of a real process recognised, and what isn't understood refused?"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from leakgui.worker.allocators import find_allocator, walk
from leakgui.worker.image import Image
from leakgui.worker.recognised import Recognised
from tests.targets.live_image import take_image

pytestmark = [pytest.mark.live, pytest.mark.needs_tool("gcc")]

BLOCKS, SECOND_BLOCKS = 1000, 700
ASKS = f"""
#include <stdio.h>
#include <stdlib.h>
int main(void) {{
    void *volatile p;
    for (int i = 0; i < {BLOCKS}; i++) p = malloc(500);
    puts("ready"), fflush(stdout);
    return getchar() != EOF || !p;
}}
"""
OWN_MALLOC = """
#include <stddef.h>
#include <string.h>
static char pool[1 << 22] __attribute__((aligned(16)));
static size_t used;
void *malloc(size_t n) { used += (n + 31) & -16; return pool + used; }
void free(void *p) { (void)p; }
void *calloc(size_t n, size_t m) { return memset(malloc(n * m), 0, n * m); }
void *realloc(void *p, size_t n) { return p ? memcpy(malloc(n), p, n) : malloc(n); }
"""
SECOND_LIBRARY = f"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
int main(void) {{
    void *volatile p;
    for (int i = 0; i < {BLOCKS}; i++) p = malloc(500);
    void *library = dlmopen(LM_ID_NEWLM, "libc.so.6", RTLD_NOW);
    if (!library) return 1;
    void *(*ask)(size_t) = (void *(*)(size_t))dlsym(library, "malloc");
    for (int i = 0; i < {SECOND_BLOCKS}; i++) p = ask(300);
    puts("ready"), fflush(stdout);
    return getchar() != EOF || !p;
}}
"""
WITHOUT_LIBRARY = """
static long call(long number, long a, const void *b, long c) {
    __asm__ volatile("syscall" : "+a"(number)
                     : "D"(a), "S"(b), "d"(c) : "rcx", "r11", "memory");
    return number;
}
void _start(void) {
    char c;
    call(1, 1, "ready\\n", 6);
    for (;;) call(0, 0, &c, 1);
}
"""


def build(folder: Path, source: str, *flags: str) -> Path:
    program, file = folder / "program", folder / "program.c"
    file.write_text(source)
    command = ["gcc", "-fno-builtin", str(file), "-o", str(program), *flags]
    built = subprocess.run(command, capture_output=True, check=False)
    if built.returncode:
        pytest.skip(f"cannot be built here: {' '.join(flags)}")
    return program


@contextmanager
def image_of(
    *command: str | Path, options: dict[str, str] | None = None
) -> Iterator[Image]:
    process = subprocess.Popen(
        list(map(str, command)),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={**os.environ, **(options or {})},
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        yield take_image(process.pid)
    finally:
        process.kill()
        process.communicate()


def recognise(*command: str | Path, **options: str) -> Recognised:
    with image_of(*command, options=options) as image:
        return find_allocator(image)


@pytest.mark.parametrize("flags", [(), ("-static",), ("-static-pie",), ("-s",)])
def test_glibc_is_understood(tmp_path: Path, flags: tuple[str, ...]) -> None:
    with image_of(build(tmp_path, ASKS, *flags)) as image:
        recognised = find_allocator(image)
        walked = walk(image, recognised)
    assert recognised.allocator == "glibc"
    assert recognised.explained_share > 0.5
    assert recognised.reason == ""
    assert walked.is_complete, walked.notes
    assert BLOCKS < walked.totals.in_use < BLOCKS + 20


def test_a_second_copy_of_malloc_is_walked_too(tmp_path: Path) -> None:
    with image_of(build(tmp_path, SECOND_LIBRARY, "-ldl")) as image:
        recognised = find_allocator(image)
        walked = walk(image, recognised)
    assert "2 copies" in walked.notes[0]
    assert walked.is_complete, walked.notes
    assert BLOCKS + SECOND_BLOCKS < walked.totals.in_use < BLOCKS + SECOND_BLOCKS + 50


def test_a_malloc_of_the_program_itself_is_refused(tmp_path: Path) -> None:
    recognised = recognise(build(tmp_path, ASKS + OWN_MALLOC))
    assert recognised.allocator == "unknown"
    assert not recognised.is_understood
    assert "program" in recognised.reason


def test_a_preloaded_malloc_is_refused(tmp_path: Path) -> None:
    program = build(tmp_path, ASKS)
    library, file = tmp_path / "own.so", tmp_path / "own.c"
    file.write_text(OWN_MALLOC)
    subprocess.run(["gcc", "-shared", "-fPIC", file, "-o", library], check=True)
    recognised = recognise(program, LD_PRELOAD=str(library))
    assert not recognised.is_understood
    assert "own.so" in recognised.reason


def find_library(name: str) -> str:
    listed = subprocess.run(["/sbin/ldconfig", "-p"], capture_output=True, check=True)
    for line in listed.stdout.decode().splitlines():
        if name in line:
            return line.rpartition(" => ")[2]
    if os.environ.get("CI") == "true":
        pytest.fail(f"{name} is not installed, and with CI=true it must be")
    pytest.skip(f"{name} is not installed")


@pytest.mark.parametrize("name", ["jemalloc", "tcmalloc", "mimalloc"])
def test_other_allocators_are_refused_by_name(tmp_path: Path, name: str) -> None:
    library = find_library(f"lib{name}.so")
    recognised = recognise(build(tmp_path, ASKS), LD_PRELOAD=library)
    assert recognised.allocator == name
    assert not recognised.is_understood
    assert name in recognised.reason


@pytest.mark.parametrize("kind", ["address", "leak", "thread"])
def test_sanitizers_are_refused(tmp_path: Path, kind: str) -> None:
    recognised = recognise(build(tmp_path, ASKS, f"-fsanitize={kind}"))
    assert recognised.allocator == "sanitizer"
    assert "sanitizer" in recognised.reason


@pytest.mark.needs_tool("valgrind")
def test_valgrind_is_refused(tmp_path: Path) -> None:
    recognised = recognise("valgrind", "-q", build(tmp_path, ASKS))
    assert recognised.allocator == "valgrind"
    assert not recognised.is_understood


def test_a_program_without_malloc_is_refused(tmp_path: Path) -> None:
    recognised = recognise(build(tmp_path, WITHOUT_LIBRARY, "-static", "-nostdlib"))
    assert recognised.allocator == "unknown"
    assert recognised.reason
