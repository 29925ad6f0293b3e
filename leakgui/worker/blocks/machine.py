"""Machine instructions that numba has no words for: prefetch, bits, atomic change."""

# mypy: disable-error-code="no-untyped-call"
# ruff: noqa: ANN401, ARG001  # numba passes objects of its own, which have no types

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

# Indexes are not checked: whoever calls must prove them.


def _typed(function: Any) -> Any:
    """Make an intrinsic without its types, which no caller could satisfy."""
    return intrinsic(function)


def _element(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
    """Return a pointer to element ``arguments[1]`` of array ``arguments[0]``."""
    array_type = signature.args[0]
    array = context.make_array(array_type)(context, builder, arguments[0])
    return cgutils.get_item_pointer(
        context, builder, array_type, array, [arguments[1]], wraparound=False
    )


@_typed
def prefetch(_typing: Any, array: Any, index: Any) -> Any:
    """Ask for the cache line of ``array[index]``, to be read soon."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        pointer = _element(context, builder, signature, arguments)
        number = ir.IntType(32)
        name = "llvm.prefetch.p0i8"
        pointer = builder.bitcast(pointer, ir.IntType(8).as_pointer())
        kind = ir.FunctionType(ir.VoidType(), [pointer.type, number, number, number])
        callee = cgutils.get_or_insert_function(builder.module, kind, name)
        builder.call(callee, [pointer, number(0), number(3), number(1)])
        return context.get_dummy_value()

    return types.void(array, types.int64), generate


def _atomic(operation: str) -> Any:
    """Make an intrinsic that changes one element and returns what was there."""

    def typed(_typing: Any, array: Any, index: Any, value: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            pointer = _element(context, builder, signature, arguments)
            return builder.atomic_rmw(operation, pointer, arguments[2], "seq_cst")

        return array.dtype(array, types.int64, array.dtype), generate

    return _typed(typed)


atomic_and = _atomic("and")
atomic_or = _atomic("or")
atomic_add = _atomic("add")
atomic_swap = _atomic("xchg")


@_typed
def count_ones(_typing: Any, value: Any) -> Any:
    """Return how many bits of a uint64 are set."""

    def generate(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        return builder.ctpop(arguments[0])

    return types.int64(types.uint64), generate


@_typed
def lowest_one(_typing: Any, value: Any) -> Any:
    """Return the number of the lowest set bit of a uint64 that is not 0."""

    def generate(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        return builder.cttz(arguments[0], ir.IntType(1)(1))

    return types.int64(types.uint64), generate


@_typed
def highest_one(_typing: Any, value: Any) -> Any:
    """Return the number of the highest set bit of a uint64 that is not 0."""

    def generate(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        zeros = builder.ctlz(arguments[0], ir.IntType(1)(1))
        return builder.sub(ir.IntType(64)(63), zeros)

    return types.int64(types.uint64), generate
