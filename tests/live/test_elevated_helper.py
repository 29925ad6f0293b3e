"""The helper with rights that a user lacks: what it may do for whom.

Needs root, to become nobody and to let nobody use sudo for a moment; so it is only
run where ``LEAKGUI_TEST_SUDO`` is 1: in a container of its own.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from leakgui.model.process import ProcessKey
from leakgui.probe import platform

NOBODY = 65534
HELPER = (sys.executable, "-I", "-B", "-m", "leakgui.helper")
RULE = Path("/etc/sudoers.d/leakgui-test")

pytestmark = [
    pytest.mark.live,
    pytest.mark.skipif(
        os.environ.get("LEAKGUI_TEST_SUDO") != "1" or shutil.which("sudo") is None,
        reason="changes the rules of sudo: set LEAKGUI_TEST_SUDO=1 in a container",
    ),
]

TARGET = """
import ctypes, sys
ctypes.CDLL(None).prctl(4, 0, 0, 0, 0)  # PR_SET_DUMPABLE: not even its own user
print(flush=True)
sys.stdin.read()
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

command, mine, other = json.load(sys.stdin)
mine, other = ProcessKey(*mine), ProcessKey(*other)
with HelperClient(("/nonexistent",)) as once:  # import now what is imported late
    ask(lambda: once.take_snapshot(mine))
os.setresgid(65534, 65534, 65534)
os.setresuid(65534, 65534, 65534)
with HelperClient(tuple(command)) as client:
    answers = {
        "look": ask(lambda: len(client.take_snapshot(mine).mappings)),
        "copy": ask(lambda: copy(client, mine)),
        "other": ask(lambda: copy(client, other)),
        "again": ask(lambda: len(client.take_snapshot(mine).mappings)),
    }
    ask(lambda: client.take_snapshot(mine, cancelled=lambda: True))
    answers["pid"] = client.pid
print(json.dumps(answers))
"""


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


@pytest.fixture
def keys() -> Iterator[tuple[ProcessKey, ProcessKey]]:
    """One process of nobody that protects itself, and one of root."""
    pipe = subprocess.PIPE
    python = shutil.which("python3", path="/usr/bin") or sys.executable
    with (
        subprocess.Popen(
            [python, "-I", "-c", TARGET], stdin=pipe, stdout=pipe, user=NOBODY
        ) as mine,
        subprocess.Popen(["cat"], stdin=pipe, stdout=pipe) as other,
    ):
        mine.stdout.readline()
        here = platform.current()
        yield here.find_key(mine.pid), here.find_key(other.pid)
        mine.stdin.close()
        other.stdin.close()


def ask(keys, *before: str) -> dict[str, Any]:
    """Return the answers of a helper that nobody started with this in front."""
    done = subprocess.run(
        [sys.executable, "-I", "-c", ASK],
        input=json.dumps([[*before, *HELPER], *keys]),
        capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip
    return json.loads(done.stdout)


def test_with_sudo_it_looks_into_what_refuses_its_own_user(rule, keys):
    answers = ask(keys, "sudo", "-n", "--")
    assert answers["look"] > 3
    assert answers["copy"]["files"] > 1
    assert answers["copy"]["copied"] > 0
    assert answers["other"]["error"] == "AccessDenied"
    assert answers["again"] > 3
    assert answers["pid"] is None


def test_from_a_terminal_too(rule, keys, tmp_path):
    """With a terminal, sudo puts another one in between (use_pty)."""
    asked, script = tmp_path / "asked", tmp_path / "ask.py"
    asked.write_text(json.dumps([["sudo", "-n", "--", *HELPER], *keys]))
    script.write_text(ASK)
    command = f"{sys.executable} -I {script} < {asked} > {tmp_path / 'answers'}"
    subprocess.run(["script", "-qec", command, "/dev/null"], check=True, timeout=60)
    answers = json.loads((tmp_path / "answers").read_text())
    assert answers["copy"]["copied"] > 0


def test_where_sudo_logs_everything_the_rest_still_works(log_everything, keys):
    answers = ask(keys, "sudo", "-n", "--")
    shutil.rmtree("/tmp/leakgui-io", ignore_errors=True)
    assert answers["look"] > 3
    assert answers["copy"]["error"] == "HelperFailed"
    assert "log_input" in answers["copy"]["hint"]


def test_without_a_password_it_says_so(keys):
    answers = ask(keys, "sudo", "-n", "--")
    assert "password" in answers["look"]["message"]
    assert answers["pid"] is None
