"""A process that does what it is told, line by line, and says when it is done."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable

PROGRAM = """
import sys
for line in sys.stdin:
    exec(line, globals())
    print("done", flush=True)
"""


class Obedient:
    """Runs lines of Python in another process; ``tell`` returns when they are done."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-I", "-c", PROGRAM],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.pid = self.process.pid
        self.tell("import ctypes, mmap, os, resource, select, socket, threading")

    def tell(self, line: str) -> None:
        self.say(line)
        answer = self.process.stdout.readline()
        assert answer == "done\n", f"the target failed at: {line}"

    def say(self, line: str) -> None:
        """Tell it without waiting for an answer."""
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def end(self) -> None:
        """Kill it; it stays a zombie until ``close``."""
        self.process.kill()
        os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOWAIT)

    def close(self) -> None:
        self.process.kill()
        self.process.communicate()


def wait_until(condition: Callable[[], bool], within_s: float = 10.0) -> None:
    """Ask again and again until it is so; fail when the time is over."""
    deadline = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < deadline, "it did not come to be"
        time.sleep(0.005)
