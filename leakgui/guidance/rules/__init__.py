"""The rules, in the order a person would ask.

First what is about to fail, then what is counted (handles, threads, mappings), then
the stack, then memory (what is lost before what is held), then health. To add a rule
is to write one file with one class, to name it here, and to give it a test of the
same name.
"""

from __future__ import annotations

from leakgui.guidance.rule import Rule
from leakgui.guidance.rules.bulk_load import BulkLoad
from leakgui.guidance.rules.fragmentation import Fragmentation
from leakgui.guidance.rules.growing_memory import GrowingMemory
from leakgui.guidance.rules.handle_leak import HandleLeak
from leakgui.guidance.rules.healthy_shape import HealthyShape
from leakgui.guidance.rules.limit_emergency import LimitEmergency
from leakgui.guidance.rules.limit_too_small import LimitTooSmall
from leakgui.guidance.rules.mapping_leak import MappingLeak
from leakgui.guidance.rules.missing_virtual_destructor import MissingVirtualDestructor
from leakgui.guidance.rules.reachable_growth import ReachableGrowth
from leakgui.guidance.rules.retention import Retention
from leakgui.guidance.rules.runaway_loop import RunawayLoop
from leakgui.guidance.rules.shared_memory import SharedMemory
from leakgui.guidance.rules.socket_leak import SocketLeak
from leakgui.guidance.rules.stack_use import StackUse
from leakgui.guidance.rules.thread_leak import ThreadLeak
from leakgui.guidance.rules.too_little_evidence import TooLittleEvidence
from leakgui.guidance.rules.unreachable_blocks import UnreachableBlocks

RULES: tuple[Rule, ...] = (
    LimitEmergency(),
    HandleLeak(),
    SocketLeak(),
    ThreadLeak(),
    MappingLeak(),
    SharedMemory(),
    StackUse(),
    MissingVirtualDestructor(),
    UnreachableBlocks(),
    BulkLoad(),
    RunawayLoop(),
    LimitTooSmall(),
    ReachableGrowth(),
    GrowingMemory(),
    Fragmentation(),
    Retention(),
    HealthyShape(),
    TooLittleEvidence(),
)
