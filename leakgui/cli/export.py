"""Write a recording as files to hand to somebody else."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from leakgui.cli.command import Context, refuse_to_replace
from leakgui.cli.output import print_message
from leakgui.errors import BadUsage
from leakgui.formatting import printable
from leakgui.texts import say

if TYPE_CHECKING:
    from leakgui.cli.loading import Loaded

name = "export"
summary = "write pictures, a table or a report of a recording"


def prepare_parser(parser: ArgumentParser) -> None:
    parser.add_argument("file", type=Path, metavar="FILE", help=say("the recording"))
    for kind, what in _KINDS.items():
        parser.add_argument(
            f"--{kind}", type=Path, metavar="F", help=say("write {what}", what=what)
        )
    parser.add_argument(
        "--mask", action="store_true",
        help=say("replace paths, command lines and names; leave out contents"),
    )  # fmt: skip
    parser.add_argument(
        "--scale", type=int, choices=(1, 2), default=1, help=say("of the PNG image")
    )


_KINDS = {
    "png": "the plots as an image",
    "svg": "the plots as a drawing",
    "csv": "the readings as a table",
    "html": "a report that opens in a browser",
}


def run(arguments: Namespace, context: Context) -> int:
    wanted = {kind: getattr(arguments, kind) for kind in _KINDS}
    if not any(wanted.values()):
        options = ", ".join(f"--{kind} F" for kind in _KINDS)
        raise BadUsage(
            say("Nothing to write."), say("Say what: {options}", options=options)
        )
    from leakgui.cli.loading import load

    for path in wanted.values():
        refuse_to_replace(arguments.file, path)
    loaded = load(arguments.file)
    is_masked = arguments.mask or bool(context.settings.get("mask"))
    for kind, path in wanted.items():
        if path is not None:
            _write(kind, loaded, path, is_masked=is_masked, scale=arguments.scale)
            print_message(say("Written: {path}", path=printable(str(path))))
    return 0


def _write(
    kind: str, loaded: Loaded, path: Path, *, is_masked: bool, scale: int
) -> None:
    """Write one file; raises ``WriteFailed`` and leaves an old one as it was."""
    if kind == "html":
        write_report(loaded, path, is_masked=is_masked)
        return
    recording = loaded.recording
    if is_masked:
        from leakgui.export.masking import mask_recording

        recording = mask_recording(recording)
    if kind == "csv":
        from leakgui.export.as_csv import write_csv

        write_csv(recording, path)
        return
    from leakgui.export import as_image

    if kind == "png":
        as_image.write_png(recording, path, scale=scale)
    else:
        as_image.write_svg(recording, path)


def write_report(loaded: Loaded, path: Path, *, is_masked: bool = False) -> None:
    """Write the HTML report; raises ``WriteFailed``."""
    from leakgui.export.as_html import write_html

    write_html(
        loaded.recording, loaded.judgement, loaded.headings, loaded.overall, path,
        heap=loaded.heap, judged_heaps=loaded.judged_heaps, mask=is_masked,
    )  # fmt: skip
