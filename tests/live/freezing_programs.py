"""Compiled programs that are frozen and afterwards asked how they are."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from leakgui.model.process import ProcessKey
from leakgui.probe import platform

TARGETS = Path(__file__).parents[1] / "targets"
FLAGS = ("-O1", "-pthread", "-fPIE", "-pie", "-Wl,-z,relro,-z,now")


def compile_target(source: str, folder: Path) -> Path:
    """Return the program made of tests/targets/SOURCE."""
    program = folder / Path(source).stem
    command = ["gcc", *FLAGS, str(TARGETS / source), "-o", str(program)]
    subprocess.run(command, check=True)
    return program


class Program:
    """Runs a program that prints lines of JSON; a context manager that ends it."""

    def __init__(self, *command: str | Path, prefix: tuple[str, ...] = ()) -> None:
        self._process = subprocess.Popen(
            [*prefix, *map(str, command)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        self.told: dict[str, Any] = self._read()
        self.pid = self._process.pid
        self.key: ProcessKey = platform.current().find_key(self.pid)

    def ask(self) -> dict[str, Any]:
        """Let it say how it is; it answers only if it runs."""
        assert self._process.stdin is not None
        self._process.stdin.write(b"\n")
        self._process.stdin.flush()
        return self._read()

    def _read(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        answer: dict[str, Any] = json.loads(self._process.stdout.readline())
        return answer

    def end(self) -> int:
        """Close its input; returns the exit status."""
        self._process.communicate()
        return self._process.wait()

    def kill(self) -> None:
        self._process.kill()
        self._process.communicate()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.kill()


def read_status(pid: int, name: str, tid: int | None = None) -> str:
    """Return a line of /proc/PID/status."""
    path = Path(f"/proc/{pid}/task/{tid or pid}/status")
    for line in path.read_text().splitlines():
        key, _, value = line.partition(":")
        if key == name:
            return value.strip()
    raise KeyError(name)


def list_tids(pid: int) -> list[int]:
    return sorted(int(path.name) for path in Path(f"/proc/{pid}/task").iterdir())
