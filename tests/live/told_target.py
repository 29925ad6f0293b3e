"""A program that does what a test tells it, and answers when it is done."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Self

from leakgui.model.process import ProcessKey
from leakgui.probe import platform

TARGETS = Path(__file__).parents[1] / "targets"


class ToldTarget:
    """Runs a script of tests/targets; a context manager that ends it."""

    def __init__(self, script: str, *arguments: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, str(TARGETS / script), *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        self._wait()
        self.key: ProcessKey = platform.current().find_key(self._process.pid)

    def tell(self, order: str) -> None:
        """Give an order and wait until it is done."""
        assert self._process.stdin is not None
        self._process.stdin.write(os.fsencode(order) + b"\n")
        self._process.stdin.flush()
        self._wait()

    def end(self) -> None:
        """Close its input, wait for its end, and collect it."""
        self._process.communicate()

    def kill(self) -> None:
        """End it at once and collect it."""
        self._process.kill()
        self.end()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.kill()

    def _wait(self) -> None:
        assert self._process.stdout is not None
        answer = self._process.stdout.readline()
        assert answer == b"ready\n", answer
