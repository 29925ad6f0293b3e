"""Why something is not there: the words for a gap."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from leakgui.formatting import printable
from leakgui.model.snapshot import Gap, GapReason, Snapshot


def tr(text: str) -> str:
    """Translate a text of this room."""
    return QCoreApplication.translate("Reasons", text)


def reason_word(reason: GapReason) -> str:
    """Return why, in a few words."""
    return {
        GapReason.DENIED: tr("needs permission"),
        GapReason.VANISHED: tr("it ended meanwhile"),
        GapReason.UNSUPPORTED: tr("this system does not tell"),
        GapReason.UNREADABLE: tr("could not be read"),
        GapReason.UNPARSABLE: tr("was not understood"),
    }[reason]


def missing_text(snapshot: Snapshot, where: str) -> str:
    """Return a sentence on why a part of a snapshot is missing."""
    gaps = [gap for gap in snapshot.gaps if where in gap.where]
    if not gaps:
        return tr("n/a: this snapshot does not hold it.")
    return "\n".join(gap_text(gap) for gap in gaps)


def gap_text(gap: Gap) -> str:
    """Return one gap as a sentence."""
    detail = f" ({printable(gap.detail, most=300)})" if gap.detail else ""
    return tr("n/a: {reason}").format(reason=reason_word(gap.reason)) + detail
