"""A program that runs under Valgrind."""

from __future__ import annotations

from leakgui.texts import say
from leakgui.worker.image import Image
from leakgui.worker.loaded_files import LoadedFiles
from leakgui.worker.recognised import Recognised

_PRELOADED = ("vgpreload_",)
"""coregrind/m_initimg/initimg-linux.c: what Valgrind loads into every program."""
_TOOLS = "-amd64-linux"
"""The process is the tool: ``memcheck-amd64-linux``."""


class Valgrind:
    """Recognised by the files that Valgrind loads."""

    key = "valgrind"

    def recognise(self, image: Image, files: LoadedFiles) -> Recognised | None:
        is_tool = image.executable.endswith(_TOOLS)
        if not is_tool and files.find_named(*_PRELOADED) is None:
            return None
        return Recognised(
            allocator=self.key,
            reason=say(
                "This program runs under Valgrind, which keeps its blocks in its own "
                "way: let Valgrind itself report what is lost."
            ),
        )
