"""Bring the system packages and the environment up to date, in this order."""

from __future__ import annotations

import os
import shutil
import ssl
from pathlib import Path

import system_packages
from environment import has_module, install_project, make_environment

from leakgui.cli.qt_libraries import find_missing, packages_of

TEST_TOOLS = {
    "gcc": ("gcc", "libc6-dev"),
    "g++": ("g++",),
    "sudo": ("sudo",),
    "setpriv": ("util-linux",),
    "valgrind": ("valgrind", "libc6-dbg"),
    "Xvfb": ("xvfb",),
    "openbox": ("openbox",),
    "xdotool": ("xdotool",),
    "import": ("imagemagick",),
}
"""What the tests start, and the packages that bring it."""
TEST_LIBRARIES = {
    "libjemalloc.so": "libjemalloc-dev",
    "libmimalloc.so": "libmimalloc-dev",
    "libtcmalloc.so": "libgoogle-perftools-dev",
}
"""What programs of the tests are run with; these packages have no version in the name.
"""


def tell(text: str) -> None:
    """Say what is done, in the order in which other programs print."""
    print(f"dev.py: {text}", flush=True)


def prepare(root: Path, *, for_tests: bool) -> None:
    """Install what is missing; raises ``SetupFailed`` where that is in the way.

    Missing libraries are not: without them the window does not open, and tests
    that need a tool are skipped with the reason, but the rest works.
    """
    missing = [*packages_of(find_missing()), *_for_the_environment()]
    if for_tests:
        missing += [*_missing_tools(), *_missing_libraries()]
    if missing and not system_packages.install(missing, tell):
        tell(f"please run: {system_packages.line(missing)}")
    make_environment(root, tell)
    install_project(root, "test" if for_tests else "", tell)


def _missing_tools() -> list[str]:
    return [
        package
        for tool, packages in TEST_TOOLS.items()
        if shutil.which(tool) is None
        for package in packages
    ]


def _missing_libraries() -> list[str]:
    return [
        package
        for name, package in TEST_LIBRARIES.items()
        if not any(
            any(Path("/usr").glob(f"{folder}/{name}*")) for folder in ("lib*", "lib*/*")
        )
    ]


def _for_the_environment() -> list[str]:
    """Return what a bare Debian lacks for making environments and for downloads."""
    packages = []
    if not (has_module("ensurepip") or has_module("pip")):
        packages.append("python3-venv")
    if system_packages.is_debian() and not _has_certificates():
        packages.append("ca-certificates")
    return packages


def _has_certificates() -> bool:
    """Return whether servers can be checked; Debian's pip brings no list of its own."""
    if os.environ.get("PIP_CERT") or os.environ.get("SSL_CERT_FILE"):
        return True
    places = ssl.get_default_verify_paths()
    return bool(places.cafile) or any(Path(places.capath or "/nowhere").glob("*.0"))
