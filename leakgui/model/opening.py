"""What the window is asked to show when it opens."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """At most one of these is given; none means the process list."""

    pid: int | None = None
    file: Path | None = None
    command: tuple[str, ...] = ()
    """A program to start and watch: the practice targets come this way."""
    title: str = ""
    """What the started program is called in the window; empty: its own name."""
