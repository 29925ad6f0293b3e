"""The settings dialog, drawn from the table of settings."""

from __future__ import annotations

from PySide6.QtGui import QPalette
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QDoubleSpinBox,
    QFormLayout,
    QLabel,
    QLineEdit,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from leakgui.errors import LeakguiError
from leakgui.settings import SETTINGS, Setting, Settings, Value
from leakgui.texts import say
from leakgui.ui.keys_editor import KeysEditor
from leakgui.ui.problems import ProblemBanner


class PreferencesDialog(QDialog):
    """One row for each setting, with its meaning below it."""

    def __init__(self, settings: Settings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Settings"))
        self.setMinimumWidth(520)
        self._settings = settings
        self._editors: dict[str, QWidget] = {}
        self._banner = ProblemBanner()
        self._keys = KeysEditor()
        form = QFormLayout()
        for setting in SETTINGS:
            editor = _editor(setting, settings.get(setting.key))
            self._editors[setting.key] = editor
            form.addRow(say(setting.label), editor)
            meaning = QLabel(say(setting.meaning))
            meaning.setWordWrap(True)
            meaning.setForegroundRole(QPalette.ColorRole.PlaceholderText)
            form.addRow("", meaning)
        buttons = QDialogButtonBox(
            QDialogButtonBox.StandardButton.Save
            | QDialogButtonBox.StandardButton.Cancel
        )
        buttons.accepted.connect(self._save)
        buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        column.addWidget(self._banner)
        column.addWidget(self._tabs(form))
        column.addWidget(buttons)

    def _tabs(self, form: QFormLayout) -> QTabWidget:
        page = QWidget()
        page.setLayout(form)
        tabs = QTabWidget()
        tabs.addTab(page, self.tr("General"))
        tabs.addTab(self._keys, self.tr("Keys"))
        return tabs

    def _save(self) -> None:
        if twice := self._keys.duplicates():
            self._banner.show_text(
                self.tr("Given to more than one action: {keys}").format(
                    keys=", ".join(twice)
                ),
                self.tr("Choose another key for one of them."),
            )
            return
        try:
            for setting in SETTINGS:
                value = _value(self._editors[setting.key])
                if value != self._settings.get(setting.key):
                    self._settings.set(setting.key, value)
            self._settings.save()
        except LeakguiError as error:
            self._banner.show_problem(error)
        else:
            self._keys.save()
            self.accept()


def _editor(setting: Setting, value: Value) -> QWidget:
    if isinstance(value, bool):
        box = QCheckBox()
        box.setChecked(value)
        return box
    if setting.choices:
        combo = QComboBox()
        combo.addItems(setting.choices)
        combo.setCurrentText(str(value))
        return combo
    if isinstance(value, float):
        spin = QDoubleSpinBox()
        spin.setDecimals(3)
        spin.setRange(setting.least or 0.0, setting.most or 1e9)
        spin.setValue(value)
        return spin
    return QLineEdit(str(value))


def _value(editor: QWidget) -> Value:
    if isinstance(editor, QCheckBox):
        return editor.isChecked()
    if isinstance(editor, QComboBox):
        return editor.currentText()
    if isinstance(editor, QDoubleSpinBox):
        return round(editor.value(), 6)
    if isinstance(editor, QLineEdit):
        return editor.text()
    message = f"no value in {type(editor).__name__}"
    raise TypeError(message)
