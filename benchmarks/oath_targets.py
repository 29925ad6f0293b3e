"""Busy programs that know when something went wrong, for the oath's benchmark."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO, Protocol

SOURCE = Path(__file__).parents[1] / "tests" / "targets" / "steadfast.c"
PATIENCE_S = 60.0
NOBODY = 65534


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
        stdin = _pipe(self._process.stdin)
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
        said: dict[str, object] = json.loads(_pipe(self._process.stdout).readline())
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
        _wait_for_socket(self._path)
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
        self._checker = _Checker(self._set_and_get)
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


class _Checker(threading.Thread):
    """Asks something again and again, looks at each answer and at the clock."""

    def __init__(self, ask: Callable[[int], bool]) -> None:
        super().__init__(daemon=True)
        self._ask = ask
        self._is_over = False
        self._longest_s = 0.0
        self.answered = self.wrong = 0

    def run(self) -> None:
        while not self._is_over:
            begun_s = time.perf_counter()
            try:
                right = self._ask(self.answered)
            except OSError:
                right = False
            self._longest_s = max(self._longest_s, time.perf_counter() - begun_s)
            self.answered += 1
            self.wrong += not right
            time.sleep(0.0005)

    def take_longest_ms(self) -> float:
        longest_s, self._longest_s = self._longest_s, 0.0
        return longest_s * 1000

    def finish(self) -> None:
        self._is_over = True
        self.join(PATIENCE_S)


class Postgres:
    """PostgreSQL under pgbench; its backends and its first process are scanned."""

    name = "postgres"

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.chmod(0o777)
        data = str(folder / "data")
        self._run(_find("initdb"), "-D", data, "-A", "trust", "-U", "oath")
        options = ["-k", str(folder), "-c", "listen_addresses=", "-c", "fsync=off"]
        self._server = self._start([_find("postgres"), "-D", data, *options])
        _wait_for_socket(str(folder / ".s.PGSQL.5432"))
        self._bench = [_find("pgbench"), "-h", str(folder), "-U", "oath"]
        self._psql = [
            _find("psql"),
            "-h",
            str(folder),
            "-U",
            "oath",
            "-AtF ",
            "postgres",
        ]
        self._until_ready([*self._bench, "-i", "-q", "-s", "1", "postgres"])
        self._said = (folder / "said").open("w+b")
        self._load = self._start(
            [*self._bench, "-c", "4", "-j", "2", "-T", "86400", "postgres"],
            self._said,
        )
        self._client = subprocess.Popen(
            [*_without_rights(), *self._psql, "-q"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=folder,
        )
        self._checker = _Checker(self._change_and_read)
        self._checker.start()

    def pids(self) -> list[int]:
        path = Path(f"/proc/{self._server.pid}/task/{self._server.pid}/children")
        return [self._server.pid, *map(int, path.read_text().split())]

    def longest_stall_ms(self) -> float:
        return self._checker.take_longest_ms()

    def _change_and_read(self, number: int) -> bool:
        """Make a transaction on rows that pgbench changes, too."""
        client, answers = _pipe(self._client.stdin), _pipe(self._client.stdout)
        client.write(
            b"UPDATE pgbench_history SET filler = '%d' WHERE mtime IS NULL; "
            b"SELECT %d + count(*) * 0 FROM pgbench_branches;\n" % (number, number)
        )
        client.flush()
        return answers.readline() == b"%d\n" % number

    def end(self) -> tuple[int, str]:
        still_used = self._load.poll() is None
        self._checker.finish()
        self._client.communicate()
        self._load.send_signal(signal.SIGINT)
        self._load.wait(PATIENCE_S)
        self._said.seek(0)
        errors = self._said.read().count(b"rror")
        done = self._ask("SELECT sum(xact_commit) FROM pg_stat_database").strip()
        wrong = errors + self._checker.wrong + self._count_wrong_balances()
        self._server.send_signal(signal.SIGINT)
        status = self._server.wait(PATIENCE_S)
        failed = wrong + (not still_used) + (status != 0)
        told = f"{done} transactions, {self._checker.answered} checked, exit {status}"
        return failed, told

    def _count_wrong_balances(self) -> int:
        """Ask whether all three tables still have the same sum, as pgbench keeps it."""
        sums = ", ".join(
            f"(SELECT sum({table[0]}balance) FROM pgbench_{table})"
            for table in ("accounts", "tellers", "branches")
        )
        return int(len(set(self._ask(f"SELECT {sums}").split())) != 1)

    def _ask(self, question: str) -> str:
        return self._run(*self._psql, "-c", question)

    def _until_ready(self, command: list[str]) -> None:
        """The socket is there a moment before the server takes anybody."""
        deadline_s = time.monotonic() + PATIENCE_S
        while True:
            with contextlib.suppress(subprocess.CalledProcessError):
                self._run(*command)
                return
            if time.monotonic() > deadline_s:
                raise TimeoutError
            time.sleep(0.2)

    def _start(
        self, command: list[str], output: IO[bytes] | None = None
    ) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [*_without_rights(), *command],
            stdout=output or subprocess.DEVNULL,
            stderr=output or subprocess.DEVNULL,
            cwd=self._folder,
        )

    def _run(self, *command: str) -> str:
        done = subprocess.run(
            [*_without_rights(), *command],
            check=True,
            capture_output=True,
            text=True,
            cwd=self._folder,
        )
        return done.stdout


def _without_rights() -> list[str]:
    """PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return []
    user = str(NOBODY)
    return ["setpriv", "--reuid", user, "--regid", user, "--clear-groups", "--"]


def _find(name: str) -> str:
    installed = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    found = str(installed[-1]) if installed else shutil.which(name)
    if found is None:
        raise FileNotFoundError(name)
    return found


def _wait_for_socket(path: str) -> None:
    deadline_s = time.monotonic() + PATIENCE_S
    while not Path(path).exists():
        if time.monotonic() > deadline_s:
            raise TimeoutError(path)
        time.sleep(0.05)


def _pipe(stream: IO[bytes] | None) -> IO[bytes]:
    assert stream is not None
    return stream
