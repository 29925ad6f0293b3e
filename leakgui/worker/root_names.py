"""Places in a process where pointers to its heap begin, as people call them."""

from __future__ import annotations

from collections.abc import Hashable

from leakgui.texts import say
from leakgui.worker.image import Image
from leakgui.worker.naming.modules import Modules
from leakgui.worker.roots import RootKind

# struct user_regs_struct, x86-64: arch/x86/include/asm/user_64.h
_REGISTERS = (
    *("r15", "r14", "r13", "r12", "rbp", "rbx", "r11", "r10", "r9", "r8"),
    *("rax", "rcx", "rdx", "rsi", "rdi", "orig_rax", "rip", "cs", "eflags"),
    *("rsp", "ss", "fs_base", "gs_base", "ds", "es", "fs", "gs"),
)
_FIRST_VECTOR = 100


class RootNames:
    """Names the roots of one image, and says which belong together."""

    def __init__(self, image: Image, modules: Modules) -> None:
        self._modules, self._pid = modules, image.pid
        threads = image.threads
        self._threads = dict(
            zip(threads.tid.tolist(), threads.name.as_list(), strict=True)
        )

    def describe(self, where: int, kind: int, tid: int, _: int) -> str:
        """Return ``global g_cache (libfoo.so)``, ``register rbx of thread 7``, ..."""
        if kind == RootKind.GLOBAL:
            symbol = self._modules.symbol_at(where) or f"0x{where:x}"
            return say("global {symbol}", symbol=symbol)
        if kind in {RootKind.MEMORY, RootKind.SHARED}:
            what = say("shared memory") if kind == RootKind.SHARED else say("memory")
            return say("{what} at {address}", what=what, address=f"0x{where:x}")
        thread = self._thread(tid)
        if kind == RootKind.STACK:
            return say("stack of {thread}", thread=thread)
        if kind == RootKind.THREAD_LOCAL:
            return say("thread-local memory of {thread}", thread=thread)
        register = _register_name(where)
        return say("register {name} of {thread}", name=register, thread=thread)

    def owner(self, where: int, kind: int, tid: int, _: int) -> Hashable | None:
        """Return what is equal for words of one variable, stack or mapping.

        None where no symbol tells where a variable begins.
        """
        if kind == RootKind.GLOBAL:
            return self._modules.variable_at(where)
        if kind in {RootKind.MEMORY, RootKind.SHARED}:
            return kind, self._modules.find_region(where)
        # A local variable may be in registers, and the stack then points to its like.
        return kind == RootKind.THREAD_LOCAL, tid

    def _thread(self, tid: int) -> str:
        if tid < 0:
            # glibc keeps its stack and its control block for another one.
            return say("a thread that has ended")
        if tid == self._pid:
            return say("the main thread")
        name = self._threads.get(tid, "")
        if not name:
            return say("thread {tid}", tid=tid)
        return say("thread {tid} ({name})", tid=tid, name=name)


def _register_name(number: int) -> str:
    if number >= _FIRST_VECTOR:
        return f"xmm{(number - _FIRST_VECTOR) // 2}"
    return _REGISTERS[number] if 0 <= number < len(_REGISTERS) else str(number)
