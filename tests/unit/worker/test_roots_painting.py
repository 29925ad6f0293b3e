"""Ranges painted over one another."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from leakgui.worker.roots.painting import NOTHING, Painting

LAYERS = st.lists(
    st.tuples(
        st.integers(0, 60), st.integers(0, 60), st.sampled_from([NOTHING, 1, 2, 3])
    )
)


@given(layers=LAYERS)
def test_the_last_layer_is_seen(layers: list[tuple[int, int, int]]) -> None:
    painting, canvas = Painting(), [NOTHING] * 60
    for start, end, label in layers:
        painting.paint(start, end, label)
        if start < end:
            canvas[start:end] = [label] * (end - start)
    seen = [NOTHING] * 60
    last = 0
    for start, end, label in zip(*painting.finish(), strict=True):
        assert last <= start < end
        last = end
        seen[int(start) : int(end)] = [int(label)] * int(end - start)
    assert seen == canvas
