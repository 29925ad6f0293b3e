"""jemalloc, as in redis, Firefox and many servers."""

from __future__ import annotations

from leakgui.formatting import printable
from leakgui.texts import say
from leakgui.worker.image import Image
from leakgui.worker.loaded_files import LoadedFiles
from leakgui.worker.recognised import Recognised

_FUNCTIONS = ("mallctl", "je_mallctl", "mallctlnametomib")
"""jemalloc(3)."""


class Jemalloc:
    """Recognised where the file that serves ``malloc`` offers its functions, too."""

    key = "jemalloc"

    def recognise(
        self,
        image: Image,  # noqa: ARG002  # its files tell enough
        files: LoadedFiles,
    ) -> Recognised | None:
        serving = files.find_provider("malloc")
        if serving is None:
            return None
        if not serving.defines(*_FUNCTIONS) and "jemalloc" not in serving.name:
            return None
        return Recognised(
            allocator=self.key,
            reason=say(
                "malloc is replaced by jemalloc ({file}), whose blocks leakgui can't "
                "enumerate.",
                file=printable(serving.name),
            ),
        )
