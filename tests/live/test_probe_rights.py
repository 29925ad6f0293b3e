"""What another user may see: the list, the tiers and the reasons, as nobody."""

from __future__ import annotations

import json
import os
import warnings
from collections.abc import Callable
from typing import Any

import pytest

from leakgui.errors import AccessDenied, LeakguiError
from leakgui.model.metric import Tier
from leakgui.probe.platform import current
from tests.live.obedient import Obedient

NOBODY = 65534
pytestmark = [
    pytest.mark.live,
    pytest.mark.skipif(
        current().name != "linux" or os.geteuid() != 0, reason="becomes another user"
    ),
]


def as_nobody(work: Callable[[], Any]) -> Any:
    """Run work in a fork that has become the user nobody; return what it returns."""
    reading, writing = os.pipe()
    with warnings.catch_warnings():
        # Python 3.12 warns of forks with threads; the child uses no lock of theirs.
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if child == 0:
        try:
            os.setgroups([])
            os.setresgid(NOBODY, NOBODY, NOBODY)
            os.setresuid(NOBODY, NOBODY, NOBODY)
            os.write(writing, json.dumps(work()).encode())
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as answers:
        answer = answers.read()
    os.waitpid(child, 0)
    return json.loads(answer)


@pytest.fixture
def target():
    target = Obedient()
    yield target
    target.close()


def read_all_tiers(pid: int) -> dict[str, Any]:
    platform = current()
    reader = platform.open_reader(platform.find_key(pid))
    answers: dict[str, Any] = {}
    for tier in Tier:
        try:
            answers[tier.name] = dict(reader.read(tier))
        except LeakguiError as error:
            answers[tier.name] = [type(error).__name__, error.hint]
    return answers


def test_counts_are_open_to_everybody_and_the_rest_is_not(target):
    mine = read_all_tiers(target.pid)["COUNTERS"]
    answers = as_nobody(lambda: read_all_tiers(target.pid))
    counts = answers["COUNTERS"]
    assert set(mine) - set(counts) == {"read_bytes"}
    assert counts["handles"] == mine["handles"]
    for tier in ("HANDLES", "SHARES", "MAPPINGS"):
        assert answers[tier][0] == AccessDenied.__name__
        assert f"sudo leakgui record {target.pid}" in answers[tier][1]
    assert "limit_handles" in answers["LIMITS"]


def test_the_list_says_so(target):
    def look() -> list[Any]:
        rows = {row.key.pid: row for row in current().list_processes()}
        row = rows[target.pid]
        return [row.access, row.access_reason, row.is_mine, row.handles is not None]

    assert as_nobody(look) == ["counts only", "belongs to root", False, True]


def test_each_capability_says_why_not_and_what_would_help(target):
    def ask() -> dict[str, Any]:
        platform = current()
        return {
            found.key: [found.is_allowed, found.reason, found.command]
            for found in platform.capabilities(platform.find_key(target.pid))
        }

    answers = as_nobody(ask)
    allowed = {key for key, (is_allowed, _, _) in answers.items() if is_allowed}
    assert allowed == {"counters", "limits"}
    for key in set(answers) - allowed:
        assert "root" in answers[key][1]
        assert answers[key][2].startswith(f"sudo leakgui record {target.pid} -o ")


def test_a_process_can_forbid_it_to_its_own_user(target):
    target.tell("os.setresuid(65534, 65534, 65534)")
    target.tell("ctypes.CDLL(None).prctl(4, 0)")  # PR_SET_DUMPABLE

    def look() -> list[Any]:
        platform = current()
        rows = {row.key.pid: row for row in platform.list_processes()}
        row = rows[target.pid]
        memory = platform.capabilities(row.key)[-1]
        return [row.access, row.access_reason, row.is_mine, memory.reason]

    access, reason, is_mine, memory = as_nobody(look)
    assert (access, is_mine) == ("counts only", True)
    assert "protected" in reason
    assert "not dumpable" in memory


def test_threads_of_the_user_are_counted_where_their_limit_binds(target):
    target.tell("resource.setrlimit(resource.RLIMIT_NPROC, (4000, 4000))")
    target.tell("os.setresuid(60123, 60123, 60123)")
    target.tell("e = threading.Event(); threading.Thread(target=e.wait).start()")
    # Giving up rights makes it undumpable; an ordinary program of a user is not.
    target.tell("ctypes.CDLL(None).prctl(4, 1)")
    reading = read_all_tiers(target.pid)["LIMITS"]
    assert reading["limit_user_threads"] == 4000
    assert reading["user_threads"] == 2


def test_the_limit_of_root_is_none(target):
    target.tell("resource.setrlimit(resource.RLIMIT_NPROC, (4000, 4000))")
    reading = read_all_tiers(target.pid)["LIMITS"]
    assert "limit_user_threads" not in reading
    assert "user_threads" not in reading
