"""A screen of its own (Xvfb, openbox) and hands (xdotool) for tests that click."""

from __future__ import annotations

import os
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path

PATIENCE_S = 30.0


class Desktop:
    """An X server with a window manager; ended by the pids that were started."""

    def __init__(self, width: int = 1280, height: int = 800) -> None:
        reading, writing = os.pipe()
        self._server = subprocess.Popen(
            ["Xvfb", "-displayfd", str(writing), "-screen", "0", f"{width}x{height}x24",
             "-nolisten", "tcp"],
            pass_fds=(writing,), stderr=subprocess.DEVNULL,
        )  # fmt: skip
        os.close(writing)
        with os.fdopen(reading) as pipe:
            self.display = f":{pipe.readline().strip()}"
        self.environment = dict(os.environ, DISPLAY=self.display, QT_QPA_PLATFORM="xcb")
        self._manager = subprocess.Popen(
            ["openbox"], env=self.environment, stderr=subprocess.DEVNULL
        )

    def close(self) -> None:
        for process in (self._manager, self._server):
            process.terminate()
            process.wait()

    def do(self, *words: str) -> str:
        """Run xdotool and return what it prints."""
        done = subprocess.run(
            ["xdotool", *words],
            env=self.environment, capture_output=True, text=True, timeout=PATIENCE_S,
            check=True,
        )  # fmt: skip
        return done.stdout.strip()

    def wait_for_window(self, title: str) -> str:
        """Return the id of a visible window whose title matches."""
        return self.do("search", "--sync", "--onlyvisible", "--name", title).split()[0]

    def press(self, *keys: str) -> None:
        self.do("key", "--clearmodifiers", *keys)

    def type(self, text: str) -> None:
        self.do("type", "--delay", "15", text)

    def click(self, x: int, y: int) -> None:
        self.do("mousemove", "--sync", str(x), str(y), "click", "1")

    def picture(self, path: Path) -> None:
        """Save what is on the screen."""
        subprocess.run(
            ["import", "-window", "root", str(path)], env=self.environment, check=True
        )


class Program:
    """A started leakgui whose log lines can be waited for."""

    def __init__(
        self, desktop: Desktop, *arguments: str, env: dict[str, str] | None = None
    ) -> None:
        self.lines: list[str] = []
        self._fresh: queue.Queue[str | None] = queue.Queue()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "leakgui", "--verbose", *arguments],
            env=desktop.environment | (env or {}), stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        self._reader = threading.Thread(target=self._read, name="log of leakgui")
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.lines.append(line.rstrip())
            self._fresh.put(line)
        self._fresh.put(None)

    def wait_for(self, text: str, patience_s: float = PATIENCE_S) -> str:
        """Return the next log line that holds the text."""
        deadline = time.monotonic() + patience_s
        while True:
            try:
                line = self._fresh.get(timeout=max(0.0, deadline - time.monotonic()))
            except queue.Empty:
                line = None
            if line is None:
                tail = "\n".join(self.lines[-15:])
                message = f"{text!r} was not logged; the log ends with:\n{tail}"
                raise AssertionError(message)
            if text in line:
                return line

    def end(self) -> int:
        """Wait for the end and return the exit code."""
        code = self.process.wait(PATIENCE_S)
        self._reader.join(PATIENCE_S)
        assert self.process.stderr is not None
        self.process.stderr.close()
        return code

    def kill(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.end()


def start_target(source: str, *arguments: str) -> subprocess.Popen[str]:
    """Start a Python target and wait until it says that it is ready."""
    target = subprocess.Popen(
        [sys.executable, "-u", "-c", source, *arguments],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    tell(target, ())
    return target


def tell(target: subprocess.Popen[str], words: Sequence[str]) -> str:
    """Send a line, where there is one, and return the answer."""
    assert target.stdin is not None
    assert target.stdout is not None
    if words:
        target.stdin.write(" ".join(words) + "\n")
        target.stdin.flush()
    return target.stdout.readline().strip()
