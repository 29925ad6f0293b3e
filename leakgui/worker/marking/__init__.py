"""Which blocks a pointer still leads to, with Valgrind's meaning of the states."""

from leakgui.worker.marking.confirming import LostBefore, confirm, lost_of
from leakgui.worker.marking.grouping import group_possible
from leakgui.worker.marking.marking import mark

__all__ = ["LostBefore", "confirm", "group_possible", "lost_of", "mark"]
