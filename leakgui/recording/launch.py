"""Start a program to be watched, so that it lives on whatever happens to us."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Sequence
from pathlib import Path

from leakgui.errors import BadUsage, ProcessGone, ToolMissing
from leakgui.formatting import printable
from leakgui.model.process import ProcessKey
from leakgui.probe.platform import current
from leakgui.recording.consent import find_consent
from leakgui.texts import say


class Launched:
    """A program that leakgui started; only of these the exit code is known.

    It has a session of its own: neither Ctrl+C in our terminal nor our end reaches
    it. It shares our standard input, output and error.
    """

    def __init__(self, process: subprocess.Popen[bytes], key: ProcessKey) -> None:
        """Use ``launch``."""
        self._process = process
        self._lock = threading.Lock()
        self.pid = process.pid
        self.key = key

    @property
    def exit_code(self) -> int | None:
        """As a shell says it: 137 for SIGKILL; None while it runs."""
        return self.poll()

    def poll(self) -> int | None:
        """Return the exit code if it has ended."""
        with self._lock:
            return _as_shell(self._process.poll())

    def wait(self, timeout_s: float | None = None) -> int | None:
        """Wait for the end; None where the time was not enough."""
        try:
            return _as_shell(self._process.wait(timeout_s))
        except subprocess.TimeoutExpired:
            return None

    def __del__(self) -> None:
        # It is meant to run on without us: that is no forgotten child.
        if self._process.returncode is None and self._process.poll() is None:
            self._process.returncode = 0


def launch(command: Sequence[str]) -> Launched:
    """Start a command without a shell.

    Raises:
        BadUsage: there is no command.
        ToolMissing: there is no such program, or it cannot be executed.
        ProcessGone: it ended before it could be looked at.
    """
    if not command or not command[0]:
        raise BadUsage(say("There is no program to start."))
    process = _start(command)
    try:
        return Launched(process, current().find_key(process.pid))
    except ProcessGone:
        raise ended_at_once(command, _as_shell(process.wait())) from None


def ended_at_once(command: Sequence[str], code: int | None) -> ProcessGone:
    """Return the error for a program that was over before it could be looked at.

    The command line ends with the program's own exit code, as it always does for a
    program that it started.
    """
    error = ProcessGone(
        say(
            "{program} ended at once (exit code {code}).",
            program=printable(command[0], most=80),
            code="n/a" if code is None else code,
        ),
        say("Nothing was recorded. Start it in a terminal to see what it says."),
    )
    if code is not None:
        error.exit_code = code
    return error


def _start(command: Sequence[str]) -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(
            list(command),
            start_new_session=True,
            preexec_fn=find_consent(),  # noqa: PLW1509  # one system call, if any
            close_fds=True,
        )
    except FileNotFoundError as error:
        if error.filename and Path(command[0]).exists():
            hint = say("Its interpreter (the first line of the file) is missing.")
        else:
            hint = say("Check the spelling, or give the whole path.")
        raise ToolMissing(_cannot(command, error), hint) from error
    except (OSError, ValueError) as error:
        raise ToolMissing(
            _cannot(command, error),
            say("It must be a program or a script that you may execute."),
        ) from error


def _cannot(command: Sequence[str], error: Exception) -> str:
    reason = error.strerror if isinstance(error, OSError) else str(error)
    program = printable(command[0], most=80)
    return say("{program} cannot be started: {reason}", program=program, reason=reason)


def _as_shell(code: int | None) -> int | None:
    """Turn Python's -9 into the 137 that shells and containers report."""
    return 128 - code if code is not None and code < 0 else code
