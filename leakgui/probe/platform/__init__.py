"""Choose the platform: the only place that asks which system this is."""

from __future__ import annotations

import sys

from leakgui.probe.face import Platform


def current() -> Platform:
    """Return what looks at processes on this system: ``linux``, else ``generic``."""
    if sys.platform == "linux":
        from leakgui.probe.platform.linux import Linux

        return Linux()
    from leakgui.probe.platform.generic import Generic

    return Generic()
