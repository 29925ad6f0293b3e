"""Which part of time is shown, and when it moves.

The right edge runs ahead of the newest reading by up to a step, so that the view
stands still in between: moving it with every reading would redraw every axis.
"""

from __future__ import annotations

import math

LEAST_SPAN_S = 1.0
_FIRST_SPAN_S = 10.0
_STEP_SHARE = 0.05


class TimeWindow:
    """A span of elapsed seconds that follows the newest reading until told not to."""

    def __init__(self) -> None:
        self.from_s = 0.0
        self.to_s = _FIRST_SPAN_S
        self.span_s: float | None = None
        """How much is shown while following; None is everything."""
        self.is_following = True
        self.runs_ahead = True
        """Leave room for readings to come; a finished recording has none."""
        self._newest_s = 0.0

    @property
    def shown_s(self) -> float:
        return self.to_s - self.from_s

    def follow(self, newest_s: float) -> bool:
        """Take note of the newest reading; return whether the window moved."""
        self._newest_s = newest_s
        if not self.is_following:
            return False
        return self._move(*self._wanted(newest_s))

    def _wanted(self, newest_s: float) -> tuple[float, float]:
        if not self.runs_ahead:
            end = max(newest_s, LEAST_SPAN_S)
        elif self.span_s is None or newest_s < self.span_s:
            end = self._roomy_end(newest_s)
        else:
            step = self.span_s * _STEP_SHARE
            end = math.ceil(newest_s / step + 1e-9) * step
        return (0.0 if self.span_s is None else max(0.0, end - self.span_s)), end

    def _roomy_end(self, newest_s: float) -> float:
        """Return an end that leaves at most an eighth of the window empty."""
        if newest_s < _FIRST_SPAN_S:
            return _FIRST_SPAN_S
        step = 2.0 ** math.floor(math.log2(newest_s)) / 8
        end = math.ceil(newest_s / step + 1e-9) * step
        return end if self.span_s is None else min(end, self.span_s)

    def _move(self, from_s: float, to_s: float) -> bool:
        has_moved = (from_s, to_s) != (self.from_s, self.to_s)
        self.from_s, self.to_s = from_s, to_s
        return has_moved

    def back_to_live(self) -> None:
        """Follow again."""
        self.is_following = True
        self.follow(self._newest_s)

    def set_span(self, seconds: float | None) -> None:
        """Follow with a window of so many seconds; None shows everything."""
        self.span_s = None if seconds is None else max(seconds, LEAST_SPAN_S)
        self.back_to_live()

    def show(self, from_s: float, to_s: float) -> None:
        """Show this part, as far as there is one, and stop following."""
        self.is_following = False
        end = self._last_s()
        span = min(max(to_s - from_s, LEAST_SPAN_S), end)
        start = min(max((from_s + to_s - span) / 2, 0.0), end - span)
        self._move(start, start + span)

    def _last_s(self) -> float:
        return max(self._newest_s, self.to_s if self.is_following else 0.0, 1.0)

    def zoom(self, factor: float, at_s: float | None = None) -> None:
        """Show ``factor`` times as much around a moment.

        Without a moment a following window keeps following with another span.
        """
        if at_s is None and self.is_following:
            self.set_span(min(self.shown_s * factor, max(self._newest_s, 1.0) * 2))
            return
        at_s = (self.from_s + self.to_s) / 2 if at_s is None else at_s
        self.show(
            at_s - (at_s - self.from_s) * factor, at_s + (self.to_s - at_s) * factor
        )

    def pan(self, share: float) -> None:
        """Move by a share of the span; negative is backwards."""
        by_s = self.shown_s * share
        self.show(self.from_s + by_s, self.to_s + by_s)
