"""Answer one client until it has no more requests: what helper and worker share."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from leakgui.errors import HelperFailed, LeakguiError
from leakgui.texts import say
from leakgui.wire.frames import Header, Sent, broken
from leakgui.wire.passing import End, Parcel, receive_parcel, send_parcel

logger = logging.getLogger(__name__)

PROGRESS_EVERY_S = 0.05
_MOST_WORDS = 10_000
"""Characters of an error's message: it may quote what a stranger wrote."""


class Closable(Protocol):
    """What holds something open."""

    def close(self) -> None:
        """Give it back."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What is sent back."""

    header: Header
    columns: Sequence[tuple[str, Sent]] = ()
    files: Sequence[int] = ()
    owner: Closable | None = None
    """Closed when the answer has been sent, or could not be."""
    then: Callable[[], None] | None = None
    """Done when the answer has been sent, while the client does something else."""


Verb = Callable[[Parcel], Answer]


class Server:
    """Serves one client until it says bye or its end is closed."""

    def __init__(
        self, end: End, verbs: Mapping[str, Verb], *, most_payload: int = 0
    ) -> None:
        """Prepare to answer.

        Args:
            end: the way to the client.
            verbs: what can be asked, besides ``bye``. A parcel is closed after its
                answer was made: who needs a file longer takes it out of the list.
            most_payload: bytes that a request may have beside its header.
        """
        self._end, self._most_payload = end, most_payload
        self._verbs = {**verbs, "bye": _bye}
        self._id = 0
        self._told_at_s = 0.0

    def serve(self) -> int:
        """Answer until the end; returns the exit code, 0 or 2 for broken input."""
        try:
            while (asked := receive_parcel(self._end, self._most_payload)) is not None:
                try:
                    self._id = find_number(asked.header, "id")
                    self._answer(asked)
                finally:
                    asked.close()
                if asked.header.get("verb") == "bye":
                    break
        except HelperFailed as error:
            logger.warning("the client is not understood: %s", error)
            return 2
        except OSError:
            logger.info("the client is gone")
        return 0

    def tell(self, done: int, total: int) -> None:
        """Send progress, but not so often that sending it is the work."""
        now_s = time.monotonic()
        if now_s - self._told_at_s >= PROGRESS_EVERY_S:
            self._told_at_s = now_s
            header: Header = {"id": self._id, "reply": "progress"}
            send_parcel(self._end, {**header, "done": done, "total": total})

    def _answer(self, asked: Parcel) -> None:
        answer = self._make(asked)
        try:
            self._send(answer)
        except HelperFailed as error:  # too much of it; nothing was sent yet
            self._send(Answer(_describe(error)))
        if answer.then is not None:
            _do_aside(answer.then)

    def _make(self, asked: Parcel) -> Answer:
        try:
            return self._find_verb(asked)(asked)
        except LeakguiError as error:
            return Answer(_describe(error))
        except ConnectionError:
            raise
        except Exception as error:
            logger.exception("a request failed")
            failed = say("It failed: {kind}.", kind=type(error).__name__)
            return Answer(_describe(HelperFailed(failed)))

    def _find_verb(self, asked: Parcel) -> Verb:
        verb = asked.header.get("verb")
        found = self._verbs.get(verb) if isinstance(verb, str) else None
        if found is None:
            raise broken("no such verb")
        return found

    def _send(self, answer: Answer) -> None:
        header = {"id": self._id, **answer.header}
        try:
            send_parcel(self._end, header, answer.columns, answer.files)
        finally:
            if answer.owner is not None:
                answer.owner.close()


def find_number(header: Header, name: str) -> int:
    """Return a count from a header; raises ``HelperFailed`` where it is none."""
    value = header.get(name)
    # Not isinstance: True is an int, and no pid.
    if type(value) is not int or not 0 <= value < 1 << 63:
        raise broken(f"{name} is no number")
    return value


def _do_aside(then: Callable[[], None]) -> None:
    """Do what nobody waits for; where it fails, the next request will say so."""
    try:
        then()
    except Exception:
        logger.exception("what was to be prepared failed")


def _bye(_: Parcel) -> Answer:
    return Answer({"reply": "bye"})


def _describe(error: LeakguiError) -> Header:
    return {
        "reply": "error",
        "error": type(error).__name__,
        "message": error.message[:_MOST_WORDS],
        "hint": error.hint[:_MOST_WORDS],
    }
