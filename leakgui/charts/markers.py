"""What happened during a recording, as flags on the time axis that do not collide."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from leakgui.charts.ticks import clock
from leakgui.formatting import printable
from leakgui.model.recording import Event, EventKind
from leakgui.texts import say

_LONGEST_NOTE = 24
_LONGEST_TIP = 200
_GAP_PIXELS = 3.0


@dataclass(frozen=True, slots=True)
class Marker:
    """One vertical line with a small label."""

    kind: EventKind
    elapsed_s: float
    label: str
    tip: str


def markers_of(events: Iterable[Event], started_unix_s: float) -> list[Marker]:
    """Return markers for the events that a plot shows, oldest first."""
    return [
        Marker(event.kind, event.elapsed_s, _label(event), _tip(event, started_unix_s))
        for event in events
        if event.kind in _LABELS
    ]


_LABELS = {
    EventKind.SNAPSHOT: "{number}",
    EventKind.STEP: "step {number}",
    EventKind.NOTE: "{text}",
    EventKind.TARGET_ENDED: "ended",
}
_RANKS = (
    EventKind.TARGET_ENDED,
    EventKind.SNAPSHOT,
    EventKind.STEP,
    EventKind.NOTE,
)
_TIPS = {
    EventKind.SNAPSHOT: "Snapshot {number} at {time}: {text}",
    EventKind.STEP: "Step {number} at {time}: {text}",
    EventKind.NOTE: "Note at {time}: {text}",
    EventKind.TARGET_ENDED: "The program ended at {time}. {text}",
}


def _label(event: Event) -> str:
    text = printable(event.text)
    if len(text) > _LONGEST_NOTE:
        text = f"{text[: _LONGEST_NOTE - 1].rstrip()}…"
    return say(_LABELS[event.kind], number=event.number or "", text=text).strip()


def _tip(event: Event, started_unix_s: float) -> str:
    return (
        say(
            _TIPS[event.kind],
            number=event.number or "",
            time=clock(started_unix_s + event.elapsed_s),
            text=printable(event.text, most=_LONGEST_TIP),
        )
        .rstrip()
        .removesuffix(":")
    )


def visible_markers(
    markers: Sequence[Marker], from_s: float, to_s: float, pixels: float
) -> list[Marker]:
    """Return the markers of a span, one a pixel column; ends come before others."""
    columns: dict[int, Marker] = {}
    for marker in markers:
        if not from_s <= marker.elapsed_s <= to_s:
            continue
        column = int((marker.elapsed_s - from_s) / (to_s - from_s) * pixels)
        known = columns.get(column)
        if known is None or marker.kind is EventKind.TARGET_ENDED:
            columns[column] = marker
    return [columns[column] for column in sorted(columns)]


def place_labels(
    markers: Sequence[Marker],
    positions: Sequence[float],
    widths: Sequence[float],
    right_end: float,
) -> list[float | None]:
    """Return the left edge of each label, None for one that would overlap another.

    The target's end gets its place first, then snapshots, steps and notes. A label
    stands right of its line, or left of it where the frame ends.
    """
    order = sorted(
        range(len(markers)), key=lambda n: (_RANKS.index(markers[n].kind), positions[n])
    )
    lefts: list[float | None] = [None] * len(markers)
    taken: list[tuple[float, float]] = []
    for number in order:
        width = widths[number]
        left = positions[number]
        left = left if left + width <= right_end else left - width
        if all(left >= end or left + width <= start for start, end in taken):
            lefts[number] = left
            taken.append((left - _GAP_PIXELS, left + width + _GAP_PIXELS))
    return lefts
