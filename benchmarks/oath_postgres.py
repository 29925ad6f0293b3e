"""PostgreSQL at work, for the oath's benchmark."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import time
from pathlib import Path
from typing import IO

from oath_checker import PATIENCE_S, Checker, pipe, wait_for_socket

NOBODY = 65534


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
        wait_for_socket(str(folder / ".s.PGSQL.5432"))
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
        self._checker = Checker(self._change_and_read)
        self._checker.start()

    def pids(self) -> list[int]:
        path = Path(f"/proc/{self._server.pid}/task/{self._server.pid}/children")
        return [self._server.pid, *map(int, path.read_text().split())]

    def longest_stall_ms(self) -> float:
        return self._checker.take_longest_ms()

    def _change_and_read(self, number: int) -> bool:
        """Make a transaction on rows that pgbench changes, too."""
        client, answers = pipe(self._client.stdin), pipe(self._client.stdout)
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
