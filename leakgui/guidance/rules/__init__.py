"""The rules, in the order a person would ask.

First what is about to fail, then what is counted (handles, threads, mappings), then
the stack, then memory, then health. To add a rule is to write one file with one
class, to name it here, and to give it a test of the same name.
"""

from __future__ import annotations

from leakgui.guidance.rule import Rule
from leakgui.guidance.rules.bulk_load import BulkLoad
from leakgui.guidance.rules.growing_memory import GrowingMemory
from leakgui.guidance.rules.handle_leak import HandleLeak
from leakgui.guidance.rules.healthy_shape import HealthyShape
from leakgui.guidance.rules.limit_emergency import LimitEmergency
from leakgui.guidance.rules.limit_too_small import LimitTooSmall
from leakgui.guidance.rules.mapping_leak import MappingLeak
from leakgui.guidance.rules.runaway_loop import RunawayLoop
from leakgui.guidance.rules.shared_memory import SharedMemory
from leakgui.guidance.rules.socket_leak import SocketLeak
from leakgui.guidance.rules.stack_use import StackUse
from leakgui.guidance.rules.thread_leak import ThreadLeak
from leakgui.guidance.rules.too_little_evidence import TooLittleEvidence

RULES: tuple[Rule, ...] = (
    LimitEmergency(),
    HandleLeak(),
    SocketLeak(),
    ThreadLeak(),
    MappingLeak(),
    SharedMemory(),
    StackUse(),
    BulkLoad(),
    RunawayLoop(),
    LimitTooSmall(),
    GrowingMemory(),
    HealthyShape(),
    TooLittleEvidence(),
)
