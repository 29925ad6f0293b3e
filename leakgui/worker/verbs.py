"""What the worker can be asked, and what it answers.

::

    client                               worker
    {id, verb: "hello"}                  {id, reply: "hello", protocol}, and it
                                             compiles what the next request needs
    {id, verb: "interpret", confirm,     {id, reply: "progress", done, total} ...
        copy, arrays, files}             {id, reply: "interpret", heap, arrays}
    {id, verb: "block", address}         {id, reply: "block", block}, or null
    {id, verb: "forget"}                 {id, reply: "forget"}
    {id, verb: "bye"}                    {id, reply: "bye"}, and it ends
    anything that failed                 {id, reply: "error", error, message, hint}

``copy`` is the header of the helper's "copy-heap"; its arrays and files are handed on.
"""

from __future__ import annotations

PROTOCOL = 1
"""Told in hello; another version is not talked to."""
