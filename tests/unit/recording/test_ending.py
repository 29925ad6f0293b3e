"""A cause of death is named only where something speaks for it."""

from __future__ import annotations

import pytest

from leakgui.recording.ending import describe_end

GIB = 2**30


@pytest.mark.parametrize(
    ("code", "last", "first", "says"),
    [
        (None, {}, {}, "exit code is known only"),
        (0, {}, {}, "exit code 0)."),
        (3, {"rss_bytes": GIB, "limit_cgroup_bytes": GIB}, {}, "exit code 3)."),
        (137, {}, {}, "SIGKILL). Why is not known."),
        (143, {}, {}, "SIGTERM). Why is not known."),
        (137, {"oom_kills": 3.0}, {"oom_kills": 3.0}, "Why is not known."),
        (137, {"oom_kills": 4.0}, {"oom_kills": 3.0}, "memory is a likely reason"),
        (
            137,
            {"cgroup_bytes": 1.98 * GIB, "limit_cgroup_bytes": 2.0 * GIB},
            {},
            "1.98 GiB of 2.00 GiB (control group memory)",
        ),
        (
            137,
            {"cgroup_bytes": 1.0 * GIB, "limit_cgroup_bytes": 2.0 * GIB},
            {},
            "Why is not known.",
        ),
        (
            139,
            {"stack_bytes": 8e6, "limit_stack_bytes": 8.3e6},
            {},
            "(main stack (ulimit -s)), so that is a likely reason",
        ),
        (139, {"cgroup_bytes": 2.0, "limit_cgroup_bytes": 2.0}, {}, "not known"),
        (134, {"vms_bytes": 99.0, "limit_as_bytes": 100.0}, {}, "address space"),
        (128, {}, {}, "exit code 128)."),
        (168, {}, {}, "killed by signal 40"),
        (255, {}, {}, "exit code 255)."),
    ],
)
def test_words(code, last, first, says):
    assert says in describe_end(code, last, first)
