"""A folder and the processes that are started for one measurement, and their end."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, Self

PATIENCE_S = 20.0
_LOOK_S = 0.05
_NICE = ("nice", "-n", "5")
"""Becomes the program itself, which so keeps the pid."""


class DidNotStart(Exception):
    """A program was not ready in time."""


class Stage:
    """Starts programs in groups of their own, and ends exactly those, last first."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="real-program-")
        self.folder = Path(self._folder.name)
        self._started: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for process in reversed(self._started):
            _end(process)
        self._folder.cleanup()

    def start(
        self, *command: str | Path, stdin: int | IO[bytes] = subprocess.DEVNULL
    ) -> subprocess.Popen[bytes]:
        """Start a program in the folder, a little less important than others."""
        process = subprocess.Popen(
            [*_NICE, *map(str, command)],
            cwd=self.folder,
            stdin=stdin,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            process_group=0,
        )
        self._started.append(process)
        return process

    def pipe(self, source: Sequence[str], sink: Sequence[str]) -> int:
        """Start two programs, one writing into the other; return the reader's pid."""
        read_end, write_end = os.pipe()
        reader = self.start(*sink, stdin=read_end)
        os.close(read_end)
        writer = subprocess.Popen(
            [*_NICE, *source],
            stdin=subprocess.DEVNULL,
            stdout=write_end,
            stderr=subprocess.DEVNULL,
            process_group=0,
        )
        os.close(write_end)
        self._started.append(writer)
        return reader.pid

    def write(self, name: str, text: str) -> Path:
        """Write a file into the folder."""
        path = self.folder / name
        path.write_text(text)
        return path


def free_port() -> int:
    """Return a port of the loopback address that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for_port(port: int) -> None:
    """Return as soon as somebody listens there."""

    def is_open() -> bool:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            return False
        return True

    wait_until(is_open, f"nobody listens on port {port}")


def wait_until(holds: Callable[[], object], problem: str) -> None:
    """Ask again and again until it holds; raises ``DidNotStart``."""
    deadline_s = time.monotonic() + PATIENCE_S
    while not holds():
        if time.monotonic() > deadline_s:
            raise DidNotStart(problem)
        time.sleep(_LOOK_S)


def child_of(parent: int, name: str, least: int = 1) -> int:
    """Return the pid of a descendant with this in its command line, of several."""
    found: list[int] = []

    def look() -> bool:
        found[:] = [pid for pid in _descendants(parent) if name in _command(pid)]
        return len(found) >= least

    wait_until(look, f"{parent} has started no {name}")
    return found[-1]


def _descendants(parent: int) -> list[int]:
    found = []
    for path in Path(f"/proc/{parent}/task").glob("*/children"):
        for word in path.read_text().split():
            found += [int(word), *_descendants(int(word))]
    return found


def _command(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text(errors="replace")
    except OSError:
        return ""


def _end(process: subprocess.Popen[bytes]) -> None:
    """End the group that this process leads, politely at first."""
    if process.stdin is not None:
        process.stdin.close()
    for number in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, number)
        except ProcessLookupError:
            break
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            continue
    process.wait()
