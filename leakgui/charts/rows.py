"""Which metrics share a plot, which are shown at once and which when asked for."""

from __future__ import annotations

from dataclasses import dataclass

from leakgui.model.metric import HANDLE_KINDS, METRIC_BY_KEY, Metric, Unit


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One plot of the stack; all its metrics have one unit."""

    key: str
    title: str
    unit: Unit
    main: str
    """The metric that stands for the row: always listed, described in words."""
    listed: tuple[str, ...] = ()
    """Shown as soon as they were ever above zero."""
    optional: tuple[str, ...] = ()
    """Shown when the user asks: they would flatten the others."""
    weight: int = 2
    """Its share of the height."""
    is_open: bool = True

    @property
    def metrics(self) -> tuple[str, ...]:
        return (self.main, *self.listed, *self.optional)


ROWS: tuple[Row, ...] = (
    Row(
        key="memory",
        title="Memory",
        unit=Unit.BYTES,
        main="rss_bytes",
        listed=("pss_bytes", "uss_bytes", "anon_bytes", "swap_bytes"),
        optional=("file_bytes", "shmem_bytes", "heap_bytes", "data_bytes", "vms_bytes"),
        weight=3,
    ),
    Row(
        key="handles",
        title="Handles",
        unit=Unit.COUNT,
        main="handles",
        listed=tuple(f"handles_{kind}" for kind in HANDLE_KINDS),
        optional=("sockets_close_wait", "sockets_established"),
    ),
    Row(key="threads", title="Threads", unit=Unit.COUNT, main="threads"),
    # Threads are counted in tens, mappings in thousands: each has its own scale.
    Row(
        key="mappings",
        title="Mappings",
        unit=Unit.COUNT,
        main="mappings",
        is_open=False,
    ),
    Row(
        key="stack",
        title="Main stack",
        unit=Unit.BYTES,
        main="stack_bytes",
        is_open=False,
    ),
)


def metric_of(key: str) -> Metric:
    """Return the row of the table of metrics."""
    return METRIC_BY_KEY[key]
