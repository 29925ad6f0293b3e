"""Answer the allowed verbs, and nothing else.

Standard library only, and small: this may run with more rights than the window.
It takes numbers from the client and never a path, asks on every request whether
the pid still is the process that was meant, and ends with its input.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from leakgui.errors import HelperFailed, ProcessGone
from leakgui.helper.packing import pack_estimate, pack_heap_copy, pack_snapshot
from leakgui.helper.rights import lower_priority
from leakgui.helper.verbs import PROTOCOL
from leakgui.model.process import ProcessKey
from leakgui.probe.face import Platform
from leakgui.probe.ownership import Owner, check_owner
from leakgui.probe.raw_heap import INJECT, PAUSE
from leakgui.texts import say
from leakgui.wire.frames import Header, broken
from leakgui.wire.passing import End, Parcel
from leakgui.wire.serving import Answer, Server, find_number


class HelperServer:
    """Looks into processes for one client."""

    def __init__(
        self, end: End, platform: Platform, served: Owner | None = None
    ) -> None:
        """Prepare to answer.

        Args:
            end: the way to the client.
            platform: what looks.
            served: whose processes alone are looked at; everybody's where None.
        """
        self._end, self._platform, self._served = end, platform, served
        verbs = {
            "hello": self._hello,
            "snapshot": self._snapshot,
            "estimate-heap": self._estimate_heap,
            "copy-heap": self._copy_heap,
        }
        self._server = Server(end, verbs)

    def serve(self) -> int:
        """Answer until the end; returns the exit code, 0 or 2 for broken input."""
        return self._server.serve()

    def _hello(self, _: Parcel) -> Answer:
        return Answer(
            {
                "reply": "hello",
                "protocol": PROTOCOL,
                "can_pass_files": self._end.can_pass_files,
            }
        )

    def _snapshot(self, asked: Parcel) -> Answer:
        key = self._find_key(asked.header)
        # A thread has its own niceness, and only root could take it back. A copy must
        # not have it: whoever holds a program still should be quick.
        with ThreadPoolExecutor(1, initializer=lower_priority) as aside:
            reading = aside.submit(
                self._platform.take_raw_snapshot, key, self._server.tell
            )
            taken = reading.result()
        self._check_owner(key)
        return Answer(*pack_snapshot(taken))

    def _estimate_heap(self, asked: Parcel) -> Answer:
        key = self._find_key(asked.header)
        return Answer(pack_estimate(self._platform.estimate_heap_copy(key)))

    def _copy_heap(self, asked: Parcel) -> Answer:
        key, level = self._find_key(asked.header), asked.header.get("level")
        if level not in (PAUSE, INJECT):
            raise broken("no such level")
        if not self._end.can_pass_files:
            raise HelperFailed(
                say("Memory cannot be handed over: sudo put a pipe in between."),
                say("Its setting log_input or log_output does that; use pkexec."),
            )
        tell, served = self._server.tell, self._served
        copy = self._platform.copy_heap(key, str(level), tell, served)
        try:
            self._check_owner(key)
            return pack_heap_copy(copy)
        except BaseException:
            copy.close()
            raise

    def _find_key(self, header: Header) -> ProcessKey:
        """Return the process that is meant, if it still is what it was."""
        key = ProcessKey(find_number(header, "pid"), find_number(header, "start_ticks"))
        if self._platform.find_key(key.pid) != key:
            raise ProcessGone(
                say("Process {pid} has ended; its number is another's.", pid=key.pid)
            )
        self._check_owner(key)
        return key

    def _check_owner(self, key: ProcessKey) -> None:
        """Ask before and after: a program can become another user's meanwhile."""
        if self._served is not None:
            check_owner(key.pid, self._served)
