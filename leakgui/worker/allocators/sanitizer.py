"""AddressSanitizer, LeakSanitizer, ThreadSanitizer and MemorySanitizer."""

from __future__ import annotations

from leakgui.texts import say
from leakgui.worker.image import Image
from leakgui.worker.loaded_files import LoadedFiles
from leakgui.worker.recognised import Recognised

_FUNCTIONS = (
    "__asan_init",
    "__hwasan_init",
    "__lsan_init",
    "__lsan_do_leak_check",
    "__tsan_init",
    "__msan_init",
)
"""compiler-rt lib/asan/asan_interface_internal.h and its like."""


class Sanitizer:
    """Recognised where the file that serves ``malloc`` is a sanitizer's."""

    key = "sanitizer"

    def recognise(
        self,
        image: Image,  # noqa: ARG002  # its files tell enough
        files: LoadedFiles,
    ) -> Recognised | None:
        serving = files.find_provider("malloc")
        if serving is None or not serving.defines(*_FUNCTIONS):
            return None
        return Recognised(
            allocator=self.key,
            reason=say(
                "This program was built with a sanitizer, which has its own allocator: "
                "let LeakSanitizer report what is lost."
            ),
        )
