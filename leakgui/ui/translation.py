"""The window in the language of the settings, from Qt's own catalogues."""

from __future__ import annotations

from PySide6.QtCore import QTranslator
from PySide6.QtWidgets import QApplication

from leakgui.texts import RESOURCES


def install_translation(application: QApplication, language: str) -> bool:
    """Load ``window_LANGUAGE.qm`` where there is one; English needs none."""
    translator = QTranslator(application)
    if not translator.load(str(RESOURCES / "locale" / f"window_{language}.qm")):
        return False
    return application.installTranslator(translator)
