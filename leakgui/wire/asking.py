"""Start a child when it is first needed, and ask it one thing after the other."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import TypeVar

from leakgui.errors import (
    AccessDenied,
    HelperFailed,
    LeakguiError,
    ProcessGone,
    Unsupported,
)
from leakgui.texts import say
from leakgui.wire.child import Child, Role, Sending
from leakgui.wire.frames import Frame, Header, broken
from leakgui.wire.passing import Parcel

Progress = Callable[[int, int], None]
Cancelled = Callable[[], bool]
Found = TypeVar("Found")

START_TIMEOUT_S = 20.0

_LOOK_EVERY_S = 0.05
"""How soon a cancelled or closed client notices."""

_ERRORS: dict[object, type[LeakguiError]] = {
    kind.__name__: kind
    for kind in (ProcessGone, AccessDenied, Unsupported, HelperFailed)
}


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked."""

    header: Header
    """With ``verb``, and what the verb needs."""
    content: Frame | None = None
    """A frame whose columns are handed on."""
    files: Sequence[int] = ()
    """Stay open here."""
    brings_files: bool = False
    """Whether the answer may have files."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long somebody waits, and what they want to hear meanwhile."""

    timeout_s: float
    progress: Progress | None = None
    """Told ``done, total`` on the thread that asks."""
    cancelled: Cancelled | None = None
    """When it turns true, the child is killed."""


class Asker:
    """One child, started when first asked and again after it died.

    Thread-safe: one request at a time, the others wait.
    """

    def __init__(
        self, role: Role, protocol: int, start_timeout_s: float = START_TIMEOUT_S
    ) -> None:
        """Start nothing yet.

        Args:
            role: what to start.
            protocol: the number that it must say in its hello.
            start_timeout_s: how long until then, a question for a password included.
        """
        self._role, self._protocol = role, protocol
        self._start_timeout_s = start_timeout_s
        self._child: Child | None = None
        self._last_id = 0
        self._lock = threading.Lock()
        self._is_closing = threading.Event()

    @property
    def pid(self) -> int | None:
        """Return the number of the child that runs now, or None."""
        child = self._child
        return child.pid if child is not None and child.is_running else None

    def ask(
        self, request: Request, patience: Patience, unpack: Callable[[Parcel], Found]
    ) -> Found:
        """Send a request and return what ``unpack`` makes of the answer.

        An answer with files is ``unpack``'s to close.

        Raises:
            TargetError: as the child answered.
            HelperFailed: the child answered so, died, was cancelled or closed, took
                too long, or answered nonsense. Unless it answered well, it is killed,
                and the next request starts a new one.
        """
        with self._lock, self._abandoning():
            child = self._running_child()
            parcel = self._exchange(child, request, _Waiting(patience, self._role))
            error = _find_error(parcel)
            if error is None:
                return unpack(parcel)
        raise error

    def start(self, patience: Patience | None = None) -> None:
        """Start the child if none runs; raises what ``ask`` raises."""
        with self._lock, self._abandoning():
            self._running_child(patience)

    def close(self) -> None:
        """End the child and leave nothing behind; later requests fail."""
        self._is_closing.set()
        with self._lock:
            if self._child is not None:
                self._child.end()
                self._child = None

    @contextmanager
    def _abandoning(self) -> Iterator[None]:
        """Kill the child where anything goes wrong, so that the next begins afresh."""
        try:
            yield
        except BaseException:
            self._abandon()
            raise

    def _running_child(self, patience: Patience | None = None) -> Child:
        if self._is_closing.is_set():
            raise _closed(self._role)
        if self._child is not None and self._child.is_running:
            return self._child
        self._abandon()
        self._child = child = Child(self._role)
        patience = replace(patience or Patience(0), timeout_s=self._start_timeout_s)
        waiting = _Waiting(patience, self._role)
        hello = self._exchange(child, Request({"verb": "hello"}), waiting)
        if hello.header.get("protocol") != self._protocol:
            raise broken("another version")
        return child

    def _exchange(self, child: Child, request: Request, waiting: _Waiting) -> Parcel:
        """Send a request and return its answer, which may be an error."""
        self._last_id += 1
        number, header = self._last_id, request.header
        check = partial(waiting.check, self._is_closing)
        child.send(
            Sending({"id": number, **header}, request.content, request.files, check)
        )
        while True:
            parcel = child.receive(min(_LOOK_EVERY_S, waiting.left_s()))
            try:
                check()
                if parcel is not None and not waiting.is_progress(parcel, number):
                    return _checked(parcel, number, request)
            except BaseException:
                if parcel is not None:
                    parcel.close()
                raise

    def _abandon(self) -> None:
        if self._child is not None:
            self._child.kill()
            self._child = None


class _Waiting:
    """Patience that has begun to run out."""

    def __init__(self, patience: Patience, role: Role) -> None:
        self._patience, self._role = patience, role
        self._deadline_s = time.monotonic() + patience.timeout_s

    def left_s(self) -> float:
        return self._deadline_s - time.monotonic()

    def check(self, is_closing: threading.Event) -> None:
        """Raise ``HelperFailed`` where nobody waits any more."""
        if is_closing.is_set():
            raise _closed(self._role)
        cancelled = self._patience.cancelled
        if cancelled is not None and cancelled():
            raise HelperFailed(say("It was cancelled."))
        if self.left_s() <= 0:
            raise HelperFailed(
                say("{title} did not answer in time.", title=self._role.title),
                say("The program may be very large, or the machine very busy."),
            )

    def is_progress(self, parcel: Parcel, number: int) -> bool:
        """Pass on a message of progress; False where the parcel is the answer."""
        header = parcel.header
        if header.get("reply") != "progress" or header.get("id") != number:
            return False
        if parcel.files:
            raise broken("progress with files")
        done, total = header.get("done"), header.get("total")
        if type(done) is not int or type(total) is not int:
            raise broken("progress without numbers")
        if self._patience.progress is not None:
            self._patience.progress(done, total)
        return True


def _closed(role: Role) -> HelperFailed:
    return HelperFailed(say("{title} was closed.", title=role.title))


def _checked(parcel: Parcel, number: int, request: Request) -> Parcel:
    """Return the answer if it is one to this request."""
    header = parcel.header
    if header.get("id") != number:
        raise broken("an answer to another request")
    reply = header.get("reply")
    if reply == "error":
        if header.get("error") not in _ERRORS:
            raise broken("an error of no known kind")
    elif reply != request.header["verb"]:
        raise broken("an answer to another question")
    if parcel.files and (reply == "error" or not request.brings_files):
        raise broken("files that nobody asked for")
    return parcel


def _find_error(parcel: Parcel) -> LeakguiError | None:
    header = parcel.header
    if header.get("reply") != "error":
        return None
    kind = _ERRORS[header.get("error")]
    return kind(str(header.get("message", "")), str(header.get("hint", "")))
