"""Answer the allowed verbs, and nothing else.

Standard library only, and small: this may run with more rights than the window.
It takes numbers from the client and never a path, asks on every request whether
the pid still is the process that was meant, and ends with its input.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

from leakgui.errors import HelperFailed, LeakguiError, ProcessGone
from leakgui.helper.packing import pack_snapshot
from leakgui.helper.verbs import PROTOCOL
from leakgui.model.process import ProcessKey
from leakgui.probe.face import Platform
from leakgui.texts import say
from leakgui.wire.frames import (
    Header,
    Sent,
    Sink,
    Source,
    broken,
    read_frame,
    write_frame,
)

logger = logging.getLogger(__name__)

PROGRESS_EVERY_S = 0.05

Answer = tuple[Header, list[tuple[str, Sent]]]


class Server:
    """Serves one client until it says bye or its end of the pipe closes."""

    def __init__(self, source: Source, sink: Sink, platform: Platform) -> None:
        self._source, self._sink, self._platform = source, sink, platform
        self._id = 0
        self._told_at_s = 0.0
        self._answer_by_verb: dict[object, Callable[[Header], Answer]] = {
            "hello": self._hello,
            "snapshot": self._snapshot,
            "bye": self._bye,
        }

    def serve(self) -> int:
        """Answer until the end; returns the exit code, 0 or 2 for broken input."""
        try:
            while (header := self._receive()) is not None:
                self._id = _number(header, "id")
                self._answer(header)
                if header.get("verb") == "bye":
                    break
        except HelperFailed as error:
            logger.warning("the client is not understood: %s", error)
            return 2
        except BrokenPipeError:
            logger.info("the client is gone")
        return 0

    def _receive(self) -> Header | None:
        # A request is all header: it never needs a payload.
        frame = read_frame(self._source, most_payload=0)
        return None if frame is None else frame.header

    def _answer(self, header: Header) -> None:
        try:
            verb = header.get("verb")
            known = verb if isinstance(verb, str) else None
            answer = self._answer_by_verb.get(known, self._refuse)
            reply, columns = answer(header)
        except LeakguiError as error:
            reply, columns = _describe(error), []
        except BrokenPipeError:
            raise
        except Exception as error:
            logger.exception("a request failed")
            failed = HelperFailed(
                say("The helper failed: {kind}.", kind=type(error).__name__)
            )
            reply, columns = _describe(failed), []
        write_frame(self._sink, {"id": self._id, **reply}, columns)

    def _hello(self, _: Header) -> Answer:
        return {"reply": "hello", "protocol": PROTOCOL}, []

    def _bye(self, _: Header) -> Answer:
        return {"reply": "bye"}, []

    def _refuse(self, _: Header) -> Answer:
        raise broken("no such verb")

    def _snapshot(self, header: Header) -> Answer:
        key = self._find_key(header)
        return pack_snapshot(self._platform.take_raw_snapshot(key, self._tell))

    def _find_key(self, header: Header) -> ProcessKey:
        """Return the process that is meant, if it still is what it was."""
        key = ProcessKey(_number(header, "pid"), _number(header, "start_ticks"))
        if self._platform.find_key(key.pid) != key:
            raise ProcessGone(
                say("Process {pid} has ended; its number is another's.", pid=key.pid)
            )
        return key

    def _tell(self, done: int, total: int) -> None:
        """Send progress, but not so often that sending it is the work."""
        now_s = time.monotonic()
        if now_s - self._told_at_s >= PROGRESS_EVERY_S:
            self._told_at_s = now_s
            header: Header = {"id": self._id, "reply": "progress"}
            write_frame(self._sink, {**header, "done": done, "total": total})


def _number(header: Header, name: str) -> int:
    value = header.get(name)
    # Not isinstance: True is an int, and no pid.
    if type(value) is not int or not 0 <= value < 1 << 63:
        raise broken(f"{name} is no number")
    return value


def _describe(error: LeakguiError) -> Header:
    return {
        "reply": "error",
        "error": type(error).__name__,
        "message": error.message,
        "hint": error.hint,
    }
