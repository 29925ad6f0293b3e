"""Tell whether administrator rights are what a refused look into a heap lacks."""

from __future__ import annotations

import os

from leakgui.errors import TargetError
from leakgui.helper.rights import check_user
from leakgui.model.process import ProcessKey
from leakgui.probe.platform import current


def would_rights_help(key: ProcessKey) -> bool:
    """Return whether a helper with more rights could copy what ours may not.

    It could not where a debugger holds the process, and it would not look at processes
    of others (``leakgui.helper.rights``): nobody should give a password for nothing.
    """
    try:
        check_user(key.pid, os.getuid())
        allowed = {row.key: row.is_allowed for row in current().capabilities(key)}
    except (TargetError, OSError):
        return False
    return not allowed.get("memory", True)
