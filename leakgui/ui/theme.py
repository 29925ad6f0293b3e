"""Light or dark, by the setting or by what the system says."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QColor, QGuiApplication, QPalette
from PySide6.QtWidgets import QApplication

from leakgui.settings import Settings

# Growth is orange and shrinking blue, never red and green; both are told apart
# by their sign as well. Contrast is at least 4.5:1 on the ground of a table.
_GROWN = (QColor("#9a4a00"), QColor("#ffb35c"))
_SHRUNK = (QColor("#00588f"), QColor("#7cc4f5"))
_BOX_ON_DARK = QColor("#4a525c")
_RIM_ON_DARK = QColor("#b0b8c2")
_MUTED = (QColor("#5c5c5c"), QColor("#a8a8a8"))


class Theme(QObject):
    """Applies the palette to the whole application and follows the system."""

    changed = Signal(bool)

    def __init__(self, settings: Settings, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._settings = settings
        self.is_dark = False
        QGuiApplication.styleHints().colorSchemeChanged.connect(self.apply)

    def apply(self, *_: object) -> None:
        """Set the palette the settings ask for, and tell everybody."""
        # Imported late: the process list is painted before anything else is loaded.
        from leakgui.charts.window_palette import is_dark, window_palette

        scheme = QGuiApplication.styleHints().colorScheme()
        self.is_dark = is_dark(str(self._settings.get("theme")), scheme)
        application = QApplication.instance()
        if isinstance(application, QApplication):
            palette = window_palette(self.is_dark)
            application.setPalette(palette)
            boxes, trees = QPalette(palette), QPalette(palette)
            if self.is_dark:
                # Fusion draws an empty box in Base with a rim darker than Window:
                # on a dark ground both vanish.
                boxes.setColor(QPalette.ColorRole.Base, _BOX_ON_DARK)
                trees.setColor(QPalette.ColorRole.Window, _RIM_ON_DARK)
            # The stub asks for bytes; PySide6 6.11 takes only str.
            application.setPalette(boxes, "QCheckBox")  # type: ignore[arg-type]
            application.setPalette(boxes, "QRadioButton")  # type: ignore[arg-type]
            application.setPalette(trees, "QTreeWidget")  # type: ignore[arg-type]
        self.changed.emit(self.is_dark)

    def change_colour(self, value: float) -> QColor | None:
        """Return the colour of a change, or None for no change."""
        if value > 0:
            return _GROWN[self.is_dark]
        return _SHRUNK[self.is_dark] if value < 0 else None

    @property
    def muted(self) -> QColor:
        """The colour of less important text."""
        return _MUTED[self.is_dark]
