"""Pictures and reports: what is in the file that somebody else opens."""

import re
import subprocess
import sys
from html.parser import HTMLParser
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from PySide6.QtCore import QByteArray
from PySide6.QtGui import QImage
from PySide6.QtSvg import QSvgRenderer

from leakgui.errors import WriteFailed
from leakgui.export.as_html import CONTENT_POLICY, write_html
from leakgui.export.as_image import write_png, write_svg
from leakgui.model.difference import Changes, Difference
from leakgui.model.finding import (
    Confidence,
    DefectClass,
    Finding,
    Judgement,
    LimitUse,
    Severity,
    Verdict,
)
from leakgui.model.recording import Series
from leakgui.model.snapshot import Gap, GapReason, SnapshotHeading
from leakgui.model.text_column import TextColumn
from tests.ui.chart_sources import MIB, TARGET, line, recording

HOSTILE = "<script>alert(1)</script>\"'&"
RSS_BLUE = "#0072b2"


# --- pictures ----------------------------------------------------------------


def colors_of(image: QImage) -> set[str]:
    return {
        image.pixelColor(x, y).name()
        for x in range(image.width())
        for y in range(0, image.height(), 2)
    }


@pytest.mark.parametrize(("scale", "width"), [(1, 900), (2, 900), (1, 1280)])
def test_png_has_its_size_curves_on_white_and_its_scale(qapp, tmp_path, scale, width):
    path = tmp_path / "p.png"
    write_png(recording(), path, scale=scale, width=width)
    image = QImage(str(path))
    assert image.width() == width * scale
    assert image.pixelColor(1, 1).name() == "#ffffff"
    assert {RSS_BLUE, "#b87700", "#009e73"} <= colors_of(image)
    assert image.dotsPerMeterX() == 3780 * scale


def test_png_of_a_part_differs_from_the_whole(qapp, tmp_path):
    whole, part = tmp_path / "a.png", tmp_path / "b.png"
    write_png(recording(), whole)
    write_png(recording(), part, view=(300.0, 400.0), title="Part")
    assert whole.read_bytes() != part.read_bytes()


def test_png_of_an_empty_recording_is_a_picture_too(qapp, tmp_path):
    write_png(recording(series={}, events=(), gaps=()), tmp_path / "p.png")
    assert QImage(str(tmp_path / "p.png")).width() == 1280


def test_svg_is_valid_says_what_it_shows_and_can_be_drawn(qapp, tmp_path):
    path = tmp_path / "p.svg"
    write_svg(recording(), path)
    root = ET.fromstring(path.read_bytes())
    texts = ["".join(node.itertext()) for node in root.iter()]
    assert any("my<b>server · PID 4242" in text for text in texts)
    assert any("rising steadily" in text for text in texts)
    written = {
        (node.text or "").strip() for node in root.iter() if node.tag.endswith("text")
    }
    for expected in ("Memory", "RSS", "330 MiB", "Handles", "ended"):
        assert expected in written
    assert any(text.startswith("limit 400 MiB") for text in written)
    assert any(re.match(r"\d\d:\d\d", text) for text in written)
    assert QSvgRenderer(QByteArray(path.read_bytes())).isValid()


def test_svg_keeps_a_second_apart_after_a_month(qapp, tmp_path):
    start = 30 * 86400.0
    times = start + np.arange(100) / 10
    rss = Series(times, np.linspace(8000 * MIB, 8001 * MIB, 100))
    path = tmp_path / "p.svg"
    write_svg(
        recording(series={"rss_bytes": rss}, events=(), gaps=()),
        path,
        view=(start, start + 10),
    )
    root = ET.fromstring(path.read_bytes())
    curves = [node.get("d", "") for node in root.iter() if node.tag.endswith("path")]
    longest = max(curves, key=len)
    points = {point.strip("ML ") for point in longest.split() if "," in point}
    assert len(points) >= 99


def test_a_picture_that_cannot_be_written_is_told(qapp, tmp_path):
    with pytest.raises(WriteFailed, match="none"):
        write_png(recording(), tmp_path / "none" / "p.png")


DRAW_WITHOUT_SCREEN = """
import sys
from pathlib import Path
from leakgui.export.as_image import write_png
assert not [name for name in sys.modules if name.startswith(("PySide6", "pyqtgraph"))]
from leakgui.model.process import ProcessKey, Target
from leakgui.model.recording import Recording
target = Target(key=ProcessKey(1, 1), name="x", command="x", user="u", started_unix_s=0)
write_png(Recording(target=target, started_unix_s=0.0, series={}), Path(sys.argv[1]))
"""


@pytest.mark.parametrize("display", ["", ":999"])
def test_drawing_needs_no_screen_and_loads_qt_late(tmp_path, monkeypatch, display):
    for key in ("QT_QPA_PLATFORM", "WAYLAND_DISPLAY", "DISPLAY"):
        monkeypatch.delenv(key, raising=False)
    if display:
        monkeypatch.setenv("DISPLAY", display)
    path = tmp_path / "p.png"
    done = subprocess.run(
        [sys.executable, "-c", DRAW_WITHOUT_SCREEN, str(path)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert path.stat().st_size > 1000


# --- the report --------------------------------------------------------------


def finding(**more: object) -> Finding:
    values: dict[str, object] = {
        "rule": "floor-rises",
        "verdict": Verdict.GROWING,
        "defect_class": DefectClass.HANDLE,
        "metric": "handles",
        "subject": f"open files: /home/alice/{HOSTILE}",
        "summary": "Keeps growing: 6 files a minute, all /home/alice/a b.log.",
        "confidence": Confidence.HIGH,
        "severity": Severity.HIGH,
        "evidence": ("60 more in 10 min",),
        "against": (HOSTILE,),
        "next_steps": ("Look for a missing close().",),
        "would_change": ("A fall of the count.",),
        "explanation": "A handle is a number.",
        "rate_per_s": 0.1,
        "rate_low_per_s": 0.09,
        "rate_high_per_s": 0.11,
        "limit": LimitUse(name="open handles", value=1024, used=80),
        "eta_s": 9440.0,
        "eta_low_s": 9000.0,
        "eta_high_s": 9900.0,
    }
    return Finding(**(values | more))


JUDGEMENT = Judgement(
    target=TARGET,
    verdict=Verdict.GROWING,
    series={},
    findings=(finding(), finding(rule="second", subject="threads")),
)
HEADINGS = [
    SnapshotHeading(
        number=1,
        name=f"first {HOSTILE}",
        elapsed_s=120.0,
        taken_unix_s=TARGET.started_unix_s,
        rss_bytes=300 * MIB,
        handles=20.0,
        threads=None,
    )
]


def difference(rows: int = 1) -> Difference:
    keys = ["/home/alice/a b.log", *(f"/x/{HOSTILE}{n}" for n in range(rows - 1))]
    ones, unknown = np.ones(rows, dtype=np.int64), np.full(rows, np.nan)
    handles = Changes(
        key=TextColumn.of(keys),
        kind=TextColumn.of(["file"] * rows),
        detail=TextColumn.of([""] * rows),
        before=ones.copy(),
        after=ones * 51,
        delta=ones * 50,
        before_bytes=unknown.copy(),
        after_bytes=unknown.copy(),
        delta_bytes=unknown.copy(),
    )
    return Difference(
        from_number=1,
        to_number=2,
        from_elapsed_s=0.0,
        to_elapsed_s=60.0,
        steps=5,
        counters={},
        mappings=None,
        handles=handles,
        threads=None,
        gaps=(Gap(where="mappings", reason=GapReason.DENIED, detail="not allowed"),),
    )


class Reader(HTMLParser):
    """What a browser would load, run and show."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.loads: list[str] = []
        self.policy = ""
        self.text = ""
        self._open: list[str] = []

    def handle_starttag(self, tag, attrs):
        values = dict(attrs)
        self.tags.append(tag)
        if tag not in {"meta", "img", "br"}:
            self._open.append(tag)
        self.loads += [v for k, v in attrs if k in {"src", "href", "srcset", "data"}]
        if values.get("http-equiv") == "Content-Security-Policy":
            self.policy = values["content"]
        assert not [key for key in values if key.startswith("on")]

    def handle_endtag(self, tag):
        assert self._open.pop() == tag

    def handle_data(self, data):
        if self._open and self._open[-1] != "style":
            self.text += data + "\n"


def read_report(tmp_path, *, mask=False, headings=HEADINGS, changes=None, **more):
    path = tmp_path / "r.html"
    write_html(recording(**more), JUDGEMENT, headings, changes, path, mask=mask)
    source = path.read_text(encoding="utf-8")
    reader = Reader()
    reader.feed(source)
    reader.close()
    return source, reader


def test_the_report_has_every_part(qapp, tmp_path):
    _, reader = read_report(tmp_path, changes=difference(30))
    for expected in (
        "my<b>server · PID 4242",
        "Keeps growing",
        "confidence: high",
        "60 more in 10 min",
        "Look for a missing close().",
        "A fall of the count.",
        "A handle is a number.",
        "Rate: +6/min (between +5.4/min and +6.6/min)",
        "Limit: open handles, 80 of 1,024 used",
        "rising steadily",
        "5 steps were marked.",
        "5 more rows",
        "mappings: denied not allowed",
        "400 MiB",
        "7.8 %",
        "/opt/my/server --port 80",
        "needs permission",
        "6,000, usually 100 ms apart",
        "Share of one core that recording took\nn/a",
    ):
        assert expected in reader.text, expected


def test_it_loads_nothing_and_runs_nothing(qapp, tmp_path):
    source, reader = read_report(tmp_path, changes=difference(3))
    assert reader.policy == CONTENT_POLICY
    assert "default-src 'none'" in CONTENT_POLICY
    assert reader.loads
    assert all(load.startswith("data:image/svg+xml;base64,") for load in reader.loads)
    assert not {"script", "link", "iframe", "object", "b"} & set(reader.tags)
    style = source.split("<style>")[1].split("</style>")[0]
    assert "url(" not in style
    assert "@import" not in style
    assert "prefers-color-scheme: dark" in style
    assert "@media print" in style


def test_texts_of_strangers_stay_text(qapp, tmp_path):
    source, reader = read_report(tmp_path, changes=difference(3))
    assert "<script" not in source
    assert HOSTILE in reader.text


def test_masking_leaves_every_number_and_no_name(qapp, tmp_path):
    plain, _ = read_report(tmp_path, changes=difference())
    masked, reader = read_report(tmp_path, changes=difference(), mask=True)
    for private in ("alice", "a b.log", "--port 80", "/opt/my"):
        assert private in plain
        assert private not in masked
    assert "60 more in 10 min" in reader.text
    assert "are masked" in reader.text


def test_parts_without_content_are_left_out(qapp, tmp_path):
    _, reader = read_report(
        tmp_path,
        headings=[],
        series={"rss_bytes": line(100, MIB, MIB)},
        events=(),
        gaps=(),
    )
    for heading in ("Snapshots", "Limits", "Difference", "Gaps"):
        assert f"{heading}\n" not in reader.text


def test_a_failed_report_leaves_the_old_one(qapp, tmp_path, monkeypatch):
    path = tmp_path / "r.html"
    path.write_text("old")

    def refuse(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("leakgui.export.writing.os.fsync", refuse)
    with pytest.raises(WriteFailed, match="No space left"):
        write_html(recording(), JUDGEMENT, (), None, path)
    assert path.read_text() == "old"
