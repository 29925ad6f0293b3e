"""The system libraries that Qt needs on Linux, and the line that installs them.

Standard library only: ``packaging/dev.py`` uses this before anything is installed.
The lists were found with ``ldd`` on Qt's plugins in a minimal Debian 12.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Library:
    """One shared library and the Debian package that brings it."""

    file: str
    package: str


OFFSCREEN = (
    Library("libglib-2.0.so.0", "libglib2.0-0"),
    Library("libEGL.so.1", "libegl1"),
    Library("libGL.so.1", "libgl1"),
    Library("libxkbcommon.so.0", "libxkbcommon0"),
    Library("libfontconfig.so.1", "libfontconfig1"),
    Library("libdbus-1.so.3", "libdbus-1-3"),
)
X11 = (
    Library("libxkbcommon-x11.so.0", "libxkbcommon-x11-0"),
    Library("libxcb-cursor.so.0", "libxcb-cursor0"),
    Library("libxcb-icccm.so.4", "libxcb-icccm4"),
    Library("libxcb-keysyms.so.1", "libxcb-keysyms1"),
    Library("libxcb-shape.so.0", "libxcb-shape0"),
)
WAYLAND = (
    Library("libwayland-cursor.so.0", "libwayland-cursor0"),
    Library("libwayland-egl.so.1", "libwayland-egl1"),
)
LIBRARIES = (*OFFSCREEN, *X11, *WAYLAND)


def find_missing(
    libraries: Iterable[Library] = LIBRARIES,
    load: Callable[[str], object] = ctypes.CDLL,
) -> tuple[Library, ...]:
    """Return what cannot be loaded; Qt itself is not touched."""
    missing = []
    for library in libraries:
        try:
            load(library.file)
        except OSError:
            missing.append(library)
    return tuple(missing)


def packages_of(libraries: Iterable[Library], os_release: str = "") -> list[str]:
    """Return the packages by the names of this release of Debian or Ubuntu."""
    release = os_release or read_os_release()
    has_t64 = _version(release) >= ((24, 4) if "ubuntu" in release else (13, 0))
    return [
        f"{library.package}t64"
        if has_t64 and library.package == "libglib2.0-0"
        else library.package
        for library in libraries
    ]


def install_line(libraries: Iterable[Library]) -> str:
    """Return the one line that installs them on Debian and Ubuntu."""
    packages = " ".join(packages_of(libraries))
    return f"sudo apt-get install -y --no-install-recommends {packages}"


def read_os_release() -> str:
    """Return /etc/os-release in lower case, empty where there is none."""
    try:
        return Path("/etc/os-release").read_text(encoding="utf-8").lower()
    except OSError:
        return ""


def _version(os_release: str) -> tuple[int, int]:
    """Return VERSION_ID of os-release(5); testing has none and counts as newest."""
    for line in os_release.splitlines():
        if line.startswith("version_id="):
            major, _, minor = line.partition("=")[2].strip("\"'").partition(".")
            if major.isdigit():
                return int(major), int(minor) if minor.isdigit() else 0
    return (99, 0)
