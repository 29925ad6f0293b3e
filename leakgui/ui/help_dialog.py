"""The words leakgui uses, the keys, and what each level of attach does."""

from __future__ import annotations

from PySide6.QtWidgets import QDialog, QMessageBox, QTextBrowser, QVBoxLayout, QWidget

import leakgui
from leakgui.texts import RESOURCES
from leakgui.ui.actions import ACTIONS, tr


class HelpDialog(QDialog):
    """The glossary of the project with the table of keys below it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Words and keys"))
        self.resize(760, 600)
        text = QTextBrowser()
        text.setOpenLinks(False)
        text.setMarkdown(f"{read_glossary()}\n\n{self._keys()}")
        column = QVBoxLayout(self)
        column.addWidget(text)

    def _keys(self) -> str:
        lines = [f"## {self.tr('Keys')}", "", "| | |", "|---|---|"]
        lines += [
            f"| {tr(row.text)} | `{row.shortcut}` |" for row in ACTIONS if row.shortcut
        ]
        return "\n".join(lines)


def read_glossary() -> str:
    """Return the words of the field as Markdown."""
    return (RESOURCES / "glossary.md").read_text(encoding="utf-8")


def show_about(parent: QWidget) -> None:
    """Say which version this is, and what it promises."""
    QMessageBox.about(
        parent,
        "leakgui",
        tr(
            "leakgui {version}\n\nDoes a running program leak, what leaks, where, and "
            "what now?\n\nIt uses no network and sends nothing anywhere."
        ).format(version=leakgui.__version__),
    )
