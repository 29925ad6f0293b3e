"""Everything that can be done, as one table: menus, keys and buttons come from it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from PySide6.QtCore import QCoreApplication, QSettings
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMainWindow, QMenu


def tr(text: str) -> str:
    """Translate a text of this table."""
    return QCoreApplication.translate("Actions", text)


@dataclass(frozen=True, slots=True)
class ActionRow:
    """One action; an empty menu means it is only a key or a button."""

    key: str
    menu: str
    text: str
    shortcut: str = ""
    tip: str = ""
    needs_subject: bool = False
    needs_live: bool = False
    begins_group: bool = False


ACTIONS: tuple[ActionRow, ...] = (
    ActionRow("choose", "File", "Choose process…", "Ctrl+P", "Watch another process"),
    ActionRow("start", "File", "Start a program…", "Ctrl+N"),
    ActionRow("practice", "File", "Try a practice leak…"),
    ActionRow("open", "File", "Open recording…", "Ctrl+O"),
    ActionRow("export", "File", "Export…", "Ctrl+E", "Write PNG, SVG, CSV or a report", needs_subject=True, begins_group=True),
    ActionRow("export_difference", "File", "Export difference…", needs_subject=True),
    ActionRow("preferences", "File", "Settings…", "Ctrl+,", begins_group=True),
    ActionRow("quit", "File", "Quit", "Ctrl+Q", begins_group=True),
    ActionRow("snapshot", "Record", "Snapshot", "F5", "Keep every mapping, handle and thread of this moment", needs_live=True),
    ActionRow("heap", "Record", "Heap snapshot…", "F6", "Also say which blocks are in use and which are lost; pauses the process for a moment", needs_live=True),
    ActionRow("heap_ask", "Record", "Heap snapshot, ask again…", "Shift+F6", "Choose anew how the process is paused", needs_live=True),
    ActionRow("step", "Record", "Mark step", "M", "You have done the same action once more", needs_live=True),
    ActionRow("note", "Record", "Note…", "N", "Put a note on the time axis", needs_live=True),
    ActionRow("wait", "Record", "Wait for the next start", "", "Watch the program again when it is started again, and draw the runs over each other", needs_subject=True, begins_group=True),
    ActionRow("read_again", "Record", "Read PSS and USS again", "", "Read them although one reading takes long and may hold the program up for a moment", needs_live=True),
    ActionRow("stop", "Record", "Stop recording", "", "End the recording; the program runs on", needs_live=True),
    ActionRow("compare", "View", "Compare ticked snapshots", "D", needs_subject=True),
    ActionRow("evidence", "View", "Evidence", "W", "Why this verdict", needs_subject=True),
    ActionRow("filter", "View", "Filter", "Ctrl+F"),
    ActionRow("pause", "View", "Pause view", "Space", "Hold the plots; the recording goes on", needs_subject=True, begins_group=True),
    ActionRow("live", "View", "Back to live", "End", needs_subject=True),
    ActionRow("zoom_in", "View", "Zoom in", "+", needs_subject=True),
    ActionRow("zoom_out", "View", "Zoom out", "-", needs_subject=True),
    ActionRow("pan_back", "View", "Earlier", "Left", needs_subject=True),
    ActionRow("pan_on", "View", "Later", "Right", needs_subject=True),
    ActionRow("row_1", "View", "Memory plot", "1", needs_subject=True, begins_group=True),
    ActionRow("row_2", "View", "Handles plot", "2", needs_subject=True),
    ActionRow("row_3", "View", "Threads plot", "3", needs_subject=True),
    ActionRow("row_4", "View", "Stack plot", "4", needs_subject=True),
    ActionRow("plots", "View", "Hide plots", "F11", "Give the room of the plots to the pages", needs_subject=True),
    ActionRow("help", "Help", "Words and keys", "F1"),
    ActionRow("about", "Help", "About leakgui"),
)  # fmt: skip


def build_actions(
    window: QMainWindow, slots: Mapping[str, Callable[[], None]]
) -> dict[str, QAction]:
    """Make every action of the table, with the keys the user chose, and the menus."""
    menus: dict[str, QMenu] = {}
    actions: dict[str, QAction] = {}
    for row in ACTIONS:
        action = QAction(tr(row.text), window)
        action.setObjectName(row.key)
        _give_keys(action, row)
        action.triggered.connect(lambda _=False, act=slots[row.key]: act())
        if row.menu not in menus:
            # The first letter opens the menu together with Alt.
            menus[row.menu] = window.menuBar().addMenu(f"&{tr(row.menu)}")
        if row.begins_group:
            menus[row.menu].addSeparator()
        menus[row.menu].addAction(action)
        actions[row.key] = action
    return actions


def chosen_keys(row: ActionRow) -> str:
    """Return the keys of an action: the user's, else those of the table."""
    return str(QSettings().value(f"keys/{row.key}", row.shortcut))


def apply_keys(actions: Mapping[str, QAction]) -> None:
    """Let the actions obey the keys that the user chose meanwhile."""
    for row in ACTIONS:
        _give_keys(actions[row.key], row)


def _give_keys(action: QAction, row: ActionRow) -> None:
    keys = chosen_keys(row)
    action.setShortcut(QKeySequence(keys))
    action.setToolTip(_tip(row, keys))


def _tip(row: ActionRow, keys: str) -> str:
    tip = tr(row.tip or row.text.rstrip("…"))
    return f"{tip} ({keys})" if keys else tip


def enable_actions(
    actions: Mapping[str, QAction], *, has_subject: bool, is_live: bool
) -> None:
    """Switch off what makes no sense now."""
    for row in ACTIONS:
        if row.needs_live:
            actions[row.key].setEnabled(is_live)
        elif row.needs_subject:
            actions[row.key].setEnabled(has_subject)
