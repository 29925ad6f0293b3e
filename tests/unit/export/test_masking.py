import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leakgui.export.masking import Masker, mask_recording
from leakgui.model.process import ProcessKey, Target
from leakgui.model.recording import Event, EventKind, Recording, Series, TimeGap
from leakgui.model.text_column import TextColumn

TARGET = Target(
    key=ProcessKey(7, 1),
    name="server",
    command="/opt/acme/server --key=hunter2 carol",
    user="carol",
    started_unix_s=1000.0,
    executable="/opt/acme/server",
)


def recording() -> Recording:
    return Recording(
        target=TARGET,
        started_unix_s=0.0,
        series={"rss_bytes": Series(np.array([0.0]), np.array([1.0]))},
        events=(
            Event(kind=EventKind.NOTE, elapsed_s=1.0, text="carol reads ~/notes.txt"),
        ),
        gaps=(TimeGap(from_s=0, to_s=1, metrics=(), cause="/proc/7/maps refused"),),
        facts={"host": "tower-of-carol", "cgroup_path": "/user/carol", "exit": "1"},
    )


def test_nothing_private_is_left_and_nothing_else_is_lost():
    masked = mask_recording(recording())
    text = repr((masked.target, masked.events, masked.gaps, masked.facts))
    for private in ("carol", "hunter2", "acme", "notes", "tower"):
        assert private not in text
    assert masked.target.name == "server"
    assert masked.facts["exit"] == "1"
    assert list(masked.series) == ["rss_bytes"]


def test_the_same_text_has_the_same_placeholder_everywhere():
    first, second = Masker(), Masker()
    assert first.text("/tmp/a.log") == second.text("/tmp/a.log")
    assert first.text("/tmp/a.log") != first.text("/tmp/b.log")
    assert first.text("see /tmp/a.log.") == f"see {first.text('/tmp/a.log')}."
    assert first.text("(/tmp/a.log), so") == f"({first.text('/tmp/a.log')}), so"


def test_what_is_masked_stays_as_it_is():
    masker = Masker()
    once = masker.text("50 more of /tmp/a.log by 10.0.0.7:80")
    assert masker.text(once) == once


@pytest.mark.parametrize(
    "text",
    [
        "+1.80 MiB/min for 14 min",
        "n/a: needs permission",
        "new/gone, and/or",
        "limit 1,024 in about 17 min at 14:02:11",
        "glibc 2.41 and version 1.2.3",
        "step 3 of 6; 95 %: 1.6–2.0",
        "malloc::arena std::vector",
    ],
)
def test_sentences_without_names_are_left_alone(text):
    assert Masker().text(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "tcp 10.1.2.3:80 → 10.9.9.9:555",
        "tcp6 [2001:db8::17]:443",
        "unix @hidden-name",
        "C:\\Users\\me\\secret.db",
        "held by ~/secret",
    ],
)
def test_addresses_sockets_and_foreign_paths_are_masked(text):
    masked = Masker().text(text)
    for private in ("10.1", "10.9", "2001", "hidden", "secret", "me\\"):
        assert private not in masked
    assert text.split()[0] == masked.split()[0] or "\\" in text


def test_a_path_with_blanks_is_known_in_sentences_too():
    masker = Masker()
    column = masker.column(TextColumn.of(["/home/me/my own file (deleted)", "[heap]"]))
    assert column[0].endswith(" (deleted)")
    assert column[1] == "[heap]"
    assert "own" not in masker.text("50 more /home/me/my own file open")


def test_placeholders_of_different_paths_differ():
    masker = Masker()
    masked = {masker.whole_path(f"/data/{number}") for number in range(5000)}
    assert len(masked) == 5000


@given(st.text())
def test_any_text_can_be_masked(text):
    Masker.of(recording()).text(text)
