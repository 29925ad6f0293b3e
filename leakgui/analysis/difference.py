"""What appeared, went and grew between two snapshots."""

from __future__ import annotations

from leakgui.model.difference import Difference
from leakgui.model.snapshot import Snapshot


def compare(before: Snapshot, after: Snapshot, steps: int = 0) -> Difference:
    """Return the later snapshot minus the earlier one, in groups.

    Mappings are grouped by what backs them, handles by kind and target, threads
    by name. Every group that is in one of the snapshots is a row, unchanged ones
    too; rows are ordered by growth. A section that one snapshot lacks is None,
    with a gap that says why.
    """
    raise NotImplementedError
