"""glibc's malloc, 2.17 to 2.43: found without symbols, walked chunk by chunk."""

from __future__ import annotations

from leakgui.formatting import format_percent
from leakgui.texts import say
from leakgui.worker.allocators.glibc.enumerating import enumerate_blocks
from leakgui.worker.allocators.glibc.finding import find_glibc
from leakgui.worker.allocators.glibc.parts import Found
from leakgui.worker.giving_up import Cancelled, Progress
from leakgui.worker.image import Image
from leakgui.worker.loaded_files import LoadedFiles
from leakgui.worker.recognised import Recognised
from leakgui.worker.walked import Walk

_SMALL_SHARE = 0.5


class Glibc:
    """Recognised by its records, which are looked for in the data of every file."""

    key = "glibc"

    def recognise(self, image: Image, files: LoadedFiles) -> Recognised | None:
        """Return glibc where its malloc serves the process and has been used.

        The copy that counts is in the file whose ``malloc`` the process calls; another
        one, in a plug-in or in a namespace of its own, is walked along with it.
        """
        found = find_glibc(image)
        serving = files.find_provider("malloc")
        mine = [malloc.module for malloc in found.mallocs]
        if not mine or (serving is not None and serving.module not in mine):
            return None
        return Recognised(
            allocator=self.key,
            version=found.version,
            is_understood=True,
            explained_share=found.explained_share,
            notes=_notes(found),
            found=found,
        )

    def walk(
        self,
        image: Image,
        recognised: Recognised,
        progress: Progress,
        cancelled: Cancelled,
    ) -> Walk:
        """Return the blocks in use of all arenas and mappings.

        Raises:
            GivenUp: ``cancelled()`` said so.
        """
        if not isinstance(recognised.found, Found):
            message = "not recognised as glibc"
            raise TypeError(message)
        return enumerate_blocks(image, recognised.found, progress, cancelled)


def _notes(found: Found) -> tuple[str, ...]:
    notes = []
    if len(found.mallocs) > 1:
        notes.append(
            say(
                "This process has {count} copies of glibc's malloc; all were walked.",
                count=len(found.mallocs),
            )
        )
    if found.explained_share < _SMALL_SHARE:
        notes.append(
            say(
                "Only {share} of the process's own resident memory belongs to malloc. "
                "The rest is managed by something else, such as a garbage collector "
                "or a pool: nothing is said about what is in it.",
                share=format_percent(found.explained_share),
            )
        )
    return tuple(notes)
