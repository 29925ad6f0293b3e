"""Polymorphic classes without a virtual destructor, and what that may have lost."""

from __future__ import annotations

from leakgui.model.heap import DestructorSuspects
from leakgui.worker.image import Image
from leakgui.worker.naming.modules import Modules
from leakgui.worker.naming.names import Names
from leakgui.worker.reached import Reach
from leakgui.worker.walked import Walk


def find_suspects(
    image: Image, walk: Walk, reach: Reach, names: Names, modules: Modules
) -> DestructorSuspects:
    """Return the classes that leak when deleted through a base, the worst first.

    Where it is doubtful whether a class has a virtual destructor it is left out.
    """
    raise NotImplementedError
