"""Find out how a practice target is started on this machine."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

from leakgui.demo.building import build_target
from leakgui.demo.catalogue import Language, PracticeTarget, find_target
from leakgui.errors import ToolMissing
from leakgui.texts import say

SOURCES = Path(__file__).parent / "targets"


@dataclass(frozen=True, slots=True, kw_only=True)
class PreparedTarget:
    """A practice target that is ready to be started."""

    target: PracticeTarget
    command: tuple[str, ...]
    note: str = ""
    """What the user should know, such as that another variant is used; may be empty."""


def prepare_target(name: str, *, for_s: float | None = None) -> PreparedTarget:
    """Compile the target where it must be, and return how to start it.

    ``for_s`` says after how many seconds it ends by itself; half an hour otherwise.
    Raises ``BadUsage`` for an unknown name and ``ToolMissing`` where there is no
    compiler and no variant that does without.
    """
    target = find_target(name)
    ending = () if for_s is None else ("--for", f"{for_s:g}")
    if target.language is Language.PYTHON:
        return PreparedTarget(
            target=target, command=(*_python_command(target.source), *ending)
        )
    try:
        program: tuple[str, ...] = (str(build_target(target, SOURCES)),)
        note = ""
    except ToolMissing as missing:
        if not target.stand_in:
            raise
        program = _python_command(target.stand_in)
        note = say(
            "{reason} A Python program that calls malloc does the same instead.",
            reason=missing.message,
        )
    return PreparedTarget(target=target, command=(*program, *ending), note=note)


def _python_command(source: str) -> tuple[str, ...]:
    return (sys.executable, str(SOURCES / source))
