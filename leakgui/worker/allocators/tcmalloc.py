"""tcmalloc, of gperftools and of Google's own library."""

from __future__ import annotations

from leakgui.formatting import printable
from leakgui.texts import say
from leakgui.worker.image import Image
from leakgui.worker.loaded_files import LoadedFiles
from leakgui.worker.recognised import Recognised

_FUNCTIONS = (
    "tc_malloc",
    "MallocExtension_ReleaseFreeMemory",
    "MallocExtension_Internal_GetNumericProperty",
)
"""gperftools src/gperftools/tcmalloc.h and malloc_extension_c.h; Google's own
tcmalloc/internal_malloc_extension.h."""


class Tcmalloc:
    """Recognised where the file that serves ``malloc`` offers its functions, too."""

    key = "tcmalloc"

    def recognise(
        self,
        image: Image,  # noqa: ARG002  # its files tell enough
        files: LoadedFiles,
    ) -> Recognised | None:
        serving = files.find_provider("malloc")
        if serving is None:
            return None
        if not serving.defines(*_FUNCTIONS) and "tcmalloc" not in serving.name:
            return None
        return Recognised(
            allocator=self.key,
            reason=say(
                "malloc is replaced by tcmalloc ({file}), whose blocks leakgui can't "
                "enumerate.",
                file=printable(serving.name),
            ),
        )
