"""Does the command line understand, and does it fail in words?"""

from __future__ import annotations

import json
import re

import pytest

from leakgui.cli import main, ps, record
from leakgui.cli.main import run
from leakgui.errors import AccessDenied
from leakgui.model.opening import Opening


class Window:
    """Stands in for the window and remembers what it was asked to show."""

    def __init__(self) -> None:
        self.openings: list[Opening] = []

    def __call__(self, opening: Opening) -> int:
        self.openings.append(opening)
        return 0


@pytest.fixture
def window() -> Window:
    return Window()


def fail(*_: object) -> int:
    raise AccessDenied("Not allowed.", "sudo something")


def test_nothing_opens_the_list(window: Window) -> None:
    assert run([], window) == 0
    assert window.openings == [Opening()]


def test_file_opens_the_recording(window: Window, tmp_path) -> None:
    file = tmp_path / "a.leak"
    file.touch()
    assert run([str(file)], window) == 0
    assert window.openings == [Opening(file=file)]


def test_missing_recording_is_told(window: Window, capsys) -> None:
    assert run(["nothing.leak"], window) == 2
    assert "no recording" in capsys.readouterr().err
    assert not window.openings


def test_pid_of_nobody_is_told(window: Window, capsys) -> None:
    assert run([str(2**22 + 1)], window) == 2
    assert capsys.readouterr().err.startswith("leakgui: ")
    assert not window.openings


def test_pid_beyond_all_pids_is_told(window: Window, capsys) -> None:
    assert run(["9" * 5000], window) == 2
    assert "not a process id" in capsys.readouterr().err


def test_mistyped_command_suggests_one(window: Window, capsys) -> None:
    assert run(["jugde", "a.leak"], window) == 2
    assert "Did you mean judge?" in capsys.readouterr().err


@pytest.mark.parametrize("command", [row.name for row in main.COMMANDS])
def test_every_command_explains_itself(command: str, capsys) -> None:
    assert run([command, "--help"], Window()) == 0
    assert f"leakgui {command}" in capsys.readouterr().out


def test_version(capsys) -> None:
    assert run(["--version"], Window()) == 0
    assert re.fullmatch(r"leakgui \d+\.\d+\.\d+\n", capsys.readouterr().out)


def test_without_display_qt_is_not_asked(monkeypatch, window: Window, capsys) -> None:
    for key in ("QT_QPA_PLATFORM", "DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(key, raising=False)
    assert run([], window) == 2
    told = capsys.readouterr().err
    assert "display" in told
    assert "leakgui record PID" in told
    assert not window.openings


def test_known_error_has_hint_and_code(monkeypatch, capsys) -> None:
    monkeypatch.setattr(ps, "run", fail)
    assert run(["ps"], Window()) == 2
    assert capsys.readouterr().err == "leakgui: Not allowed.\n  sudo something\n"


def test_verbose_shows_where_it_happened(monkeypatch, capsys) -> None:
    monkeypatch.setattr(ps, "run", fail)
    assert run(["ps", "--verbose"], Window()) == 2
    assert "Traceback" in capsys.readouterr().err


def test_bug_is_called_a_bug(monkeypatch, capsys, log_watch) -> None:
    log_watch.expect("not expected")
    monkeypatch.setattr(ps, "run", lambda *_: 1 // 0)
    assert run(["ps"], Window()) == 2
    assert "bug in leakgui" in capsys.readouterr().err


def test_settings_before_and_after_the_command(monkeypatch) -> None:
    seen = {}

    def remember(_arguments: object, context: main.Context) -> int:
        seen.update(context.settings.changed)
        return 0

    monkeypatch.setattr(ps, "run", remember)
    words = ["--set", "interval_s=0.5", "ps", "--set", "units=decimal"]
    assert run(words, Window()) == 0
    assert seen == {"interval_s": 0.5, "units": "decimal"}


@pytest.mark.parametrize("change", ["nothing=1", "interval_s=never", "interval_s=0"])
def test_wrong_setting_is_refused(change: str, capsys) -> None:
    assert run(["ps", "--set", change], Window()) == 2
    assert capsys.readouterr().err.startswith("leakgui: ")


def test_arguments_of_a_launched_program_are_its_own(monkeypatch) -> None:
    seen = []
    monkeypatch.setattr(
        main.record, "run", lambda arguments, _: seen.append(arguments.launched) or 0
    )
    words = ["record", "-o", "a.leak", "--", "prog", "--verbose", "--", "-x"]
    assert run(words, Window()) == 0
    assert seen == [("prog", "--verbose", "--", "-x")]


@pytest.mark.parametrize("option", ["--inject", "--once", "--elevate"])
@pytest.mark.parametrize("words", [["record", "-o", "a.leak"], ["snapshot", "-o", "a"]])
def test_how_to_look_means_nothing_without_a_look(words, option, capsys) -> None:
    assert run([*words, option, "1"], Window()) == 2
    assert "--heap" in capsys.readouterr().err


def test_a_recording_looks_into_the_heap_without_being_told_how_often(capsys) -> None:
    nobody = str(2**31 - 1)
    assert run(["record", "-o", "a.leak", "--heap", nobody], Window()) == 2
    told = capsys.readouterr().err
    assert nobody in told
    assert "--snapshot-every" not in told


@pytest.mark.parametrize(
    ("for_s", "every_s"), [(None, 60), (20, 5), (240, 60), (3600, 60)]
)
def test_heaps_are_closer_together_in_a_short_recording(for_s, every_s) -> None:
    assert record.default_heap_every_s(for_s) == every_s


@pytest.mark.parametrize("words", [["record", "-o", "a"], ["record", "-o", "a", "x"]])
def test_record_needs_one_process(words: list[str], capsys) -> None:
    assert run(words, Window()) == 2
    assert "process" in capsys.readouterr().err


def test_json_is_json_and_nothing_else(capsys) -> None:
    assert run(["ps", "--json"], Window()) == 0
    assert run(["demo", "--list", "--json"], Window()) == 0
    assert run(["doctor", "--json"], Window()) == 0
    printed = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert all(next(iter(entry)) == "schema" for entry in printed)
    assert all(entry["schema"] == 1 for entry in printed)


def test_doctor_prints_every_fact(capsys) -> None:
    assert run(["doctor"], Window()) == 0
    printed = capsys.readouterr().out
    for word in ("Kernel", "Control groups", "Yama", "C compiler", "Display"):
        assert word in printed
