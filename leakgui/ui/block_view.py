"""One block closely: what it is, what is in it, who points to it, where it leads."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QTabWidget,
    QToolButton,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from leakgui.formatting import format_address, format_bytes, format_count, printable
from leakgui.model.block import BlockDetail, Neighbour
from leakgui.ui.heap_words import state_word, type_text
from leakgui.ui.hex_view import HexView

MOST_STEPS_BACK = 200
_ADDRESS = int(Qt.ItemDataRole.UserRole)
_ARROW = " → "


class BlockView(QWidget):
    """Asks for blocks by address and shows the one that was told."""

    asked = Signal(object)
    """An address; an int of 64 bits does not fit in a signal's int."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._behind: list[int] = []
        self._address: int | None = None
        self._back = QToolButton()
        self._back.setText(self.tr("◀ Back"))
        self._back.setToolTip(self.tr("To the block before (Alt+Left)"))
        self._back.setShortcut("Alt+Left")
        self._back.clicked.connect(self.go_back)
        self._field = QLineEdit()
        self._field.setPlaceholderText(self.tr("Address, such as 0x55d0000012a0"))
        self._field.setAccessibleName(self.tr("Address of a block"))
        self._field.returnPressed.connect(self._follow_field)
        self._title = _text()
        self._path = _text()
        self._dump = HexView()
        self._from = self._neighbour_list(self.tr("Pointed to by"))
        self._to = self._neighbour_list(self.tr("Points to"))
        self._tabs = QTabWidget()
        self._arrange()
        self.clear()

    def _arrange(self) -> None:
        head = QHBoxLayout()
        head.addWidget(self._back)
        head.addWidget(self._field, 1)
        self._tabs.setDocumentMode(True)
        policy = self._tabs.sizePolicy()
        policy.setRetainSizeWhenHidden(True)  # a reason stays at the top
        self._tabs.setSizePolicy(policy)
        self._tabs.addTab(self._dump, self.tr("Contents"))
        self._tabs.addTab(self._from, "")
        self._tabs.addTab(self._to, "")
        column = QVBoxLayout(self)
        column.setContentsMargins(6, 6, 6, 4)
        column.setSpacing(4)
        column.addLayout(head)
        column.addWidget(self._title)
        column.addWidget(self._path)
        column.addWidget(self._tabs, 1)

    def _neighbour_list(self, name: str) -> QTreeWidget:
        tree = QTreeWidget()
        tree.setHeaderLabels([self.tr("Where"), self.tr("At"), self.tr("Address")])
        tree.setRootIsDecorated(False)
        tree.setUniformRowHeights(True)
        tree.setAccessibleName(name)
        tree.setToolTip(self.tr("Click, or press Enter, to look at that block"))
        tree.itemClicked.connect(self._walk)
        tree.itemActivated.connect(self._walk)
        return tree

    # -- what is shown ----------------------------------------------------------------

    @property
    def address(self) -> int | None:
        """The block that was asked for last."""
        return self._address

    def clear(self) -> None:
        """Forget everything, and say how to begin."""
        self._behind, self._address = [], None
        self._field.clear()
        self._empty(self.tr("Choose a row, or type an address."))

    def show_reason(self, text: str) -> None:
        """Say why the block cannot be shown."""
        self._empty(text)

    def show_detail(self, detail: BlockDetail) -> None:
        """Show a block; where it is inside one, the block that holds the address."""
        self._address = detail.address
        self._field.setText(format_address(detail.address))
        self._title.setText(
            f"{type_text(detail.type_name)} · {format_bytes(detail.usable_bytes)} · "
            f"{state_word(detail.state)}"
        )
        about = self._path_text(detail.path) or self._hanging_text(detail)
        self._path.setText(about)
        self._path.setVisible(bool(about))
        self._dump.show_content(detail.content)
        self._fill(self._from, detail.pointed_from, detail.pointed_from_count, 1)
        self._fill(self._to, detail.points_to, detail.points_to_count, 2)
        self._tabs.show()

    def _hanging_text(self, detail: BlockDetail) -> str:
        """Return what hangs on a lost block alone, where that was looked for."""
        others = detail.retained - 1
        if others < 1:
            return ""
        size = format_bytes(detail.retained_bytes - detail.usable_bytes)
        return self.tr("{n} more lost blocks ({size}) hang on it alone.").format(
            n=format_count(others), size=size
        )

    def _path_text(self, path: Sequence[str]) -> str:
        if not path:
            return ""
        return self.tr("Held by: {path}").format(
            path=_ARROW.join(printable(step, most=120) for step in path)
        )

    def _empty(self, text: str) -> None:
        self._title.setText(text)
        self._path.hide()
        self._tabs.hide()
        self._back.setEnabled(bool(self._behind))

    def _fill(
        self, tree: QTreeWidget, rows: Sequence[Neighbour], count: int, place: int
    ) -> None:
        name = (self.tr("Pointed to by"), self.tr("Points to"))[place - 1]
        self._tabs.setTabText(place, f"{name} ({format_count(count)})")
        tree.clear()
        for row in rows:
            tree.addTopLevelItem(self._item(row))
        if count > len(rows):
            more = self.tr("… and {n} more").format(n=format_count(count - len(rows)))
            tree.addTopLevelItem(QTreeWidgetItem([more]))
        for column in range(3):
            tree.resizeColumnToContents(column)

    def _item(self, row: Neighbour) -> QTreeWidgetItem:
        where = printable(row.place, most=200)
        if row.usable_bytes:
            size = format_bytes(row.usable_bytes)
            where = f"{type_text(row.type_name)} · {size}"
        item = QTreeWidgetItem([where, f"+{row.offset}", format_address(row.address)])
        if row.usable_bytes:
            item.setData(0, _ADDRESS, item.text(2))
        return item

    # -- walking ----------------------------------------------------------------------

    def look_at(self, address: int) -> None:
        """Ask for a block and remember the way back."""
        if self._address is not None and self._address != address:
            self._behind = [*self._behind[-MOST_STEPS_BACK:], self._address]
        self._ask(address)

    def start_at(self, address: int) -> None:
        """Ask for a block that was chosen elsewhere: there is no way back from it."""
        self._behind = []
        self._ask(address)

    def go_back(self) -> None:
        """Ask for the block that was shown before."""
        if self._behind:
            self._ask(self._behind.pop())

    def _ask(self, address: int) -> None:
        self._address = address
        self._field.setText(format_address(address))
        self._back.setEnabled(bool(self._behind))
        if self._tabs.isHidden():  # what is shown stays until the answer is there
            self._title.setText(self.tr("Looking at the block…"))
        self.asked.emit(address)

    def _walk(self, item: QTreeWidgetItem) -> None:
        address = item.data(0, _ADDRESS)
        if address is not None:
            self.look_at(int(address, 16))

    def _follow_field(self) -> None:
        try:
            address = int(self._field.text().strip(), 16)
        except ValueError:
            address = -1
        if 0 <= address < 1 << 64:
            self.look_at(address)
        else:
            self._empty(self.tr("That is no address: hexadecimal digits are meant."))


def _text() -> QLabel:
    label = QLabel()
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setWordWrap(True)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    return label
