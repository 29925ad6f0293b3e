"""Choose the platform: the only place that asks which system this is."""

from __future__ import annotations

import sys

from leakgui.probe.face import Platform


def current(system: str = sys.platform) -> Platform:
    """Return what looks at processes on a system: ``linux``, else ``generic``."""
    if system == "linux":
        from leakgui.probe.platform.linux import Linux

        return Linux()
    from leakgui.probe.platform.generic import Generic

    return Generic()
