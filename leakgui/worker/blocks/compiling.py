"""How functions are compiled to machine code: all alike, kept on disk, without the GIL.

Indexes are not checked in compiled code; each kernel proves its own. numba's counting
of references is off: with it each call would count some thirty arrays up and down
(measured: seven times slower), and so most kernels can make no array of their own.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar, cast

import numba
import platformdirs

from leakgui.worker.compiled_code import fingerprint

_njit: Any = numba.njit
"""Its types leave out the options that are used here."""
Function = TypeVar("Function", bound=Callable[..., Any])


def kernel(function: Function) -> Function:
    """Compile a function that makes no array, to be called from anywhere."""
    return cast("Function", _njit(**_options(), _nrt=False)(function))


def part(function: Function) -> Function:
    """Compile a function that makes no array, to be called from compiled code only.

    It becomes a part of its callers, since a call would hand on some two hundred
    numbers (measured: half as fast). It has no entry for Python, which saves a third of
    the time of compiling; a call from Python ends the process.
    """
    options = _options() | {
        "forceinline": True,
        "no_cpython_wrapper": True,
        "no_cfunc_wrapper": True,
    }
    return cast("Function", _njit(**options, _nrt=False)(function))


def maker(function: Function) -> Function:
    """Compile a function that makes arrays; too slow to be called for each block."""
    return cast("Function", _njit(**_options())(function))


def _options() -> dict[str, Any]:
    """Return what all have in common."""
    return {"cache": True, "nogil": True, "error_model": "numpy"}


def _choose_folder() -> None:
    """Keep what is compiled from these very sources in a folder of its own.

    numba keeps a function until its own file changes, though functions and constants
    of other files are compiled into it.
    """
    config: Any = numba.config
    chosen = config.CACHE_DIR or platformdirs.user_cache_path("leakgui") / "kernels"
    config.CACHE_DIR = str(Path(chosen) / fingerprint())


_choose_folder()
