"""Interpret copied memory for one client, and keep the newest for questions."""

from __future__ import annotations

import gc
from dataclasses import dataclass
from typing import TYPE_CHECKING

from leakgui.errors import HelperFailed
from leakgui.model.process import ProcessKey
from leakgui.texts import say
from leakgui.wire.frames import Header, broken
from leakgui.wire.passing import End, Parcel
from leakgui.wire.serving import Answer, Server
from leakgui.worker.engine import Engine
from leakgui.worker.opening import close_image, find_key, open_image
from leakgui.worker.packing import pack
from leakgui.worker.verbs import PROTOCOL

if TYPE_CHECKING:
    from leakgui.worker.interpreting import Interpreted
    from leakgui.worker.marking import LostBefore

MOST_PAYLOAD_BYTES = 1 << 30
"""Of a request: a bit for each page of 32 TiB, and what else is in a copied heap."""


@dataclass(frozen=True, slots=True)
class _Kept:
    key: ProcessKey
    interpreted: Interpreted


class WorkerServer:
    """Answers about one heap at a time: the newest."""

    def __init__(self, end: End, engine: Engine) -> None:
        self._engine = engine
        self._kept: _Kept | None = None
        verbs = {
            "hello": self._hello,
            "interpret": self._interpret,
            "block": self._block,
            "forget": self._forget,
        }
        self._server = Server(end, verbs, most_payload=MOST_PAYLOAD_BYTES)

    def serve(self) -> int:
        """Answer until the end; returns the exit code, 0 or 2 for broken input."""
        try:
            return self._server.serve()
        finally:
            self._drop()

    def _hello(self, _: Parcel) -> Answer:
        header: Header = {"reply": "hello", "protocol": PROTOCOL}
        return Answer(header, then=self._engine.load)

    def _interpret(self, asked: Parcel) -> Answer:
        copy = asked.header.get("copy")
        if not isinstance(copy, dict):
            raise broken("no copied heap")
        key = find_key(copy)
        lost = self._find_lost(key) if asked.header.get("confirm") is True else None
        # Before the new one is looked at: two would take twice the memory.
        self._drop()
        try:
            self._kept = kept = _Kept(key, self._look(asked, copy, lost))
        except MemoryError as error:
            raise _no_memory() from error
        heap, columns = pack(kept.interpreted.heap)
        return Answer({"reply": "interpret", "heap": heap}, columns)

    def _look(
        self, asked: Parcel, copy: dict[str, object], lost: LostBefore | None
    ) -> Interpreted:
        image = open_image(asked.frame, copy, asked.files)
        try:
            return self._engine.interpret(image, lost, self._server.tell)
        except BaseException:
            close_image(image)
            raise

    def _find_lost(self, key: ProcessKey) -> LostBefore | None:
        kept = self._kept
        return kept.interpreted.lost if kept is not None and kept.key == key else None

    def _block(self, asked: Parcel) -> Answer:
        address = asked.header.get("address")
        if type(address) is not int or not 0 <= address < 1 << 64:
            raise broken("address is no number")
        if self._kept is None:
            raise HelperFailed(
                say("The contents of this heap are not there any more."),
                say("Take another heap snapshot."),
            )
        found = self._engine.describe_block(self._kept.interpreted, address)
        block = None if found is None else pack(found)[0]
        return Answer({"reply": "block", "block": block})

    def _forget(self, _: Parcel) -> Answer:
        self._drop()
        return Answer({"reply": "forget"})

    def _drop(self) -> None:
        if self._kept is not None:
            close_image(self._kept.interpreted.image)
            self._kept = None
            # What was found may refer to itself in a circle, and holds much memory.
            gc.collect()


def _no_memory() -> HelperFailed:
    return HelperFailed(
        say("There is too little memory here to interpret this heap."),
        say("It takes about one and a half times what the program has in use."),
    )
