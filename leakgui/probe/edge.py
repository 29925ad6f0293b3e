"""Where the system's errors become leakgui's: gone, refused or not supported."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable
from typing import Concatenate, ParamSpec, Protocol, TypeVar

from leakgui.errors import AccessDenied, ProcessGone, TargetError, Unsupported
from leakgui.model.process import ProcessKey
from leakgui.texts import say

Given = ParamSpec("Given")
Answer = TypeVar("Answer")


class HasKey(Protocol):
    """Something that is about one process."""

    @property
    def key(self) -> ProcessKey:
        """Return which process."""


Subject = TypeVar("Subject", bound=HasKey)
Method = Callable[Concatenate[Subject, Given], Answer]


def translate(
    foreign: tuple[type[Exception], ...], ask: Callable[[ProcessKey], None]
) -> Callable[[Method[Subject, Given, Answer]], Method[Subject, Given, Answer]]:
    """Decorate a method of something with a key, so that it raises known errors only.

    ``foreign`` are the errors of the system. ``ask`` raises ``ProcessGone`` when the
    process runs no more; it is asked after every error, because a process that ends
    while it is read causes nearly any of them. It may raise ``foreign`` too.
    """

    def decorate(
        method: Method[Subject, Given, Answer],
    ) -> Method[Subject, Given, Answer]:
        @functools.wraps(method)
        def guarded(
            subject: Subject, /, *args: Given.args, **named: Given.kwargs
        ) -> Answer:
            try:
                return method(subject, *args, **named)
            except foreign as error:
                raise explain(error, subject.key, foreign, ask) from error

        return guarded

    return decorate


def explain(
    error: Exception,
    key: ProcessKey,
    foreign: tuple[type[Exception], ...],
    ask: Callable[[ProcessKey], None],
) -> TargetError:
    """Return what an error means, after asking whether the process still runs."""
    try:
        ask(key)
    except ProcessGone as gone:
        return gone
    except foreign:
        pass  # hidden from us, which is no sign that it ended
    if is_refusal(error):
        return AccessDenied(
            say("The system does not let us read this of process {pid}.", pid=key.pid),
            _hint(key.pid),
        )
    return Unsupported(
        say("This cannot be read of process {pid}: {error}", pid=key.pid, error=error)
    )


def _hint(pid: int) -> str:
    """Return what would allow it; root is past what sudo can do."""
    my_id = getattr(os, "geteuid", lambda: None)()
    if my_id in {0, None}:
        return say("Why: leakgui doctor {pid}", pid=pid)
    return say(
        "Try: sudo leakgui record {pid} -o {pid}.leak (why: leakgui doctor {pid})",
        pid=pid,
    )


def is_refusal(error: Exception) -> bool:
    """Return whether an error says that we may not; psutil's is told by its name."""
    return isinstance(error, PermissionError) or type(error).__name__ == "AccessDenied"


def gone_error(pid: int) -> ProcessGone:
    """Return the error for a process that is not there."""
    return ProcessGone(
        say("There is no process {pid}: it has ended.", pid=pid),
        say("Processes that run now: leakgui ps"),
    )
