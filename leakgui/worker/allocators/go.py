"""Go programs, whose runtime collects garbage and asks no C library for memory."""

from __future__ import annotations

from leakgui.texts import say
from leakgui.worker.image import Image
from leakgui.worker.loaded_files import LoadedFiles
from leakgui.worker.recognised import Recognised

_SECTION = b".go.buildinfo"
"""cmd/link/internal/ld/data.go, (*Link).buildinfo."""


class Go:
    """Recognised by what its linker writes, where no malloc was found before."""

    key = "go"

    def recognise(
        self,
        image: Image,  # noqa: ARG002  # its files tell enough
        files: LoadedFiles,
    ) -> Recognised | None:
        program = files.executable
        if program is None or not program.has_section(_SECTION):
            return None
        return Recognised(
            allocator=self.key,
            reason=say(
                "This is a Go program: its memory is managed by Go's garbage "
                "collector. Go's own heap profile shows what holds it."
            ),
        )
