"""A report in one HTML file that opens without a network.

Nothing is loaded from elsewhere and nothing runs: the content security policy
allows styles within the page and images within it, and nothing else.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from pathlib import Path

from leakgui import __version__
from leakgui.export.html_circumstances import facts_section, limits_section
from leakgui.export.html_difference import difference_section
from leakgui.export.html_heap import heap_section
from leakgui.export.html_sections import (
    findings_section,
    snapshots_section,
    verdict_section,
)
from leakgui.export.html_style import STYLE
from leakgui.export.markup import Markup, element, joined
from leakgui.export.masking import Masker
from leakgui.export.writing import write_text
from leakgui.formatting import format_duration, format_utc, target_title
from leakgui.model.difference import Difference
from leakgui.model.finding import Judgement
from leakgui.model.heap import Heap
from leakgui.model.recording import Recording
from leakgui.model.snapshot import Snapshot, SnapshotHeading
from leakgui.texts import say

label = "HTML report"
suffix = ".html"

CONTENT_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
_CHART_WIDTH = 1060


def write_html(  # noqa: PLR0913  # a report is made of all of these
    recording: Recording,
    judgement: Judgement,
    headings: Sequence[SnapshotHeading],
    difference: Difference | None,
    path: Path,
    *,
    heap: Snapshot | None = None,
    judged_heaps: Sequence[Heap] = (),
    mask: bool = False,
) -> None:
    """Write the report; raises ``WriteFailed`` and leaves an old file as it was.

    ``heap`` is the newest snapshot that looked into the heap; ``judged_heaps`` are
    others that the findings may quote. With ``mask`` paths, command lines, names of
    users, hosts and classes become placeholders, and contents of memory are left out.
    Numbers never change.
    """
    if mask:
        masker = Masker.of(recording)
        for one in judged_heaps:
            masker.learn_heap(one)
        # The difference first: it knows whole paths, sentences only quote them.
        difference = masker.difference(difference) if difference else None
        heap = masker.heap_of(heap) if heap else None
        recording = masker.recording(recording)
        judgement = masker.judgement(judgement)
        headings = [masker.heading(heading) for heading in headings]
    body = element(
        "main",
        _head_of(recording),
        verdict_section(judgement),
        _charts(recording),
        findings_section(judgement),
        snapshots_section(headings),
        difference_section(difference),
        heap_section(heap),
        limits_section(recording),
        facts_section(recording),
        _foot(mask=mask),
    )
    write_text(path, _page(_title(recording), body))


def _title(recording: Recording) -> str:
    return target_title(recording.target)


def _page(title: str, body: Markup) -> str:
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", http_equiv="Content-Security-Policy", content=CONTENT_POLICY),
        element("meta", name="viewport", content="width=device-width"),
        element("title", say("leakgui: {title}", title=title)),
        # The style is ours; escaping it would break its quotes.
        element("style", Markup(STYLE)),
    )
    page = element("html", head, element("body", body), lang="en")
    return f"<!doctype html>\n{page}\n"


def _head_of(recording: Recording) -> Markup:
    span = say(
        "Recorded for {span} from {start} (UTC)",
        span=format_duration(round(recording.span_s)),
        start=format_utc(recording.started_unix_s),
    )
    return joined([element("h1", _title(recording)), element("p", span, class_="dim")])


def _charts(recording: Recording) -> Markup:
    """Return the plots as one picture, and in words for those who cannot see it."""
    from leakgui.charts.render import describe, render_svg

    words = describe(recording)
    drawn = base64.b64encode(render_svg(recording, width=_CHART_WIDTH)).decode("ascii")
    picture = element(
        "img", src=f"data:image/svg+xml;base64,{drawn}", alt=words, class_="chart"
    )
    sentences = (element("p", line, class_="dim") for line in words.splitlines())
    title = element("h2", say("Over time"))
    return element("section", title, picture, *sentences)


def _foot(*, mask: bool) -> Markup:
    text = say("Written by leakgui {version}.", version=__version__)
    if mask:
        text += " " + say(
            "Paths, command lines and names of users, hosts and classes are masked."
        )
    return element("footer", text)
