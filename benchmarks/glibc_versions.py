"""Walk the stress target under other versions of glibc than this machine's.

Usage: glibc_versions.py [--mirror URL] SUITE...

For each suite the C library and its headers are taken from the mirror's packages (by
default the first one of this machine's apt) into a temporary folder, the stress target
is compiled against them, dynamically and statically, and run with that library. Needs
gcc and dpkg-deb. The output is a table in Markdown.
"""

from __future__ import annotations

import argparse
import hashlib
import lzma
import re
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from tests.live.stressed_heap import (  # noqa: E402  # needs the path above
    Comparison,
    StressedHeap,
    build,
)

PACKAGES = ("libc6", "libc6-dev", "linux-libc-dev")
SOURCES = Path("/etc/apt")
SCANS = 20
OPTIONS: tuple[dict[str, str], ...] = (
    {},
    {"MALLOC_ARENA_MAX": "1"},
    {"STRESS_MMAP_THRESHOLD": "150000"},
    {"MALLOC_ARENA_MAX": "1", "STRESS_NO_BRK": "3000000"},
    {"STRESS_MXFAST": "160", "GLIBC_TUNABLES": "glibc.malloc.tcache_count=0"},
)
STATIC = ("-static", "-Wl,--unresolved-symbols=ignore-in-object-files")
"""This compiler's own library may ask for what older C libraries lack; only unwinding
would use it."""


@dataclass(frozen=True)
class Row:
    """What came of one build of the stress target."""

    library: str
    kind: str
    layout: str
    blocks: int
    missing: int
    others: int
    scans: int
    missing_running: int
    incomplete: int

    def __str__(self) -> str:
        return (
            f"| {self.library} | {self.kind} | {self.layout} | {self.blocks} "
            f"| {self.missing} | {self.others} | {self.scans} "
            f"| {self.missing_running} | {self.incomplete} |"
        )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mirror", default="")
    parser.add_argument("suites", nargs="+")
    arguments = parser.parse_args()
    mirror = arguments.mirror or find_mirror()
    print(
        "| glibc | build | layout found | blocks | missing | libc's own "
        "| scans while running | missing | not complete |"
    )
    print("|---|---|---|---|---|---|---|---|---|")
    for suite in arguments.suites:
        with tempfile.TemporaryDirectory(prefix="glibc-") as name:
            for row in try_suite(mirror, suite, Path(name)):
                print(row, flush=True)
    return 0


def find_mirror() -> str:
    """Return the first mirror of this machine's apt."""
    for file in sorted(SOURCES.glob("sources.list*")) + sorted(
        SOURCES.glob("sources.list.d/*")
    ):
        text = file.read_text() if file.is_file() else ""
        found = re.search(r"^(?:URIs:|deb(?: \[.*?\])?)\s+(\S+)", text, re.MULTILINE)
        if found:
            return found[1]
    sys.exit("apt has no mirror; name one with --mirror")


def try_suite(mirror: str, suite: str, folder: Path) -> Iterator[Row | str]:
    """Build and run with the library of a suite; one row for each build."""
    system = folder / "system"
    version = unpack(mirror, suite, system)
    for kind, flags in (("dynamic", run_flags(system)), ("static", STATIC)):
        try:
            program = build(folder, *compile_flags(system), *flags, name=kind)
        except subprocess.CalledProcessError as error:
            reason = error.stderr.decode(errors="replace").strip().splitlines()[-1]
            yield f"| {version} | {kind} | could not be built: {reason} |"
            continue
        yield run(program, version, kind)


def unpack(mirror: str, suite: str, system: Path) -> str:
    """Unpack the packages of a suite; return the version of its C library."""
    index = read_index(mirror, suite)
    for package in PACKAGES:
        fields = index[package]
        data = read(f"{mirror}/{fields['Filename']}")
        if hashlib.sha256(data).hexdigest() != fields["SHA256"]:
            sys.exit(f"{package} of {suite} is damaged")
        archive = system.parent / f"{package}.deb"
        archive.write_bytes(data)
        subprocess.run(["dpkg-deb", "-x", archive, system], check=True)
    for name in ("lib", "lib64"):
        if not (system / name).exists():
            (system / name).symlink_to(f"usr/{name}")
    for link in system.rglob("*"):
        # Links in old packages are absolute: to the folder, not the machine's own.
        if link.is_symlink() and link.readlink().is_absolute():
            target = system / link.readlink().relative_to("/")
            link.unlink()
            link.symlink_to(target)
    return index["libc6"]["Version"]


def read_index(mirror: str, suite: str) -> dict[str, dict[str, str]]:
    """Return the fields of each package that is needed."""
    text = lzma.decompress(
        read(f"{mirror}/dists/{suite}/main/binary-amd64/Packages.xz")
    ).decode()
    found = {}
    for paragraph in text.split("\n\n"):
        fields = dict(re.findall(r"^([\w-]+): (.*)$", paragraph, re.MULTILINE))
        if fields.get("Package") in PACKAGES:
            found[fields["Package"]] = fields
    return found


def read(address: str) -> bytes:
    with urllib.request.urlopen(address, timeout=120) as answer:
        data: bytes = answer.read()
    return data


def compile_flags(system: Path) -> tuple[str, ...]:
    """Return how to use headers, start files and libraries of the folder only."""
    folders = library_folders(system)
    return (
        f"--sysroot={system}",
        f"-B{folders[-1]}",
        *(f"-L{folder}" for folder in folders),
    )


def library_folders(system: Path) -> list[Path]:
    return [system / "lib/x86_64-linux-gnu", system / "usr/lib/x86_64-linux-gnu"]


def run_flags(system: Path) -> tuple[str, ...]:
    """Return how to link so that the program runs with exactly this library."""
    return (
        f"-Wl,--dynamic-linker={system / 'lib64/ld-linux-x86-64.so.2'}",
        f"-Wl,-rpath,{':'.join(map(str, library_folders(system)))}",
        "-Wl,--disable-new-dtags",
    )


def run(program: Path, version: str, kind: str) -> Row:
    """Compare at rest and while running, under all options."""
    rest = []
    for options in OPTIONS:
        with StressedHeap([program], "once", options) as heap:
            rest.append(heap.compare())
    running: list[Comparison] = []
    for options in OPTIONS[:2]:
        with StressedHeap([program], "run", options) as heap:
            running += [heap.compare() for _ in range(SCANS // 2)]
            if heap.end() != 0:
                sys.exit(f"{program} failed")
    return Row(
        library=version,
        kind=kind,
        layout=rest[0].recognised.version,
        blocks=sum(found.live for found in rest),
        missing=sum(len(found.missing) + len(found.wrong_sizes) for found in rest),
        others=max(len(found.others) for found in rest),
        scans=len(running),
        missing_running=sum(len(found.missing) for found in running),
        incomplete=sum(not found.walk.is_complete for found in [*rest, *running]),
    )


if __name__ == "__main__":
    sys.exit(main())
