"""The line above a plot: its name, its legend with readings, and what more there is."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from PySide6.QtCore import QEvent, QPoint, QRect, QSize, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QMenu, QSizePolicy, QToolButton, QWidget

from leakgui.charts.legend import LegendEntry
from leakgui.charts.rows import Row, metric_of
from leakgui.texts import say

_SPACE_PX = 6


class Header(QWidget):
    """Folds its plot, hides curves, and wraps where the window is narrow."""

    folded = Signal()
    shown_changed = Signal()
    """A curve was hidden, shown, or added from the menu."""

    def __init__(self, row: Row, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._row = row
        self._is_dark = False
        self._is_picture = False
        self.entries: dict[str, LegendEntry] = {}
        self._title = _tool_button(self, say(row.title))
        self._title.setToolTip(say("Open or close this plot"))
        self._title.clicked.connect(self.folded)
        self._more = _tool_button(self, say("more…"))
        # The style would put an arrow over the text.
        self._more.setStyleSheet("QToolButton::menu-indicator { image: none; }")
        self._more.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self._menu = QMenu(self._more)
        self._more.setMenu(self._menu)
        self._more.hide()
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.set_open(is_open=True)

    def hide_controls(self) -> None:
        """Leave only what can be read, for a picture."""
        self._is_picture = True
        self._title.setArrowType(Qt.ArrowType.NoArrow)
        self._more.hide()
        self._arrange()

    def set_open(self, *, is_open: bool) -> None:
        """Turn the arrow and say so to a screen reader."""
        arrow = Qt.ArrowType.DownArrow if is_open else Qt.ArrowType.RightArrow
        if not self._is_picture:
            self._title.setArrowType(arrow)
        state = say("open") if is_open else say("closed")
        self._title.setAccessibleName(f"{say(self._row.title)}: {state}")

    def set_dark(self, dark: bool) -> None:
        self._is_dark = dark
        for entry in self.entries.values():
            entry.set_dark(dark)

    def list_metrics(self, keys: Sequence[str]) -> None:
        """Give each of these metrics a place in the legend, in this order."""
        if list(self.entries) == list(keys):
            return
        for key in [key for key in self.entries if key not in keys]:
            self.entries.pop(key).deleteLater()
        self.entries = {
            key: self.entries.get(key) or self._new_entry(key) for key in keys
        }
        self._arrange()

    def _new_entry(self, key: str) -> LegendEntry:
        entry = LegendEntry(metric_of(key), self)
        entry.set_dark(self._is_dark)
        entry.toggled.connect(self.shown_changed)
        entry.show()
        return entry

    def offer_metrics(self, keys: Iterable[str]) -> None:
        """List in the menu what can be shown besides; nothing hides the menu."""
        offered = list(keys)
        if [action.data() for action in self._menu.actions()] == offered:
            return
        chosen = set(self.chosen_metrics())
        self._menu.clear()
        for key in offered:
            action = self._menu.addAction(say(metric_of(key).label))
            action.setToolTip(say(metric_of(key).meaning))
            action.setData(key)
            action.setCheckable(True)
            action.setChecked(key in chosen)
            action.toggled.connect(self.shown_changed)
        self._more.setVisible(bool(offered) and not self._is_picture)
        self._arrange()

    def chosen_metrics(self) -> tuple[str, ...]:
        """Return what the user chose from the menu."""
        return tuple(
            str(action.data()) for action in self._menu.actions() if action.isChecked()
        )

    def shown_metrics(self) -> tuple[str, ...]:
        """Return the listed metrics whose curves are not hidden."""
        return tuple(key for key, entry in self.entries.items() if entry.isChecked())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self._arrange()

    def _arrange(self) -> None:
        """Place everything from left to right, in as many lines as it takes."""
        parts: list[QWidget] = [self._title, *self.entries.values()]
        if not self._more.isHidden():
            parts.append(self._more)
        line_height = max(part.sizeHint().height() for part in parts)
        indent = self._title.sizeHint().width() + _SPACE_PX
        place = QPoint(0, 0)
        for part in parts:
            size = QSize(part.sizeHint().width(), line_height)
            if place.x() + size.width() > self.width() and place.x() > indent:
                place = QPoint(indent, place.y() + line_height)
            part.setGeometry(QRect(place, size))
            place.setX(place.x() + size.width() + _SPACE_PX)
        if self.height() != place.y() + line_height:
            self.setFixedHeight(place.y() + line_height)


def _tool_button(parent: QWidget, text: str) -> QToolButton:
    button = QToolButton(parent)
    button.setText(text)
    button.setAutoRaise(True)
    button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
    return button
