"""Install packages of Debian or Ubuntu where that is allowed."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

from leakgui.cli.qt_libraries import read_os_release

INSTALL = ("apt-get", "install", "-y", "--no-install-recommends")
_LISTS = Path("/var/lib/apt/lists")


def line(packages: Sequence[str]) -> str:
    """Return the one line that a person can run instead."""
    return f"sudo {' '.join(INSTALL)} {' '.join(packages)}"


def is_debian() -> bool:
    return any(name in read_os_release() for name in ("debian", "ubuntu"))


def install(packages: Sequence[str], tell: Callable[[str], None]) -> bool:
    """Install and return whether it worked; only root on Debian or Ubuntu tries.

    The lists of packages are refreshed first where there are none, and where the
    ones that are there turn out to be too old.
    """
    if not (is_debian() and os.geteuid() == 0 and shutil.which("apt-get")):
        return False
    tell(f"installing {' '.join(packages)}")
    if any(_LISTS.glob("*_Packages*")) and _call([*INSTALL, "-qq", *packages]):
        return True
    return _call(["apt-get", "update", "-qq"]) and _call([*INSTALL, "-qq", *packages])


def _call(command: Sequence[str]) -> bool:
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    # apt reports each step; on success that is noise.
    done = subprocess.run(
        command, env=environment, stdin=subprocess.DEVNULL, capture_output=True,
        text=True, errors="replace", check=False,
    )  # fmt: skip
    if done.returncode != 0:
        print(done.stdout[-1000:], done.stderr[-2000:], flush=True)
    return done.returncode == 0
