"""What a target needs to make a call for us: found while it still runs."""

from __future__ import annotations

from leakgui.probe.freezing.carriers import Carrier, find_carrier
from leakgui.probe.freezing.injecting import NotInjected
from leakgui.probe.freezing.maps import MapsReader
from leakgui.probe.freezing.self_restoring import (
    Entrance,
    StateFormat,
    find_entrance,
    is_still_there,
)
from leakgui.probe.freezing.state_format import find_state_format
from leakgui.texts import say


class Helping:
    """Knows how one target can be made to help."""

    def __init__(self, pid: int, maps: MapsReader) -> None:
        self._pid, self._maps = pid, maps
        self._form: StateFormat | None = None
        self._entrance: Entrance | None = None

    def prepare(self, maps: bytes) -> None:
        """Look for what does not change when it is stopped."""
        self._form = find_state_format()
        self._entrance = find_entrance(self._pid, self._maps.parse(maps))

    def find(self, maps: bytes, tids: list[int]) -> tuple[Carrier, Entrance]:
        """Return a stopped thread and the code to run; raises ``NotInjected``."""
        if self._form is None:
            raise NotInjected(say("this processor has no XSAVE"))
        entrance = self._entrance
        if entrance is None or not is_still_there(self._pid, entrance):
            raise NotInjected(say("it has no code that could make the call"))
        carrier = find_carrier(tids, self._maps.parse(maps), entrance, self._form)
        if carrier is None:
            raise NotInjected(say("no thread was at a place where it could fork"))
        return carrier, entrance
