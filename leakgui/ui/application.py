"""Start Qt, catch what nobody caught, run."""

from __future__ import annotations

import faulthandler
import logging
import signal
import sys
import threading
from types import TracebackType

from PySide6.QtCore import QObject, QSize, QTimer, Signal
from PySide6.QtWidgets import QApplication, QMessageBox

from leakgui import __version__
from leakgui.logs import last_log_lines
from leakgui.model.opening import Opening
from leakgui.settings import Settings
from leakgui.texts import use_language
from leakgui.ui.main_window import MainWindow
from leakgui.ui.theme import Theme
from leakgui.ui.translation import install_translation

logger = logging.getLogger(__name__)

# Python sees a signal only between two of its own instructions; Qt's loop gives it
# none while the window idles.
WAKE_MS = 500
# What a window manager puts around a window; it is not known before it is shown.
FRAME = QSize(4, 40)


class BugReporter(QObject):
    """An error that nobody expected: logged, shown once, and the recording goes on."""

    _caught = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self._is_shown = False
        self._caught.connect(self._show)

    def install(self) -> None:
        """Take over the hooks of this process and of its threads."""
        sys.excepthook = self._take
        threading.excepthook = lambda args: self._take(
            args.exc_type, args.exc_value or args.exc_type(), args.exc_traceback
        )

    def _take(
        self,
        kind: type[BaseException],
        error: BaseException,
        trace: TracebackType | None,
    ) -> None:
        logger.error("a bug in leakgui", exc_info=(kind, error, trace))
        self._caught.emit(f"{kind.__name__}: {error}")

    def _show(self, text: str) -> None:
        if self._is_shown:
            return
        self._is_shown = True
        box = QMessageBox(QMessageBox.Icon.Warning, "leakgui", "")
        box.setText(self.tr("This is a bug in leakgui. The recording goes on."))
        box.setInformativeText(text)
        details = "\n".join([f"leakgui {__version__}", *last_log_lines()])
        box.setDetailedText(details)
        box.open()
        self._box = box


def make_application() -> QApplication:
    """Return the one application object, with its name and style set."""
    application = QApplication.instance() or QApplication(["leakgui"])
    assert isinstance(application, QApplication)  # noqa: S101  # never a bare core one
    application.setApplicationName("leakgui")
    application.setOrganizationName("leakgui")
    application.setApplicationVersion(__version__)
    application.setStyle("Fusion")
    return application


def make_window(settings: Settings) -> MainWindow:
    """Return the window, themed and not yet shown."""
    theme = Theme(settings)
    theme.apply()
    window = MainWindow(settings, theme)
    theme.setParent(window)
    _fit_to_screen(window)
    return window


def _fit_to_screen(window: MainWindow) -> None:
    """Leave room for the frame: what is beyond the screen cannot be clicked."""
    room = window.screen().availableGeometry().size() - FRAME
    window.resize(window.size().boundedTo(room))


def run_application(opening: Opening) -> int:
    """Show the window and return the exit code."""
    faulthandler.enable()
    application = make_application()
    settings = Settings.load()
    language = str(settings.get("language"))
    use_language(language)
    install_translation(application, language)
    reporter = BugReporter()
    reporter.install()
    window = make_window(settings)
    window.show()
    QTimer.singleShot(0, lambda: window.open(opening))
    signal.signal(signal.SIGINT, lambda *_: window.close())
    signal.signal(signal.SIGTERM, lambda *_: window.close())
    wake = QTimer()
    wake.setObjectName("let Python see signals")
    wake.timeout.connect(lambda: None)
    wake.start(WAKE_MS)
    return application.exec()
