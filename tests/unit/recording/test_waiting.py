"""The next start of a program is another process of the same program."""

from __future__ import annotations

from dataclasses import replace

from leakgui.model.process import ProcessKey
from leakgui.recording.waiting import NextStart
from tests.unit.recording.puppets import TARGET, PuppetPlatform, listed


def test_it_waits_for_the_same_program():
    platform = PuppetPlatform()
    platform.processes = [listed(7, TARGET.command)]
    waiting = NextStart(TARGET, platform)
    assert waiting.poll() is None  # ran already
    platform.processes += [listed(8, "server --port 81"), listed(9, "bash")]
    assert waiting.poll() is None
    platform.processes += [replace(listed(10, TARGET.command), user="bob")]
    assert waiting.poll() is None
    platform.processes += [listed(11, TARGET.command)]
    assert waiting.poll() == ProcessKey(11, 110)


def test_one_that_becomes_the_program_after_it_began_counts():
    platform = PuppetPlatform()
    waiting = NextStart(TARGET, platform)
    platform.processes = [listed(5, "sh -c run", "sh")]
    assert waiting.poll() is None
    platform.processes = [listed(5, TARGET.command)]
    assert waiting.poll() == ProcessKey(5, 50)


def test_a_program_that_was_replaced_on_the_disk_meanwhile_counts():
    platform = PuppetPlatform()
    fresh = listed(11, TARGET.command)
    platform.reader.key = fresh.key
    old = platform.reader.describe().executable + " (deleted)"
    waiting = NextStart(replace(TARGET, executable=old), platform)
    platform.processes = [fresh]
    assert waiting.poll() == fresh.key


def test_another_executable_with_the_same_words_does_not_count():
    platform = PuppetPlatform()
    fresh = listed(11, TARGET.command)
    platform.reader.key = fresh.key
    waiting = NextStart(replace(TARGET, executable="/opt/server"), platform)
    platform.processes = [fresh]
    assert waiting.poll() is None
    assert NextStart(TARGET, PuppetPlatform()).poll() is None
