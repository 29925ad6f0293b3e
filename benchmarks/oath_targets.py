"""Busy programs that know when something went wrong, for the oath's benchmark."""

from __future__ import annotations

import json
import socket
import subprocess
from pathlib import Path
from typing import Protocol

from oath_checker import PATIENCE_S, Checker, pipe, wait_for_socket

SOURCE = Path(__file__).parents[1] / "tests" / "targets" / "steadfast.c"


class Target(Protocol):
    """Something that is scanned while it is used."""

    name: str

    def __init__(self, folder: Path) -> None:
        """Start it in an empty folder."""

    def pids(self) -> list[int]:
        """Return what may be scanned now."""

    def longest_stall_ms(self) -> float:
        """Return the longest time without an answer since the last question."""

    def end(self) -> tuple[int, str]:
        """End it; returns how often something failed, and what else was counted."""


class Steadfast:
    """Checks its own results, registers, signals, waits, threads and clock."""

    name = "steadfast"

    def __init__(self, folder: Path) -> None:
        program = folder / "steadfast"
        command = ["gcc", "-O1", "-pthread", str(SOURCE), "-o", str(program)]
        subprocess.run(command, check=True)
        self._process = subprocess.Popen(
            [str(program), "storm"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        self._said = self._read()

    def pids(self) -> list[int]:
        return [self._process.pid]

    def longest_stall_ms(self) -> float:
        stdin = pipe(self._process.stdin)
        stdin.write(b"\n")
        stdin.flush()
        self._said = self._read()
        return float(str(self._said["longest_stall_ms"]))

    def end(self) -> tuple[int, str]:
        output, _ = self._process.communicate(timeout=PATIENCE_S)
        said = json.loads(output)
        status = self._process.returncode
        checks = {name: n for name, n in said.items() if type(n) is int}
        failed = int(said["failures"]) + (status not in {0, 1})
        return failed, f"exit {status}, checks {checks}"

    def _read(self) -> dict[str, object]:
        said: dict[str, object] = json.loads(pipe(self._process.stdout).readline())
        return said


class Redis:
    """redis-server under redis-benchmark, and a client that checks each answer."""

    name = "redis-server"

    def __init__(self, folder: Path) -> None:
        self._path = str(folder / "redis.sock")
        self._server = subprocess.Popen(
            ["redis-server", "--port", "0", "--unixsocket", self._path, "--save", ""],
            stdout=subprocess.DEVNULL,
            cwd=folder,
        )
        wait_for_socket(self._path)
        self._said = (folder / "benchmark").open("w+b")
        self._load = subprocess.Popen(
            [
                "redis-benchmark",
                "-s",
                self._path,
                "-c",
                "20",
                "-l",
                "-q",
                "-r",
                "100000",
            ],
            stdout=self._said,
            stderr=subprocess.STDOUT,
        )
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.connect(self._path)
        self._checker = Checker(self._set_and_get)
        self._checker.start()

    def pids(self) -> list[int]:
        return [self._server.pid]

    def longest_stall_ms(self) -> float:
        return self._checker.take_longest_ms()

    def end(self) -> tuple[int, str]:
        still_used = self._load.poll() is None
        self._checker.finish()
        self._socket.close()
        self._load.kill()
        self._load.wait()
        self._said.seek(0)
        errors = self._said.read().count(b"rror")
        answers = self._server.poll() is None
        self._server.terminate()
        status = self._server.wait(PATIENCE_S)
        wrong = self._checker.wrong + errors + (not still_used) + (not answers)
        told = f"{self._checker.answered} answers checked, exit {status}"
        return wrong + (status != 0), told

    def _set_and_get(self, number: int) -> bool:
        said = self._ask(b"SET oath %d" % number)
        return said == b"+OK\r\n" and self._ask(b"GET oath").endswith(
            b"\r\n%d\r\n" % number
        )

    def _ask(self, command: bytes) -> bytes:
        self._socket.sendall(command + b"\r\n")
        answer = self._socket.recv(64)
        while answer.startswith(b"$") and answer.count(b"\r\n") < 2:
            answer += self._socket.recv(64)
        return answer
