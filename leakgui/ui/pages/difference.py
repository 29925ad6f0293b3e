"""What changed between two snapshots?"""

from __future__ import annotations

from PySide6.QtWidgets import (
    QButtonGroup,
    QCheckBox,
    QLabel,
    QPushButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from leakgui.formatting import format_bytes, format_count, format_duration
from leakgui.model.difference import Difference
from leakgui.ui.cells import write_text
from leakgui.ui.change_columns import change_columns, counter_figure, only_changed
from leakgui.ui.flow_layout import FlowLayout
from leakgui.ui.heap_words import heap_figure, heap_gap_text, is_of_heap, kind_word
from leakgui.ui.reasons import gap_text
from leakgui.ui.section_style import CHOSEN_STANDS_OUT
from leakgui.ui.tables import ColumnsTable
from leakgui.ui.workspace import Workspace

HEAP_SECTIONS = ("heap_by_type", "heap_by_size", "heap_lost")
SECTIONS = ("mappings", "handles", "threads", *HEAP_SECTIONS)
_FIGURES = (("uss_bytes", "rss_bytes"), ("handles",), ("threads",))


class DifferencePage(QWidget):
    """Three figures, then every group that is new, gone, grown or shrunk."""

    def __init__(self, workspace: Workspace, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._workspace = workspace
        self._difference: Difference | None = None
        self._section = SECTIONS[0]
        self.table = ColumnsTable()
        self._title = QLabel()
        self._swap = QPushButton(self.tr("Swap"))
        self._swap.setToolTip(self.tr("Exchange the earlier and the later snapshot"))
        self._swap.clicked.connect(self._swap_pair)
        self._only_changed = QCheckBox(self.tr("Only what changed"))
        self._only_changed.setChecked(True)
        self._only_changed.toggled.connect(self._show_section)
        self._sections = QButtonGroup(self)
        self._arrange()
        workspace.compared.connect(self.show_difference)
        workspace.opened.connect(self.clear)
        self.clear()

    def _arrange(self) -> None:
        head = FlowLayout()
        head.setContentsMargins(6, 4, 6, 0)
        self._names = {
            "mappings": self.tr("Mappings"),
            "handles": self.tr("Handles"),
            "threads": self.tr("Threads"),
            "heap_by_type": self.tr("Heap by type"),
            "heap_by_size": self.tr("Heap by size"),
            "heap_lost": self.tr("Lost"),
        }
        for place, section in enumerate(SECTIONS):
            button = QToolButton()
            button.setText(self._names[section])
            button.setCheckable(True)
            button.setChecked(place == 0)
            button.setStyleSheet(CHOSEN_STANDS_OUT)
            button.clicked.connect(lambda _=False, name=section: self.choose(name))
            self._sections.addButton(button, place)
            head.addWidget(button)
        head.addWidget(self._only_changed)
        head.addWidget(self._swap)
        head.addWidget(self._title)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(head)
        column.addWidget(self.table, 1)

    # -- contents -----------------------------------------------------------------

    def clear(self, *_: object) -> None:
        """Say how to get something to see."""
        self._difference = None
        self._title.clear()
        self._swap.setEnabled(False)
        self.table.show_reason(
            self.tr(
                "Take two snapshots (F5), with the action you suspect in between. "
                "The difference shows what is new, gone, or grown."
            )
        )

    def show_difference(self, difference: Difference) -> None:
        """Show another difference; the section with the most news comes first."""
        self._difference = difference
        self._offer_heap(has_heap=_is_heap_told(difference))
        self._swap.setEnabled(True)
        span = format_duration(abs(difference.to_elapsed_s - difference.from_elapsed_s))
        steps = f", {self._steps_text(difference.steps)}" if difference.steps else ""
        self._title.setText(
            self.tr("{before} → {after} · {span}{steps}").format(
                before=difference.from_number,
                after=difference.to_number,
                span=span,
                steps=steps,
            )
        )
        self._count_changes(difference)

    def _offer_heap(self, *, has_heap: bool) -> None:
        for section in HEAP_SECTIONS:
            self._sections.button(SECTIONS.index(section)).setVisible(has_heap)
        if not has_heap and self._section in HEAP_SECTIONS:
            self._section = SECTIONS[0]

    def _steps_text(self, steps: int) -> str:
        return self.tr("1 step") if steps == 1 else self.tr("{n} steps").format(n=steps)

    def _count_changes(self, difference: Difference) -> None:
        """Say on each button how much changed, and turn to where something did."""
        counts: dict[str, int | None] = {}
        for place, section in enumerate(SECTIONS):
            changes = getattr(difference, section)
            counts[section] = None if changes is None else len(only_changed(changes))
            text = f"{self._names[section]} ({format_count(counts[section])})"
            self._sections.button(place).setText(text)
        changed = [section for section in SECTIONS if counts[section]]
        is_quiet = not counts[self._section] and changed
        self.choose(changed[0] if is_quiet else self._section)

    def choose(self, section: str) -> None:
        """Show another section."""
        self._section = section
        self._sections.button(SECTIONS.index(section)).setChecked(True)
        self._show_section()

    def _show_section(self, *_: object) -> None:
        difference = self._difference
        if difference is None:
            return
        changes = getattr(difference, self._section)
        if changes is None:
            self.table.show_reason(
                self._why_missing(difference), self._figures_text(difference)
            )
            return
        if self._only_changed.isChecked():
            changes = only_changed(changes)
        if not len(changes):
            self.table.show_reason(
                self._nothing_text(difference), self._figures_text(difference)
            )
            return
        is_heap = self._section in HEAP_SECTIONS
        columns = change_columns(
            changes,
            difference.steps,
            self._workspace.theme.change_colour,
            sizes=self.tr("Bytes") if is_heap else "RSS",
            kind_word=kind_word if is_heap else write_text,
        )
        self.table.show_columns(columns, self._figures_text(difference))

    def _why_missing(self, difference: Difference) -> str:
        if self._section in HEAP_SECTIONS:
            said = [heap_gap_text(gap) for gap in difference.gaps if is_of_heap(gap)]
        else:
            gaps = [gap for gap in difference.gaps if self._section in gap.where]
            said = [gap_text(gap) for gap in gaps]
        return "\n".join(said) or self.tr("n/a in one of the two snapshots")

    def _nothing_text(self, difference: Difference) -> str:
        noise = format_bytes(difference.noise_bytes)
        if difference.has_change:
            return self.tr("Nothing changed here.")
        return self.tr("No difference above noise (±{noise}).").format(noise=noise)

    def _figures_text(self, difference: Difference) -> str:
        parts = [counter_figure(difference, keys) for keys in _FIGURES]
        if difference.heap is not None:
            parts.append(heap_figure(difference.heap))
        if not difference.has_change:
            parts.insert(0, self._nothing_text(difference))
        return "      ".join(part for part in parts if part)

    def _swap_pair(self) -> None:
        if self._difference is not None:
            self._workspace.compare(
                self._difference.to_number, self._difference.from_number
            )


def _is_heap_told(difference: Difference) -> bool:
    """Return whether a snapshot has a heap, or says why it has none."""
    has_changes = any(getattr(difference, name) is not None for name in HEAP_SECTIONS)
    return has_changes or any(map(is_of_heap, difference.gaps))
