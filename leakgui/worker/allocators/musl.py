"""musl's own malloc, as on Alpine Linux."""

from __future__ import annotations

from leakgui.texts import say
from leakgui.worker.image import Image
from leakgui.worker.loaded_files import LoadedFiles
from leakgui.worker.recognised import Recognised

_NAMES = ("ld-musl", "libc.musl")
"""musl's libc is its dynamic linker at the same time."""


class Musl:
    """Recognised by the name of its one file."""

    key = "musl"

    def recognise(
        self,
        image: Image,  # noqa: ARG002  # its files tell enough
        files: LoadedFiles,
    ) -> Recognised | None:
        if files.find_named(*_NAMES) is None:
            return None
        return Recognised(
            allocator=self.key,
            reason=say("This program uses musl, whose blocks leakgui can't enumerate."),
        )
