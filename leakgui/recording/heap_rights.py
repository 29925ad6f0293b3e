"""Tell whether administrator rights are what a refused look into a heap lacks."""

from __future__ import annotations

import os

from leakgui.errors import TargetError
from leakgui.model.process import ProcessKey
from leakgui.probe.beyond_rights import is_beyond_rights
from leakgui.probe.ownership import Owner, check_owner
from leakgui.probe.platform import current


def would_rights_help(key: ProcessKey) -> bool:
    """Return whether a helper with more rights could copy what ours may not.

    It could not where a debugger holds the process or nobody may look into it, and it
    would not look at what is not wholly the user's (``leakgui.probe.ownership``):
    nobody should give a password for nothing.
    """
    try:
        check_owner(key.pid, Owner(os.getuid(), os.getgid()))
        if is_beyond_rights(key.pid):
            return False
        allowed = {row.key: row.is_allowed for row in current().capabilities(key)}
    except (TargetError, OSError):
        return False
    return not allowed.get("memory", True)
