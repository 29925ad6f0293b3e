"""A report in one HTML file that opens without a network."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from leakgui.model.difference import Difference
from leakgui.model.finding import Judgement
from leakgui.model.recording import Recording

label = "HTML report"
suffix = ".html"


class Heading(Protocol):
    """One line of the list of snapshots; unknown figures are None."""

    @property
    def number(self) -> int: ...
    @property
    def name(self) -> str: ...
    @property
    def elapsed_s(self) -> float: ...
    @property
    def taken_unix_s(self) -> float: ...
    @property
    def rss_bytes(self) -> float | None: ...
    @property
    def handles(self) -> float | None: ...
    @property
    def threads(self) -> float | None: ...
    @property
    def note(self) -> str: ...


def write_html(  # noqa: PLR0913  # a report is made of all of these
    recording: Recording,
    judgement: Judgement,
    headings: Sequence[Heading],
    difference: Difference | None,
    path: Path,
    *,
    mask: bool = False,
) -> None:
    """Write the report; raises ``WriteFailed``."""
    raise NotImplementedError
