"""C++ classes of blocks, by the type information their first words lead to."""

from __future__ import annotations

import numpy as np

from leakgui.worker.blocks.block_map import map_blocks
from leakgui.worker.giving_up import Cancelled, never, stop_if
from leakgui.worker.image import Image
from leakgui.worker.naming.demangling import demangle_type
from leakgui.worker.naming.first_words import collect_first_words
from leakgui.worker.naming.modules import Modules
from leakgui.worker.naming.names import Names
from leakgui.worker.naming.type_information import TypeInfo, TypeInformation
from leakgui.worker.walked import Walk


def find_names(
    image: Image, walk: Walk, modules: Modules, cancelled: Cancelled = never
) -> Names:
    """Return the classes of all blocks in use; works on stripped programs.

    Raises ``GivenUp`` when cancelled.
    """
    words = collect_first_words(map_blocks(image, walk), image, modules)
    stop_if(cancelled)
    information = TypeInformation(modules)
    behind = information.behind_tables(words)
    stop_if(cancelled)
    rows = [row for row in np.flatnonzero(behind) if information.read(int(behind[row]))]
    infos = [information.read(int(behind[row])) for row in rows]
    return Names(
        table=words[rows],
        class_name=tuple(_name(info) for info in infos),
        base_name=tuple(_base_name(info, information) for info in infos),
    )


def _name(info: TypeInfo | None) -> str:
    return demangle_type(info.mangled) if info is not None else ""


def _base_name(info: TypeInfo | None, information: TypeInformation) -> str:
    base = information.read(info.base) if info is not None and info.base else None
    return _name(base)
