"""One sentence, always: what the program does, and why we think so."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QWidget

from leakgui.model.finding import Finding, Judgement, Verdict
from leakgui.ui.theme import Theme
from leakgui.ui.words import confidence_word, verdict_word

_SIGNS = {
    Verdict.LEAK: "▲",
    Verdict.OVERFLOW: "■",
    Verdict.GROWING: "▲",
    Verdict.HEALTHY: "✓",
    Verdict.UNDECIDED: "…",
}
# Ground and ink of the word; shape and word say the same as the colour.
_COLOURS = {
    Verdict.LEAK: ("#9a4a00", "#ffffff"),
    Verdict.OVERFLOW: ("#8a1c4a", "#ffffff"),
    Verdict.GROWING: ("#e69f00", "#1a1a1a"),
    Verdict.HEALTHY: ("#00694f", "#ffffff"),
    Verdict.UNDECIDED: ("#5c5c5c", "#ffffff"),
}


class VerdictStrip(QFrame):
    """Sign, word, sentence, confidence, and the way to the evidence."""

    why_asked = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._word = QLabel()
        self._sentence = QLabel()
        self._confidence = QLabel()
        self._why = QPushButton(self.tr("Why?"))
        self._why.setToolTip(self.tr("Show the evidence, and what speaks against it"))
        self._why.clicked.connect(self.why_asked)
        self._sentence.setTextFormat(Qt.TextFormat.PlainText)
        self._sentence.setWordWrap(True)
        self._sentence.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse
        )
        row = QHBoxLayout(self)
        row.setContentsMargins(10, 5, 10, 5)
        row.setSpacing(10)
        row.addWidget(self._word)
        row.addWidget(self._sentence, 1)
        row.addWidget(self._confidence)
        row.addWidget(self._why)
        self.clear()

    def clear(self) -> None:
        """Say that there is nothing to say yet."""
        self._set_word(Verdict.UNDECIDED, self.tr("Still learning"))
        self._sentence.setText(self.tr("The first readings are coming in."))
        self._confidence.clear()
        self._why.setEnabled(False)

    def show_judgement(self, judgement: Judgement) -> None:
        """Show the first finding and how many more there are."""
        finding = judgement.findings[0]
        self._set_word(finding.verdict, verdict_word(finding))
        self._sentence.setText(finding.summary)
        self._confidence.setText(self._confidence_text(finding, judgement))
        self._why.setEnabled(True)
        self.setAccessibleName(f"{verdict_word(finding)}: {finding.summary}")

    def _confidence_text(self, finding: Finding, judgement: Judgement) -> str:
        text = confidence_word(finding)
        more = len(judgement.findings) - 1
        if not more:
            return text
        findings = (
            self.tr("1 more finding")
            if more == 1
            else self.tr("{n} more findings").format(n=more)
        )
        return f"{text} · {findings}"

    def _set_word(self, verdict: Verdict, word: str) -> None:
        ground, ink = _COLOURS[verdict]
        self._word.setText(f"{_SIGNS[verdict]} {word}")
        self._word.setStyleSheet(
            f"background:{ground}; color:{ink}; font-weight:bold; "
            "padding:3px 9px; border-radius:4px;"
        )
