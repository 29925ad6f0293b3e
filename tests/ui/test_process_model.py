"""The process list is patched in place: selection follows the process, not the row."""

import pytest
from PySide6.QtCore import QPersistentModelIndex, Qt
from PySide6.QtTest import QAbstractItemModelTester

from leakgui.model.process import Access, Process, ProcessKey
from leakgui.ui.process_model import ProcessModel
from leakgui.ui.process_rows import COLUMNS, MemoryHistory

NAME, PID, RSS, CHANGE = 0, 1, 3, 4


def process(pid, name="p", parent=0, rss=0, **more):
    fields = {
        "key": ProcessKey(pid, pid * 10),
        "parent_pid": parent,
        "name": name,
        "command": f"/bin/{name}",
        "user": "alice",
        "started_unix_s": 1_700_000_000.0,
        "state": "S",
        "rss_bytes": rss,
        "handles": 3,
        "threads": 1,
        "access": Access.FULL,
        "is_mine": True,
    }
    return Process(**(fields | more))


@pytest.fixture
def model(qtbot):
    model = ProcessModel()
    model.tester = QAbstractItemModelTester(
        model, QAbstractItemModelTester.FailureReportingMode.Fatal
    )
    return model


def feed(model, *processes, history=None, now_s=0.0):
    model.update_rows((history or MemoryHistory()).update(processes, now_s))


def names(model):
    return [model.index(row, NAME).data().strip() for row in range(model.rowCount())]


def test_largest_first_and_unknown_last(model):
    feed(
        model, process(1, "a", rss=5), process(2, "b", rss=None), process(3, "c", rss=9)
    )
    assert names(model) == ["c", "a", "b"]


def test_a_kept_index_follows_its_process(model):
    feed(model, process(1, "a", rss=5), process(2, "b", rss=1))
    kept = QPersistentModelIndex(model.index(0, 0))
    feed(model, process(1, "a", rss=5), process(2, "b", rss=50))
    assert kept.data() == "a"
    assert kept.row() == 1


def test_an_index_of_a_process_that_ended_is_dropped(model):
    feed(model, process(1, "a"), process(2, "b"))
    kept = QPersistentModelIndex(model.index(0, 0))
    feed(model, process(2, "b"))
    assert not kept.isValid()


def test_a_reused_pid_is_another_process(model):
    feed(model, process(1, "old", rss=7))
    kept = QPersistentModelIndex(model.index(0, 0))
    feed(model, process(1, "new", rss=7, key=ProcessKey(1, 99)))
    assert not kept.isValid()


@pytest.mark.parametrize("needle", ["REDIS", "/bin/redis", "42", "alice"])
def test_filter_finds_name_command_pid_and_user(model, needle):
    feed(model, process(42, "redis"), process(7, "other", user="bob"))
    model.set_filter(needle)
    assert names(model) == ["redis"]


def test_a_name_that_matches_comes_before_a_command_that_does(model):
    feed(
        model,
        process(1, "python", rss=99, command="python load.py redis"),
        process(2, "my-redis", rss=50),
        process(3, "redis-server", rss=1),
    )
    model.set_filter("redis")
    assert names(model) == ["redis-server", "my-redis", "python"]


def test_filter_by_pid_wants_the_whole_pid(model):
    feed(model, process(421, "a", command=""), process(42, "b", command=""))
    model.set_filter("42")
    assert names(model) == ["b"]


def test_only_mine_hides_and_counts_the_others(model):
    feed(model, process(1, "a"), process(2, "b", is_mine=False))
    assert names(model) == ["a"]
    assert model.hidden_matches == 1
    model.set_only_mine(False)
    assert sorted(names(model)) == ["a", "b"]


def test_tree_puts_children_below_their_parent(model):
    model.set_as_tree(True)
    feed(
        model,
        process(1, "init", rss=1),
        process(2, "child", parent=1, rss=9),
        process(3, "other", rss=5),
    )
    assert names(model) == ["other", "init", "child"]
    assert model.index(2, NAME).data() == "    child"


def test_tree_survives_a_process_that_is_its_own_ancestor(model):
    model.set_as_tree(True)
    feed(model, process(1, "a", parent=2), process(2, "b", parent=1), process(3, "c"))
    assert "c" in names(model)


def test_change_counts_ten_seconds(model):
    history = MemoryHistory()
    for second in range(15):
        feed(model, process(1, rss=second * 1024), history=history, now_s=second)
    assert model.index(0, CHANGE).data() == "+10.0 KiB"


def test_unknown_is_never_zero(model):
    feed(model, process(1, rss=None, handles=None))
    texts = [model.index(0, place).data() for place in range(len(COLUMNS))]
    assert texts[RSS] == "n/a"
    assert texts[5] == "n/a"


def test_hostile_names_stay_on_one_line(model):
    feed(model, process(1, "a\nb\x1b[2J\u202egnp"))
    text = model.index(0, NAME).data()
    assert text.isprintable()
    assert "\u202e" not in text


def test_sorting_by_text_and_number_columns(model):
    feed(model, process(2, "b", rss=1), process(10, "A", rss=2))
    model.sort(NAME, Qt.SortOrder.AscendingOrder)
    assert names(model) == ["A", "b"]
    model.sort(PID, Qt.SortOrder.AscendingOrder)
    assert names(model) == ["b", "A"]


def test_every_word_of_the_filter_must_be_found(model):
    feed(
        model,
        process(1, "python3", command="python3 -m http.server"),
        process(2, "python3", command="python3 build.py"),
        process(3, "nginx", command="nginx"),
    )
    model.set_filter("python server")
    assert model.rowCount() == 1
    model.set_filter("Alice 3 nginx")
    assert model.process_at(0).key.pid == 3
    model.set_filter("  ")
    assert model.rowCount() == 3
