"""Control groups in three versions, and paths that cannot be seen from here."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leakgui.model.metric import METRIC_BY_KEY
from leakgui.probe.cgroups import GroupReader, parse_pairs
from leakgui.probe.group_tree import (
    Mount,
    climb,
    find_bound,
    find_place,
    parse_groups,
    parse_mounts,
)

MIXED = b"""\
9:name=systemd:/
4:memory:/process_api/71bc
2:cpu,cpuacct:/
0::/user.slice
"""
MOUNTS = b"""\
31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755
35 31 0:32 / /sys/fs/cgroup/memory rw,relatime shared:9 - cgroup cgroup rw,memory
36 31 0:33 / /sys/fs/cgroup/cpu\\040x rw,relatime - cgroup cgroup rw,cpu,cpuacct
37 31 0:32 /docker/a /mnt/part rw - cgroup cgroup rw,memory
41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw
"""
UNLIMITED_V1 = 9223372036854771712
PATH = st.from_regex(r"(/[a-z0-9:._ -]{1,8}){1,4}", fullmatch=True)


def test_groups_by_controller():
    paths = parse_groups(MIXED)
    assert paths["memory"] == "/process_api/71bc"
    assert paths["cpuacct"] == "/"
    assert paths[""] == "/user.slice"


@given(PATH)
def test_paths_with_colons_are_kept(path):
    assert parse_groups(b"4:memory:" + path.encode()) == {"memory": path}


@given(st.binary(max_size=300))
def test_no_text_breaks_a_parser(text):
    parse_groups(text)
    parse_groups(b"1:memory:" + text)
    parse_mounts(text)
    parse_mounts(b"1 2 0:1 / " + text + b" rw - cgroup cgroup rw,memory")
    assert all(value >= 0 for value in parse_pairs(text).values())


@given(st.dictionaries(st.from_regex(r"[a-z_]{1,20}", fullmatch=True), st.integers(0)))
def test_pairs_read_back(pairs):
    text = b"".join(b"%s %d\n" % (k.encode(), v) for k, v in pairs.items())
    short = {k: v for k, v in pairs.items() if len(str(v)) <= 20}
    assert parse_pairs(text) == short


def test_mounts_by_controller_the_whole_hierarchy_first():
    mounts = parse_mounts(MOUNTS)
    assert mounts["memory"] == Mount("/sys/fs/cgroup/memory", "/")
    assert mounts["cpuacct"].point == "/sys/fs/cgroup/cpu x"
    assert mounts[""] == Mount("/sys/fs/cgroup/unified", "/")


@pytest.fixture
def tree(tmp_path: Path):
    """Write files of control groups and return the mount's root."""

    def write(files: dict[str, object]) -> str:
        for name, content in files.items():
            file = tmp_path / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(f"{content}\n")
        return str(tmp_path)

    return write


def test_a_group_is_found_below_its_mount(tree):
    point = tree({"a/b/x": ""})
    assert find_place("/a/b", Mount(point, "/")).folder == f"{point}/a/b"
    assert (
        find_place("/docker/7/a/b", Mount(point, "/docker/7")).folder == f"{point}/a/b"
    )
    assert not find_place("/", Mount(point, "/")).is_fallback


@pytest.mark.parametrize("path", ["/gone", "/../outside", "/docker/78/a", "/a/../.."])
def test_a_group_that_is_not_visible_becomes_the_root_of_the_mount(tree, path):
    point = tree({"a/x": ""})
    root = "/docker/7" if "docker" in path else "/"
    place = find_place(path, Mount(point, root))
    assert (place.folder, place.is_fallback) == (point, True)


def test_climbing_ends_at_the_mount(tree):
    point = tree({"a/b/x": ""})
    place = find_place("/a/b", Mount(point, "/"))
    assert list(climb(place)) == [f"{point}/a/b", f"{point}/a", point]


def test_the_smallest_limit_on_the_way_binds(tree):
    point = tree(
        {"a/b/c/memory.max": "max", "a/b/memory.max": 900, "a/memory.max": 500}
    )
    bound = find_bound(find_place("/a/b/c", Mount(point, "/")), "memory.max")
    assert (bound.folder, bound.limit) == (f"{point}/a", 500)


def test_without_any_limit_it_is_the_own_group(tree):
    point = tree({"a/b/memory.max": "max", "a/memory.limit_in_bytes": UNLIMITED_V1})
    place = find_place("/a/b", Mount(point, "/"))
    assert find_bound(place, "memory.max") == (f"{point}/a/b", None)
    assert find_bound(place, "memory.limit_in_bytes") == (f"{point}/a/b", None)


def read(proc: Path, groups: bytes, mounts: dict[str, Mount]):
    """Read the groups of a process whose /proc/PID is a folder of the test."""
    proc.mkdir()
    (proc / "cgroup").write_bytes(groups)
    reader = GroupReader()
    reader._mounts = mounts
    folder = os.open(proc, os.O_RDONLY)
    try:
        return reader.read(folder)
    finally:
        os.close(folder)


def test_version_2(tree, tmp_path):
    point = tree(
        {
            "fs/a/b/memory.max": "max",
            "fs/a/b/memory.current": 100,
            "fs/a/b/memory.stat": "anon 1\ninactive_file 7",
            "fs/a/memory.max": 500,
            "fs/a/memory.current": 400,
            "fs/a/memory.stat": "anon 1\ninactive_file 30",
            "fs/a/memory.events": "low 0\nmax 12\noom 2\noom_kill 1",
            "fs/a/b/pids.max": 50,
            "fs/a/b/pids.current": 20,
        }
    )
    found = read(tmp_path / "1", b"0::/a/b\n", {"": Mount(f"{point}/fs", "/")})
    assert found.reading == {
        "cgroup_bytes": 370,
        "limit_cgroup_bytes": 500,
        "oom_kills": 1,
        "limit_hits": 12,
        "cgroup_pids": 20,
        "limit_cgroup_pids": 50,
    }
    assert set(found.reading) <= set(METRIC_BY_KEY)
    assert found.facts == {"cgroup_path": "/a/b", "cgroup_limit_path": "/a"}


def test_the_root_of_version_2_has_no_numbers(tree, tmp_path):
    point = tree({"fs/memory.stat": "inactive_file 7"})
    found = read(tmp_path / "1", b"0::/\n", {"": Mount(f"{point}/fs", "/")})
    assert found.reading == {}


V1 = {
    "m/a/memory.limit_in_bytes": 800,
    "m/a/memory.usage_in_bytes": 600,
    "m/a/memory.failcnt": 3,
    "m/a/memory.oom_control": "oom_kill_disable 0\nunder_oom 0\noom_kill 4",
    "m/a/memory.stat": (
        "inactive_file 1\nhierarchical_memory_limit 700\ntotal_inactive_file 50"
    ),
}


def test_version_1_in_mixed_mode(tree, tmp_path):
    point = tree({**V1, "u/a/memory.max": 1, "u/a/pids.current": 9})
    mounts = {"memory": Mount(f"{point}/m", "/"), "": Mount(f"{point}/u", "/")}
    found = read(tmp_path / "1", b"4:memory:/a\n0::/a\n", mounts)
    assert found.reading == {
        "cgroup_bytes": 550,
        "limit_cgroup_bytes": 700,
        "oom_kills": 4,
        "limit_hits": 3,
        "cgroup_pids": 9,
    }


def test_version_1_without_a_limit(tree, tmp_path):
    files = {**V1, "m/a/memory.limit_in_bytes": UNLIMITED_V1}
    files["m/a/memory.stat"] = (
        f"hierarchical_memory_limit {UNLIMITED_V1}\ntotal_inactive_file 50"
    )
    point = tree(files)
    mounts = {"memory": Mount(f"{point}/m", "/")}
    found = read(tmp_path / "1", b"4:memory:/a\n", mounts)
    assert "limit_cgroup_bytes" not in found.reading
    assert found.reading["cgroup_bytes"] == 550


def test_a_group_of_the_host_is_said_to_be_out_of_sight(tree, tmp_path):
    point = tree({name.replace("m/a/", "m/"): text for name, text in V1.items()})
    mounts = {"memory": Mount(f"{point}/m", "/")}
    found = read(tmp_path / "1", b"4:memory:/docker/7\n", mounts)
    assert found.reading["limit_cgroup_bytes"] == 700
    assert "/docker/7" in found.facts["cgroup_note"]


def test_a_system_without_control_groups(tmp_path):
    assert read(tmp_path / "1", b"", {}).reading == {}
