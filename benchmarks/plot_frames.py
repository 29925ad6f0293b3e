"""Measure what one frame of six plots costs, beside pyqtgraph's own thinning.

Six plots of three series each hold a day at ten readings a second: 864,000 points a
series. Two seconds of readings come in before each frame, so that every frame has to
draw at every span; in the window most frames of a long span draw nothing. Run it with

    QT_QPA_PLATFORM=offscreen python benchmarks/plot_frames.py
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from statistics import median

import numpy as np
from PySide6.QtWidgets import QApplication

from leakgui.analysis.envelope import Envelope
from leakgui.charts.plot_stack import PlotStack
from leakgui.charts.rows import Row
from leakgui.model.metric import Unit
from leakgui.model.recording import Event, Series, TimeGap

POINTS = 864_000
RATE_HZ = 10
NEW_READINGS = 20
FRAMES = 40
WIDTH, HEIGHT = 1600, 1000
SPANS = (("24 h", None), ("1 h", 3600.0), ("5 min", 300.0))
MIB = 2.0**20
KEYS = (
    ("rss_bytes", "uss_bytes", "pss_bytes"),
    ("anon_bytes", "file_bytes", "shmem_bytes"),
    ("vms_bytes", "data_bytes", "heap_bytes"),
    ("handles", "handles_file", "handles_socket"),
    ("handles_pipe", "handles_eventfd", "handles_epoll"),
    ("threads", "mappings", "handles_other"),
)
ROWS = tuple(
    Row(
        key=f"row {number}",
        title=f"Plot {number}",
        unit=unit,
        main=keys[0],
        listed=keys[1:],
    )
    for number, (keys, unit) in enumerate(
        zip(KEYS, (Unit.BYTES,) * 3 + (Unit.COUNT,) * 3, strict=True)
    )
)


class GrowingSource:
    """Eighteen noisy series that grow while they are drawn."""

    started_unix_s = 1_790_000_000.0
    events: Sequence[Event] = ()
    gaps: Sequence[TimeGap] = ()

    def __init__(self) -> None:
        self._noise = np.random.default_rng(7)
        self.times = np.arange(POINTS) / RATE_HZ
        self.values = {
            key: self._values(number, unit)
            for unit, row in zip((MIB,) * 3 + (1.0,) * 3, KEYS, strict=True)
            for number, key in enumerate(row)
        }
        self._envelopes = {
            key: Envelope.of(Series(self.times.copy(), values.copy()))
            for key, values in self.values.items()
        }
        self.elapsed_s = float(self.times[-1])

    def _values(self, number: int, unit: float) -> np.ndarray:
        drift = np.linspace(100, 160, POINTS) + 60 * number
        return (drift + self._noise.normal(0, 3, POINTS)) * unit

    def keys(self) -> Sequence[str]:
        return tuple(self._envelopes)

    def envelope(self, key: str) -> Envelope | None:
        return self._envelopes.get(key)

    def append(self, readings: int) -> None:
        for _ in range(readings):
            self.elapsed_s = round(self.elapsed_s + 1 / RATE_HZ, 3)
            for key, envelope in self._envelopes.items():
                envelope.append(self.elapsed_s, float(self.values[key][-1]))


def frame_costs(
    append: Callable[[], None], draw: Callable[[int], None], app: QApplication
) -> tuple[float, float]:
    """Return the median and the greatest CPU time of a frame in milliseconds."""
    costs = []
    for frame in range(FRAMES):
        append()
        before = time.process_time()
        draw(frame)
        app.processEvents()
        costs.append((time.process_time() - before) * 1000)
    return median(costs[2:]), max(costs[2:])


def measure_stack(app: QApplication) -> dict[str, tuple[float, float]]:
    """Draw with leakgui's own plots."""
    source = GrowingSource()
    stack = PlotStack(rows=ROWS)
    stack.resize(WIDTH, HEIGHT)
    stack.show()
    stack.set_source(source)
    results = {}
    for name, span_s in SPANS:
        stack.set_span(span_s)

        results[name] = frame_costs(
            lambda: source.append(NEW_READINGS), lambda _: stack.refresh(), app
        )
    stack.close()
    return results


def measure_pyqtgraph(app: QApplication) -> dict[str, tuple[float, float]]:
    """Draw with PlotDataItem, setDownsampling(auto, peak) and clipToView."""
    import pyqtgraph as pg

    source = GrowingSource()
    window = pg.GraphicsLayoutWidget(size=(WIDTH, HEIGHT), show=True)
    curves = []
    for number, keys in enumerate(KEYS):
        plot = window.addPlot(row=number, col=0)
        plot.setDownsampling(auto=True, mode="peak")
        plot.setClipToView(True)
        plot.enableAutoRange(x=False)
        curves += [
            (plot, key, plot.plot(pen=pg.intColor(n))) for n, key in enumerate(keys)
        ]
    times = np.append(source.times, source.times[-1] + np.arange(1, 1000) / RATE_HZ)
    values = {
        key: np.append(v, np.full(999, v[-1])) for key, v in source.values.items()
    }
    results = {}
    for name, span_s in SPANS:

        def draw(frame: int, span_s: float | None = span_s) -> None:
            end = POINTS + frame * NEW_READINGS
            for plot, key, curve in curves:
                curve.setData(times[:end], values[key][:end])
                start = 0.0 if span_s is None else times[end - 1] - span_s
                plot.setXRange(start, times[end - 1], padding=0)

        results[name] = frame_costs(lambda: None, draw, app)
    window.close()
    return results


def main() -> None:
    app = QApplication([])
    theirs, ours = measure_pyqtgraph(app), measure_stack(app)
    print(f"CPU ms a frame, 6 plots x 3 series x {POINTS:,} points, {WIDTH}x{HEIGHT}")
    for name, _ in SPANS:
        ratio = theirs[name][0] / ours[name][0]
        print(
            f"{name:>6}: leakgui {ours[name][0]:6.1f} (most {ours[name][1]:6.1f})   "
            f"pyqtgraph {theirs[name][0]:6.1f} (most {theirs[name][1]:6.1f})   "
            f"ratio {ratio:4.1f}"
        )


if __name__ == "__main__":
    main()
