"""Every failure leakgui expects, each with what to tell the user.

::

    LeakguiError
    ├── BadUsage             the command line or a setting does not make sense
    ├── TargetError
    │   ├── ProcessGone      it ended, or the pid now belongs to another process
    │   ├── AccessDenied     the system does not let us read it
    │   └── Unsupported      this system or this kind of process cannot answer
    ├── ToolMissing          a compiler or another program is not installed
    ├── HelperFailed         the process that reads for us ended or answered nonsense
    ├── SessionUnreadable    a file is damaged, newer than us, or no recording at all
    └── WriteFailed          disk full, folder read-only: the old file is still there

Everything else is a bug and is reported as one.
"""

from __future__ import annotations


class LeakguiError(Exception):
    """A failure with a reason outside leakgui: what happened, and what to do.

    Attributes:
        message: what happened, one sentence, fit to be shown.
        hint: what the user can do, with the command to try; may be empty.
        exit_code: what the command line ends with.
    """

    exit_code = 2

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class BadUsage(LeakguiError):
    """The command line or a setting does not make sense."""


class TargetError(LeakguiError):
    """The process that was asked about cannot answer."""


class ProcessGone(TargetError):
    """The process ended, or its pid now belongs to another one."""


class AccessDenied(TargetError):
    """The system does not let us read this process."""


class Unsupported(TargetError):
    """This system, or this kind of process, cannot answer the question."""


class ToolMissing(LeakguiError):
    """A program that is needed is not installed."""


class HelperFailed(LeakguiError):
    """The helper process ended early or answered what nobody asked."""


class SessionUnreadable(LeakguiError):
    """A file is damaged, written by a newer leakgui, or not a recording."""


class WriteFailed(LeakguiError):
    """A file could not be written; what stood there before still does."""
