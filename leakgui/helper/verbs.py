"""What the helper can be asked, and what it answers.

::

    client                               helper
    {id, verb: "hello"}                  {id, reply: "hello", protocol,
                                             can_pass_files}
    {id, verb: "snapshot", pid,          {id, reply: "progress", done, total} ...
        start_ticks}                     {id, reply: "snapshot", counters, gaps,
                                             facts, cost_ms, taken_unix_s, arrays}
    {id, verb: "estimate-heap", pid,     {id, reply: "estimate-heap", copy_bytes,
        start_ticks}                         paused_ms, fork_paused_ms, threads,
                                             needs_bytes, can_fork,
                                             cannot_fork_reason, notes}
    {id, verb: "copy-heap", pid,         {id, reply: "progress", done, total} ...
        start_ticks, level}              {id, reply: "copy-heap", ..., arrays, files}
    {id, verb: "bye"}                    {id, reply: "bye"}, and it ends
    anything that failed                 {id, reply: "error", error, message, hint}

The files of "copy-heap" are a sealed memory file, whose offsets are addresses of the
target, and the files that the target has mapped; see ``leakgui.wire.passing``.
"""

from __future__ import annotations

PROTOCOL = 3
"""Told in hello; another version is not talked to.

An installed copy that has rights is found by this number (``helper.elevation``), so it
is also raised where an older copy should no more be used: those of 2 look into programs
that had the rights of another group.
"""
