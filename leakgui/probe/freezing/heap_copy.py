"""One copy from the first question to the sealed memory."""

from __future__ import annotations

import errno
import os
import time

from leakgui.errors import TargetError, Unsupported
from leakgui.model.process import ProcessKey
from leakgui.probe.edge import explain
from leakgui.probe.freezing.assembling import assemble, new_memory, seal
from leakgui.probe.freezing.estimate import (
    bytes_per_s,
    estimate,
    measure_target,
    remember_copy,
)
from leakgui.probe.freezing.forking import ForkLost
from leakgui.probe.freezing.messages import Failed
from leakgui.probe.freezing.order import Order, Report
from leakgui.probe.freezing.refusals import (
    another_program_error,
    fork_lost_error,
    not_restored_error,
    not_stopped_error,
    refuse_size,
    refuse_unfit,
    refused_error,
)
from leakgui.probe.freezing.tracing import (
    BeganAnotherProgram,
    NotRestored,
    NotStopped,
)
from leakgui.probe.freezing.watching import run_freezer
from leakgui.probe.ownership import Owner
from leakgui.probe.process_stat import ask_alive
from leakgui.probe.raw import Progress
from leakgui.probe.raw_heap import INJECT, RawEstimate, RawHeapCopy
from leakgui.texts import say

_ATTEMPTS = 3
_BETWEEN_S = 0.2
"""The target runs at least so long before it is stopped again."""
_WORTH_TELLING_S = 0.001
_PASSING = (NotStopped, BeganAnotherProgram, ProcessLookupError, PermissionError)
"""What may be over in a moment: an execve takes memory and permission for a while."""
_LOCAL_SHORTAGE = {errno.ENOMEM, errno.EFBIG, errno.ENOSPC, errno.EMFILE, errno.ENFILE}


class HeapCopying:
    """Copies one process."""

    def __init__(self, key: ProcessKey, owner: Owner | None = None) -> None:
        self._key, self._owner = key, owner
        self._paused_s = 0.0
        """How long it stood still for nothing."""

    def estimate(self, *, may_fork: bool = True) -> RawEstimate:
        """Return what it would cost; raises what ``copy`` raises before it stops."""
        refuse_unfit(self._key)
        try:
            measured = measure_target(self._key)
            return estimate(self._key, measured, may_fork=may_fork)
        except OSError as error:
            raise explain(error, self._key, (OSError,), ask_alive) from error

    def copy(self, level: str, progress: Progress) -> RawHeapCopy:
        """Copy it; see ``leakgui.probe.freezing.copy_heap``."""
        expected = self.estimate(may_fork=level == INJECT)
        refuse_size(expected.needs_bytes)
        report, memory = self._try_again_and_again(expected, progress)
        try:
            if expected.cannot_fork_reason:
                reason = expected.cannot_fork_reason
                report.notes.append(
                    say("No fork was made, the memory was copied: {why}", why=reason)
                )
            ask_alive(self._key)  # what was copied is what was meant
            return self._finish(report, expected, memory)
        finally:
            os.close(memory)

    def _finish(
        self, report: Report, expected: RawEstimate, memory: int
    ) -> RawHeapCopy:
        is_fork = report.has_forked
        if not is_fork:
            remember_copy(expected.copy_bytes, report.paused_s)
        expected_ms = expected.fork_paused_ms if is_fork else expected.paused_ms
        report = report._replace(paused_s=report.paused_s + self._paused_s)
        sealed = seal(memory)
        try:
            return assemble(self._key, report, expected_ms, sealed)
        except BaseException:
            os.close(sealed)
            raise

    def _try_again_and_again(
        self, expected: RawEstimate, progress: Progress
    ) -> tuple[Report, int]:
        failed: Exception = NotStopped()
        for attempt in range(_ATTEMPTS):
            time.sleep(_BETWEEN_S if attempt else 0)
            memory = new_memory()
            try:
                found = self._try(expected, progress, memory)
            except BaseException as error:
                os.close(memory)
                raise self._explain(error) from error
            if isinstance(found, Report):
                return found, memory
            os.close(memory)
            failed = found.error
            self._paused_s += found.paused_s
            if not isinstance(failed, _PASSING):
                break
            ask_alive(self._key)
        raise self._tell_pause(self._explain(failed)) from failed

    def _try(
        self, expected: RawEstimate, progress: Progress, memory: int
    ) -> Report | Failed:
        may_fork = expected.can_fork
        order = Order(self._key, self._owner, memory, may_fork, bytes_per_s())
        return run_freezer(order, expected.paused_ms / 1000, progress)

    def _tell_pause(self, error: BaseException) -> BaseException:
        """Say in an error how long the target stood still before it."""
        if isinstance(error, TargetError) and self._paused_s >= _WORTH_TELLING_S:
            stood = say("It stood still for {time:.0f} ms.", time=1000 * self._paused_s)
            return type(error)(f"{error.message} {stood}", error.hint)
        return error

    def _explain(self, error: BaseException) -> BaseException:
        """Return what an error of the freezer means to the user."""
        if isinstance(error, NotStopped):
            return not_stopped_error(self._key)
        if isinstance(error, NotRestored):
            return not_restored_error(self._key)
        if isinstance(error, BeganAnotherProgram | ProcessLookupError | ForkLost):
            return self._find_end() or (
                fork_lost_error(self._key)
                if isinstance(error, ForkLost)
                else another_program_error(self._key)
            )
        if isinstance(error, PermissionError):
            return self._find_end() or refused_error(self._key.pid)
        if isinstance(error, MemoryError) or (
            isinstance(error, OSError) and error.errno in _LOCAL_SHORTAGE
        ):
            return Unsupported(say("There is too little memory here for the copy."))
        if isinstance(error, OSError):
            return explain(error, self._key, (OSError,), ask_alive)
        return error

    def _find_end(self) -> TargetError | None:
        """Return that the target has ended, which explains everything."""
        try:
            ask_alive(self._key)
        except TargetError as gone:
            return gone
        return None
