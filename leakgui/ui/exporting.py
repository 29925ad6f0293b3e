"""Write what is open into files; pictures are drawn here, on the main thread."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from leakgui.export.as_csv import write_csv
from leakgui.export.as_html import write_html
from leakgui.export.as_image import write_png, write_svg
from leakgui.export.as_table import write_difference
from leakgui.export.masking import mask_recording
from leakgui.guidance.engine import judge
from leakgui.model.recording import Recording
from leakgui.model.snapshot import Snapshot
from leakgui.ui.subject import Subject
from leakgui.ui.workspace import Workspace

FORMATS: Mapping[str, str] = MappingProxyType(
    {
        "png": "Picture (PNG)",
        "svg": "Drawing (SVG)",
        "csv": "Readings (CSV)",
        "html": "Report (HTML, one file)",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportChoice:
    """What to write, and where: ``stem`` gets the suffix of each format."""

    formats: tuple[str, ...]
    view: tuple[float, float] | None
    scale: int
    mask: bool
    stem: Path

    def paths(self) -> list[Path]:
        """Return where each format goes."""
        return [self.path(name) for name in self.formats]

    def path(self, name: str) -> Path:
        """Return where one format goes."""
        return self.stem.with_name(f"{self.stem.name}.{name}")


def write_files(workspace: Workspace, choice: ExportChoice) -> list[Path]:
    """Write the chosen formats; raises ``WriteFailed`` at the first that fails."""
    subject = workspace.subject
    if subject is None:
        return []
    whole = subject.recording()
    recording = mask_recording(whole) if choice.mask else whole
    written = []
    for name in choice.formats:
        path = choice.path(name)
        if name == "png":
            write_png(recording, path, scale=choice.scale, view=choice.view)
        elif name == "svg":
            write_svg(recording, path, view=choice.view)
        elif name == "csv":
            write_csv(recording, path)
        else:
            judgement = workspace.judging.judgement or judge(subject.observed())
            write_html(
                whole,
                judgement,
                subject.headings(),
                workspace.difference,
                path,
                heap=_newest_heap(subject),
                mask=choice.mask,
            )
        written.append(path)
    return written


def _newest_heap(subject: Subject) -> Snapshot | None:
    numbers = [heading.number for heading in subject.headings() if heading.has_heap]
    return subject.snapshot(numbers[-1]) if numbers else None


def write_difference_beside(workspace: Workspace, path: Path) -> None:
    """Write the difference that is shown as CSV, without holding up the window."""
    difference = workspace.difference
    if difference is None:
        workspace.said.emit(workspace.tr("Compare two snapshots first."))
        return
    is_masked = bool(workspace.settings.get("mask"))
    workspace.jobs.ask_latest(
        f"export {path}",
        lambda _: write_difference(difference, path, mask=is_masked),
        lambda _: workspace.said.emit(
            workspace.tr("Written: {path}").format(path=path)
        ),
        workspace.show_failure,
    )


def draw_preview(recording: Recording, choice: ExportChoice, folder: Path) -> Path:
    """Draw the picture small into a folder and return its path."""
    path = folder / "preview.png"
    shown = mask_recording(recording) if choice.mask else recording
    write_png(shown, path, view=choice.view)
    return path
