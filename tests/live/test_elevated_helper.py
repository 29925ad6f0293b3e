"""The helper with rights that a user lacks: what it may do for whom.

Needs root, to become nobody. Rights come from a program of the test's own that does
what sudo does, set-user-ID and only for nobody; and from sudo itself where its rules
may be changed for a moment: with CI=true or ``LEAKGUI_TEST_SUDO=1``, in a container.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from leakgui.model.process import ProcessKey
from leakgui.probe import platform
from tests.live.as_nobody import AS_NOBODY, NOBODY

HELPER = (sys.executable, "-I", "-B", "-m", "leakgui.helper")
RULE = Path("/etc/sudoers.d/leakgui-test")
MAY_CHANGE_SUDO = (
    os.environ.get("LEAKGUI_TEST_SUDO") == "1" or os.environ.get("CI") == "true"
)

pytestmark = [
    pytest.mark.live,
    pytest.mark.needs_tool("setpriv"),
    pytest.mark.skipif(
        platform.current().name != "linux" or os.geteuid() != 0,
        reason="becomes another user",
    ),
]
with_sudo = [
    pytest.mark.needs_tool("sudo"),
    pytest.mark.skipif(
        not MAY_CHANGE_SUDO, reason="changes the rules of sudo: LEAKGUI_TEST_SUDO=1"
    ),
]

TARGET = """
import ctypes, sys
if "protected" in sys.argv:
    ctypes.CDLL(None).prctl(4, 0, 0, 0, 0)  # PR_SET_DUMPABLE: not even its own user
print(flush=True)
sys.stdin.read()
"""

# What sudo does: says for whom, becomes root altogether, and runs what may be run.
STAND_IN = r"""
#define _GNU_SOURCE
#include <stdlib.h>
#include <unistd.h>
int main(void)
{
    char *const command[] = {COMMAND, NULL};
    char *const environment[] = {"SUDO_UID=65534", "SUDO_GID=65534", NULL};
    if (getuid() != 65534 || setresgid(0, 0, 0) || setresuid(0, 0, 0))
        return 1;
    return execve(command[0], command, environment);
}
"""

# Imported as root: the interpreter may lie where nobody may read.
ASK = """
import json, os, sys
from leakgui.helper.client import HelperClient
from leakgui.errors import LeakguiError
from leakgui.model.heap import Level
from leakgui.model.process import ProcessKey

def ask(answer):
    try:
        return answer()
    except LeakguiError as error:
        return {"error": type(error).__name__, "message": error.message,
                "hint": error.hint}

def copy(client, key):
    with client.copy_heap(key, Level.PAUSE) as copied:
        return {"files": len(copied.parcel.files), "copied": copied.copied_bytes}

command, keys = json.load(sys.stdin)
keys = {name: ProcessKey(*key) for name, key in keys.items()}
mine = keys["mine"]
with HelperClient(("/nonexistent",)) as once:  # import now what is imported late
    ask(lambda: once.take_snapshot(mine))
os.setgroups([])
os.setresgid(65534, 65534, 65534)
os.setresuid(65534, 65534, 65534)
with HelperClient(tuple(command)) as client:
    answers = {
        "look": ask(lambda: len(client.take_snapshot(mine).mappings)),
        **{name: ask(lambda: copy(client, key)) for name, key in keys.items()},
        "again": ask(lambda: len(client.take_snapshot(mine).mappings)),
    }
    ask(lambda: client.take_snapshot(mine, cancelled=lambda: True))
    answers["pid"] = client.pid
print(json.dumps(answers))
"""


@pytest.fixture
def stand_in() -> Iterator[tuple[str, ...]]:
    """Return the command of a program that gives nobody rights, for the helper."""
    with tempfile.TemporaryDirectory() as folder:
        program = Path(folder, "elevate")
        command = ", ".join(json.dumps(word) for word in HELPER)
        subprocess.run(
            ["gcc", "-x", "c", "-", f"-DCOMMAND={command}", "-o", str(program)],
            input=STAND_IN.encode(), check=True,
        )  # fmt: skip
        os.chown(folder, NOBODY, NOBODY)  # and nobody else comes here
        program.chmod(0o4755)
        yield (str(program),)


@pytest.fixture
def rule() -> Iterator[None]:
    """Let nobody start the helper, and nothing else, without a password."""
    RULE.write_text(f"nobody ALL=(root) NOPASSWD: {' '.join(HELPER)}\n")
    RULE.chmod(0o440)
    yield
    RULE.unlink()


@pytest.fixture
def log_everything(rule) -> None:
    with RULE.open("a") as file:
        file.write("Defaults:nobody log_input, log_output, iolog_dir=/tmp/leakgui-io\n")


@pytest.fixture(params=["stand_in", pytest.param("sudo", marks=with_sudo)])
def elevated(request) -> tuple[str, ...]:
    """Return the command of a helper with rights."""
    if request.param == "stand_in":
        return request.getfixturevalue("stand_in")
    request.getfixturevalue("rule")
    return ("sudo", "-n", "--", *HELPER)


@pytest.fixture
def keys() -> Iterator[dict[str, ProcessKey]]:
    """Two processes of nobody, one of which protects itself, and one of root."""
    pipe = subprocess.PIPE
    python = shutil.which("python3", path="/usr/bin") or sys.executable
    run = (python, "-I", "-c", TARGET)
    with (
        subprocess.Popen((*AS_NOBODY, *run), stdin=pipe, stdout=pipe) as mine,
        subprocess.Popen(
            (*AS_NOBODY, *run, "protected"), stdin=pipe, stdout=pipe
        ) as protected,
        subprocess.Popen(run, stdin=pipe, stdout=pipe) as other,
    ):
        started = {"mine": mine, "protected": protected, "other": other}
        for process in started.values():
            process.stdout.readline()
        here = platform.current()
        yield {name: here.find_key(each.pid) for name, each in started.items()}
        for process in started.values():
            process.stdin.close()


def ask(keys, command: tuple[str, ...]) -> dict[str, Any]:
    """Return the answers of a helper that nobody started with this command."""
    done = subprocess.run(
        [sys.executable, "-I", "-c", ASK], input=json.dumps([command, keys]),
        capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip
    return json.loads(done.stdout)


@pytest.mark.needs_tool("gcc")
def test_it_looks_into_what_is_wholly_the_users_and_nothing_else(elevated, keys):
    answers = ask(keys, elevated)
    assert answers["look"] > 3
    assert answers["mine"]["files"] > 1
    assert answers["mine"]["copied"] > 0
    assert answers["other"]["error"] == "AccessDenied"
    assert "is not one of nobody" in answers["other"]["message"]
    assert answers["protected"]["error"] == "AccessDenied"
    assert "protects itself" in answers["protected"]["message"]
    assert answers["again"] > 3
    assert answers["pid"] is None


class TestSudo:
    """What is special about it."""

    pytestmark = with_sudo

    def test_from_a_terminal_too(self, rule, keys, tmp_path, needs_tool):
        """With a terminal, sudo puts another one in between (use_pty)."""
        needs_tool("script")
        asked, script = tmp_path / "asked", tmp_path / "ask.py"
        asked.write_text(json.dumps([["sudo", "-n", "--", *HELPER], keys]))
        script.write_text(ASK)
        command = f"{sys.executable} -I {script} < {asked} > {tmp_path / 'answers'}"
        subprocess.run(["script", "-qec", command, "/dev/null"], check=True, timeout=60)
        answers = json.loads((tmp_path / "answers").read_text())
        assert answers["mine"]["copied"] > 0

    def test_where_it_logs_everything_the_rest_still_works(self, log_everything, keys):
        answers = ask(keys, ("sudo", "-n", "--", *HELPER))
        shutil.rmtree("/tmp/leakgui-io", ignore_errors=True)
        assert answers["look"] > 3
        assert answers["mine"]["error"] == "HelperFailed"
        assert "log_input" in answers["mine"]["hint"]

    def test_without_a_password_it_says_so(self, keys):
        answers = ask(keys, ("sudo", "-n", "--", *HELPER))
        assert "password" in answers["look"]["message"]
        assert answers["pid"] is None
