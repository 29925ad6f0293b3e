"""C++ classes of blocks, by the type information their first words lead to."""

from __future__ import annotations

from collections.abc import Callable

from leakgui.worker.image import Image
from leakgui.worker.naming.modules import Modules
from leakgui.worker.naming.names import Names
from leakgui.worker.walked import Walk


def find_names(
    image: Image, walk: Walk, modules: Modules, cancelled: Callable[[], bool]
) -> Names:
    """Return the classes of all blocks in use; works on stripped programs."""
    raise NotImplementedError
