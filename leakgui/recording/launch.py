"""Start a program to be watched, so that it lives on whatever happens to us."""

from __future__ import annotations

from collections.abc import Sequence

from leakgui.model.process import ProcessKey


class Launched:
    """A program that leakgui started; only of these the exit code is known."""

    pid: int
    key: ProcessKey

    @property
    def exit_code(self) -> int | None:
        """As a shell says it: 137 for SIGKILL; None while it runs."""
        raise NotImplementedError

    def poll(self) -> int | None:
        """Return the exit code if it has ended."""
        raise NotImplementedError

    def wait(self, timeout_s: float | None = None) -> int | None:
        """Wait for the end; None where the time was not enough."""
        raise NotImplementedError


def launch(command: Sequence[str]) -> Launched:
    """Start a command; raises ``ToolMissing`` where there is no such program."""
    raise NotImplementedError
