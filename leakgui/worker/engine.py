"""What interprets an image, loaded when it is needed: that takes a second or more."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from leakgui.model.block import BlockDetail
from leakgui.worker.giving_up import Progress
from leakgui.worker.image import Image

if TYPE_CHECKING:
    from leakgui.worker.interpreting import Interpreted
    from leakgui.worker.marking import LostBefore


class Engine(Protocol):
    """What the server asks about images."""

    def load(self) -> None:
        """Get ready, so that the first question is answered sooner."""

    def interpret(
        self, image: Image, lost_before: LostBefore | None, progress: Progress
    ) -> Interpreted:
        """Return what is known of a heap; ``progress`` is told hundredths."""

    def describe_block(
        self, interpreted: Interpreted, address: int
    ) -> BlockDetail | None:
        """Return the block in use that an address lies in."""


class LateEngine:
    """The one with compiled kernels."""

    def load(self) -> None:
        from leakgui.worker import describing, interpreting  # noqa: F401  # warms up

    def interpret(
        self, image: Image, lost_before: LostBefore | None, progress: Progress
    ) -> Interpreted:
        from leakgui.worker.interpreting import interpret

        return interpret(image, lost_before, progress)

    def describe_block(
        self, interpreted: Interpreted, address: int
    ) -> BlockDetail | None:
        from leakgui.worker.describing import describe_block

        return describe_block(interpreted, address)
