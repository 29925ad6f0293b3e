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
from leakgui.probe.freezing.freezer import Order, Report
from leakgui.probe.freezing.refusals import (
    another_program_error,
    not_stopped_error,
    refuse_size,
    refuse_unfit,
    refused_error,
)
from leakgui.probe.freezing.tracing import BeganAnotherProgram, NotStopped
from leakgui.probe.freezing.watching import run_freezer
from leakgui.probe.process_stat import ask_alive
from leakgui.probe.raw import Progress
from leakgui.probe.raw_heap import INJECT, RawEstimate, RawHeapCopy
from leakgui.texts import say

_ATTEMPTS = 3
_BETWEEN_S = 0.2
"""The target runs at least so long before it is stopped again."""
_PASSING = (NotStopped, BeganAnotherProgram, ProcessLookupError, PermissionError)
"""What may be over in a moment: an execve takes memory and permission for a while."""
_LOCAL_SHORTAGE = {errno.ENOMEM, errno.EFBIG, errno.ENOSPC, errno.EMFILE, errno.ENFILE}


class HeapCopying:
    """Copies one process."""

    def __init__(self, key: ProcessKey) -> None:
        self._key = key

    def estimate(self) -> RawEstimate:
        """Return what it would cost; raises what ``copy`` raises before it stops."""
        refuse_unfit(self._key)
        try:
            return estimate(self._key, measure_target(self._key))
        except OSError as error:
            raise explain(error, self._key, (OSError,), ask_alive) from error

    def copy(self, level: str, progress: Progress) -> RawHeapCopy:
        """Copy it; see ``leakgui.probe.freezing.copy_heap``."""
        expected = self.estimate()
        refuse_size(expected.needs_bytes)
        may_fork = level == INJECT and expected.can_fork
        report, memory = self._try_again_and_again(
            expected, progress, may_fork=may_fork
        )
        try:
            if level == INJECT and not may_fork:
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
        sealed = seal(memory)
        try:
            return assemble(self._key, report, expected_ms, sealed)
        except BaseException:
            os.close(sealed)
            raise

    def _try_again_and_again(
        self, expected: RawEstimate, progress: Progress, *, may_fork: bool
    ) -> tuple[Report, int]:
        failed: Exception = NotStopped()
        for attempt in range(_ATTEMPTS):
            time.sleep(_BETWEEN_S if attempt else 0)
            memory = new_memory()
            order = Order(self._key.pid, memory, may_fork, bytes_per_s())
            try:
                return run_freezer(order, expected.paused_ms / 1000, progress), memory
            except _PASSING as error:
                os.close(memory)
                ask_alive(self._key)
                failed = error
            except BaseException as error:
                os.close(memory)
                raise self._explain(error) from error
        raise self._explain(failed)

    def _explain(self, error: BaseException) -> BaseException:
        """Return what an error of the freezer means to the user."""
        if isinstance(error, NotStopped):
            return not_stopped_error(self._key)
        if isinstance(error, BeganAnotherProgram | ProcessLookupError):
            return another_program_error(self._key)
        if isinstance(error, PermissionError):
            return self._refused()
        if isinstance(error, MemoryError) or (
            isinstance(error, OSError) and error.errno in _LOCAL_SHORTAGE
        ):
            return Unsupported(say("There is too little memory here for the copy."))
        if isinstance(error, OSError):
            return explain(error, self._key, (OSError,), ask_alive)
        return error

    def _refused(self) -> TargetError:
        try:
            ask_alive(self._key)
        except TargetError as gone:
            return gone
        return refused_error(self._key.pid)
