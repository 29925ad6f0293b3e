"""How far a heap snapshot is, in the status bar, and a way to give it up."""

from __future__ import annotations

from PySide6.QtWidgets import QHBoxLayout, QLabel, QProgressBar, QPushButton, QWidget

from leakgui.recording.heap_taking import HeapStage
from leakgui.ui.heap_work import HeapWork

# A progress bar counts in 32 bits; bytes of a copy do not fit.
STEPS = 1000


class HeapProgress(QWidget):
    """Shown while a heap is copied and interpreted, and hidden else."""

    def __init__(self, heap: HeapWork, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.text = QLabel()
        self.bar = QProgressBar()
        self.bar.setMaximumWidth(160)
        self.bar.setTextVisible(False)
        self.cancel = QPushButton(self.tr("Cancel"))
        self.cancel.setToolTip(self.tr("Give the heap up; the process runs on"))
        self.cancel.clicked.connect(heap.cancel)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        for widget in (self.text, self.bar, self.cancel):
            row.addWidget(widget)
        heap.staged.connect(self.show_stage)
        self.hide()

    def show_stage(self, stage: HeapStage | None) -> None:
        """Show how far it is; an unknown total moves to and fro."""
        self.setVisible(stage is not None)
        if stage is None:
            return
        self.text.setText(stage.text)
        self.bar.setAccessibleName(stage.text)
        if stage.total <= 0:
            self.bar.setRange(0, 0)
            return
        self.bar.setRange(0, STEPS)
        self.bar.setValue(min(STEPS * stage.done // stage.total, STEPS))
