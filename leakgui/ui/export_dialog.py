"""Choose what to write and where, see it first, then write it."""

from __future__ import annotations

import logging
import tempfile
from pathlib import Path

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QPixmap
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QMessageBox,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from leakgui.errors import LeakguiError
from leakgui.ui.exporting import FORMATS, ExportChoice, draw_preview, write_files
from leakgui.ui.folders import file_stem
from leakgui.ui.problems import ProblemBanner
from leakgui.ui.workspace import Workspace

logger = logging.getLogger(__name__)

PREVIEW_WIDTH = 520
PREVIEW_DELAY_MS = 150


class ExportDialog(QDialog):
    """Formats on the left, a preview of the picture on the right."""

    def __init__(
        self, workspace: Workspace, view: tuple[float, float], parent: QWidget
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Export"))
        self._workspace = workspace
        self._view = view
        self._recording = workspace.subject.recording() if workspace.subject else None
        self._banner = ProblemBanner()
        self._boxes = {key: QCheckBox(self.tr(text)) for key, text in FORMATS.items()}
        self._part = QComboBox()
        self._scale = QComboBox()
        self._mask = QCheckBox(self.tr("Mask paths, command lines and user names"))
        self._folder = QLineEdit(str(Path.home()))
        self._name = QLineEdit(self._suggested_name())
        self._preview = QLabel()
        self._redraw = QTimer(self)
        self._redraw.setObjectName("export preview")
        self._redraw.setSingleShot(True)
        self._redraw.timeout.connect(self._draw)
        self._arrange()
        self._redraw.start(0)

    def _suggested_name(self) -> str:
        subject = self._workspace.subject
        if subject is None:
            return "leakgui"
        return f"{file_stem(subject.target.name)}-{subject.target.key.pid}"

    def _arrange(self) -> None:
        self._part.addItems(
            [self.tr("What is visible"), self.tr("The whole recording")]
        )
        self._scale.addItems([self.tr("1x (screen)"), self.tr("2x (print)")])
        self._mask.setChecked(bool(self._workspace.settings.get("mask")))
        for box in self._boxes.values():
            box.setChecked(True)
        browse = QPushButton(self.tr("Browse…"))
        browse.clicked.connect(self._browse)
        where = QHBoxLayout()
        where.addWidget(self._folder, 1)
        where.addWidget(browse)
        form = QFormLayout()
        for box in self._boxes.values():
            form.addRow(box)
        form.addRow(self.tr("Part of time"), self._part)
        form.addRow(self.tr("PNG size"), self._scale)
        form.addRow(self._mask)
        form.addRow(self.tr("Folder"), where)
        form.addRow(self.tr("Name"), self._name)
        self._preview.setMinimumSize(PREVIEW_WIDTH, 360)
        self._preview.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._part.currentIndexChanged.connect(self._plan_redraw)
        self._mask.toggled.connect(self._plan_redraw)
        row = QHBoxLayout()
        row.addLayout(form, 1)
        row.addWidget(self._preview)
        column = QVBoxLayout(self)
        column.addWidget(self._banner)
        column.addLayout(row)
        column.addWidget(self._buttons())

    def _buttons(self) -> QDialogButtonBox:
        kinds = QDialogButtonBox.StandardButton
        buttons = QDialogButtonBox(kinds.Save | kinds.Cancel)
        buttons.accepted.connect(self._write)
        buttons.rejected.connect(self.reject)
        return buttons

    # -- what was chosen ----------------------------------------------------------

    def choice(self) -> ExportChoice:
        """Return what the user wants."""
        is_whole = self._part.currentIndex() == 1
        return ExportChoice(
            formats=tuple(key for key, box in self._boxes.items() if box.isChecked()),
            view=None if is_whole else self._view,
            scale=self._scale.currentIndex() + 1,
            mask=self._mask.isChecked(),
            stem=Path(self._folder.text()).expanduser() / self._name.text(),
        )

    def _browse(self) -> None:
        folder = QFileDialog.getExistingDirectory(
            self, self.tr("Folder"), self._folder.text()
        )
        if folder:
            self._folder.setText(folder)

    def _plan_redraw(self, *_: object) -> None:
        self._redraw.start(PREVIEW_DELAY_MS)

    def _draw(self) -> None:
        if self._recording is None:
            return
        with tempfile.TemporaryDirectory(prefix="leakgui-") as folder:
            try:
                path = draw_preview(self._recording, self.choice(), Path(folder))
            except LeakguiError as error:
                self._banner.show_problem(error)
                return
            picture = QPixmap(str(path))
        ratio = self.devicePixelRatioF()
        fitting = picture.scaled(
            self._preview.size() * ratio,
            Qt.AspectRatioMode.KeepAspectRatio,
            Qt.TransformationMode.SmoothTransformation,
        )
        fitting.setDevicePixelRatio(ratio)
        self._preview.setPixmap(fitting)

    def _may_replace(self, choice: ExportChoice) -> bool:
        there = [path.name for path in choice.paths() if path.exists()]
        if not there:
            return True
        answer = QMessageBox.question(
            self,
            self.tr("Export"),
            self.tr("Replace what is there?\n{names}").format(names="\n".join(there)),
        )
        return answer == QMessageBox.StandardButton.Yes

    def _write(self) -> None:
        if not self._may_replace(self.choice()):
            return
        try:
            written = write_files(self._workspace, self.choice())
        except LeakguiError as error:
            self._banner.show_problem(error)
            return
        logger.info("exported %d files", len(written))
        names = ", ".join(path.name for path in written)
        folder = self._folder.text()
        self._workspace.said.emit(
            self.tr("Written to {folder}: {names}").format(folder=folder, names=names)
        )
        self.accept()
