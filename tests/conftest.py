"""What holds for every test: own home, no screen, no warnings, nothing left behind."""

from __future__ import annotations

import logging
import os
import re
import shutil
import signal
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings

# A busy machine is not a defect: no example fails because it took long.
hypothesis_settings.register_profile(
    "leakgui", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
hypothesis_settings.load_profile("leakgui")

PATIENCE_S = 5.0
_HOME_KEYS = {
    "HOME": "",
    "XDG_CONFIG_HOME": "config",
    "XDG_DATA_HOME": "data",
    "XDG_CACHE_HOME": "cache",
    "XDG_STATE_HOME": "state",
    "XDG_RUNTIME_DIR": "run",
}
_home: Path | None = None


def pytest_configure(config: pytest.Config) -> None:
    """Move home before anything looks there, and take the screen away."""
    global _home  # noqa: PLW0603  # one for the whole session
    config.addinivalue_line(
        "markers", "needs_tool(*names): programs that the test starts"
    )
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    if config.cache is not None:
        # Compiling what the worker needs takes a minute: not again for each run.
        os.environ.setdefault("NUMBA_CACHE_DIR", str(config.cache.mkdir("kernels")))
    _home = Path(tempfile.mkdtemp(prefix="leakgui-test-home-"))
    for key, folder in _HOME_KEYS.items():
        path = _home / folder
        path.mkdir(mode=0o700, exist_ok=True)
        os.environ[key] = str(path)


def pytest_unconfigure() -> None:
    if _home is not None:
        shutil.rmtree(_home, ignore_errors=True)


# --- programs that a test needs ----------------------------------------------


def _require_tool(name: str) -> None:
    """Skip where the program is not installed; where everything must be there, fail."""
    if shutil.which(name) is not None:
        return
    if os.environ.get("CI") == "true":
        pytest.fail(f"{name} is not installed, and with CI=true it must be")
    pytest.skip(f"{name} is not installed")


@pytest.fixture
def needs_tool() -> Callable[[str], None]:
    """Give a function that ends the test where a program is missing."""
    return _require_tool


@pytest.fixture(autouse=True)
def _marked_tools(request: pytest.FixtureRequest) -> None:
    for marker in request.node.iter_markers("needs_tool"):
        for name in marker.args:
            _require_tool(name)


# --- warnings in the log -----------------------------------------------------


class LogWatch:
    """Warnings that leakgui logged, and those that the test expects."""

    def __init__(self) -> None:
        self.records: list[logging.LogRecord] = []
        self._expected: list[str] = []

    def expect(self, pattern: str) -> None:
        """Allow warnings whose text has this regular expression in it."""
        self._expected.append(pattern)

    def unexpected(self) -> list[str]:
        texts = [f"{record.name}: {record.getMessage()}" for record in self.records]
        return [
            text
            for text in texts
            if not any(re.search(pattern, text) for pattern in self._expected)
        ]


@pytest.fixture(autouse=True)
def log_watch() -> Iterator[LogWatch]:
    """Fail the test where leakgui logged a warning that was not expected."""
    watch = LogWatch()
    make_record = logging.getLogRecordFactory()

    # The factory sees every record, whoever changes the handlers meanwhile.
    def keep(*arguments: object, **more: object) -> logging.LogRecord:
        record = make_record(*arguments, **more)
        if record.levelno >= logging.WARNING and record.name.startswith("leakgui"):
            watch.records.append(record)
        return record

    logger = logging.getLogger("leakgui")
    before = (logger.handlers[:], logger.level, logger.propagate)
    logging.setLogRecordFactory(keep)
    yield watch
    logging.setLogRecordFactory(make_record)
    logger.handlers[:], logger.propagate = before[0], before[2]
    logger.setLevel(before[1])
    if watch.unexpected():
        pytest.fail("unexpected warnings: " + "; ".join(watch.unexpected()))


# --- threads and processes ---------------------------------------------------


@pytest.fixture(autouse=True)
def _nothing_left_behind() -> Iterator[None]:
    """Fail the test that leaves a thread or a process running."""
    threads, children = set(_threads()), _children()
    yield
    deadline_s = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline_s:
        left = [thread.name for thread in _threads() if thread not in threads]
        orphans = _children() - children
        if not left and not orphans:
            return
        time.sleep(0.02)
    names = [f"thread {name}" for name in left] + [_kill(pid) for pid in orphans]
    pytest.fail("left behind: " + ", ".join(names))


def _threads() -> list[threading.Thread]:
    """Return Python's own threads; those of Qt show as dummies that never end."""
    return [
        thread
        for thread in threading.enumerate()
        if not isinstance(thread, threading._DummyThread)
    ]


def _children() -> set[int]:
    """Return the living children of this process, proc(5) ``children``."""
    found: set[int] = set()
    for file in Path("/proc/self/task").glob("*/children"):
        try:
            found.update(int(pid) for pid in file.read_text().split())
        except OSError:  # the thread has ended
            continue
    return {pid for pid in found if _is_alive(pid)}


def _is_alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def _kill(pid: int) -> str:
    """End a child of ours, so that the next test does not suffer; say what it was."""
    try:
        command = Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ")
        os.kill(pid, signal.SIGKILL)
    except OSError:
        command = "ended meanwhile"
    return f"process {pid} ({command.strip()})"
