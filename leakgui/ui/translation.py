"""The window in the language of the settings, from Qt's own catalogues."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QTranslator
from PySide6.QtWidgets import QApplication

import leakgui

_CATALOGUES = Path(leakgui.__file__).parent / "resources" / "locale"


def install_translation(application: QApplication, language: str) -> bool:
    """Load ``window_LANGUAGE.qm`` where there is one; English needs none."""
    translator = QTranslator(application)
    if not translator.load(str(_CATALOGUES / f"window_{language}.qm")):
        return False
    return application.installTranslator(translator)
