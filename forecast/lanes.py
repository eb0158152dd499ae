"""Lanes: eight numbers that a kernel treats as one, in the registers that processors have for that.

Compilers find out by themselves that a loop can be done several numbers at a time, or fail to, from one release to the next. Here
it is said. Every operation is the IEEE one on each lane by itself: a lane has the same bits whatever its neighbours hold.
Where a processor's registers are shorter than eight numbers, LLVM takes several of them.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.core.datamodel import models
from numba.core.imputils import lower_builtin
from numba.core.typing.templates import ConcreteTemplate, infer_global, signature
from numba.extending import intrinsic, register_model

from forecast.arrays import LANES

WORD, REAL, BIT = ir.IntType(64), ir.DoubleType(), ir.IntType(1)


class _Lanes(types.Type):
    def __init__(self, name: str, element: Any) -> None:
        super().__init__(f"lanes of {name}")
        self.vector = ir.VectorType(element, LANES)


@register_model(_Lanes)
class _Model(models.PrimitiveModel):
    def __init__(self, manager: Any, kind: _Lanes) -> None:
        super().__init__(manager, kind, kind.vector)


FLOATS, WORDS, FLAGS = _Lanes("float64", REAL), _Lanes("uint64", WORD), _Lanes("flags", BIT)
_SCALAR = {FLOATS: types.float64, WORDS: types.uint64}


def _spread(builder: Any, scalar: Any) -> Any:
    """The vector of one scalar."""
    vector = ir.Constant(ir.VectorType(scalar.type, LANES), ir.Undefined)
    vector = builder.insert_element(vector, scalar, ir.Constant(ir.IntType(32), 0))
    zeros = ir.Constant(ir.VectorType(ir.IntType(32), LANES), [0] * LANES)
    return builder.shuffle_vector(vector, vector, zeros)


def _define(operation: Any, kind: _Lanes, result: _Lanes, build: Callable[..., Any]) -> None:
    """An operator of two lanes, or of lanes and a scalar of their kind."""
    cases = [(kind, kind), (kind, _SCALAR[kind]), (_SCALAR[kind], kind)]

    def lower(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        left, right = (
            value if isinstance(of, _Lanes) else _spread(builder, value)
            for value, of in zip(args, sig.args, strict=True)
        )
        return build(builder, left, right)

    for case in cases:
        lower_builtin(operation, *case)(lower)
    template = type(
        "Lanes_" + operation.__name__, (ConcreteTemplate,), {"cases": [signature(result, *c) for c in cases]}
    )
    infer_global(operation)(template)


for _operation, _name in (("add", "fadd"), ("sub", "fsub"), ("mul", "fmul"), ("truediv", "fdiv")):
    _define(getattr(operator, _operation), FLOATS, FLOATS, lambda b, x, y, name=_name: getattr(b, name)(x, y))
for _operation, _name in (
    ("add", "add"),
    ("mul", "mul"),
    ("xor", "xor"),
    ("and_", "and_"),
    ("or_", "or_"),
    ("rshift", "lshr"),
    ("lshift", "shl"),
):
    _define(getattr(operator, _operation), WORDS, WORDS, lambda b, x, y, name=_name: getattr(b, name)(x, y))
for _operation, _sign in (("lt", "<"), ("le", "<="), ("gt", ">"), ("ge", ">=")):
    _define(getattr(operator, _operation), FLOATS, FLAGS, lambda b, x, y, sign=_sign: b.fcmp_ordered(sign, x, y))
    _define(getattr(operator, _operation), WORDS, FLAGS, lambda b, x, y, sign=_sign: b.icmp_unsigned(sign, x, y))


def _element(context: Any, builder: Any, kind: Any, array: Any, index: Any) -> Any:
    struct = context.make_array(kind)(context, builder, array)
    return builder.gep(struct.data, [index])


@intrinsic
def spread(typing, value):  # type: ignore[no-untyped-def]
    """Lanes that all hold one number."""
    kind = WORDS if value == types.uint64 else FLOATS
    return kind(value), lambda context, builder, sig, args: _spread(builder, args[0])


@intrinsic
def load(typing, array, index):  # type: ignore[no-untyped-def]
    """The eight numbers from array[index] on, of a contiguous array of one axis."""
    kind = WORDS if array.dtype == types.uint64 else FLOATS

    def build(context, builder, sig, args):  # type: ignore[no-untyped-def]
        at = _element(context, builder, sig.args[0], *args)
        return builder.load(builder.bitcast(at, kind.vector.as_pointer()), align=8)

    return kind(array, types.intp), build


@intrinsic
def store(typing, array, index, lanes):  # type: ignore[no-untyped-def]
    """Writes lanes to array[index] and the seven behind it."""

    def build(context, builder, sig, args):  # type: ignore[no-untyped-def]
        at = _element(context, builder, sig.args[0], *args[:2])
        builder.store(args[2], builder.bitcast(at, sig.args[2].vector.as_pointer()), align=8)
        return context.get_dummy_value()

    return types.void(array, types.intp, lanes), build


@intrinsic
def gather(typing, array, index, beyond):  # type: ignore[no-untyped-def]
    """array[i + beyond] for each index i of the lanes."""
    kind = WORDS if array.dtype == types.uint64 else FLOATS

    def build(context, builder, sig, args):  # type: ignore[no-untyped-def]
        found = ir.Constant(kind.vector, ir.Undefined)
        for lane in range(LANES):
            place = ir.Constant(ir.IntType(32), lane)
            index = builder.add(builder.extract_element(args[1], place), args[2])
            found = builder.insert_element(
                found, builder.load(_element(context, builder, sig.args[0], args[0], index)), place
            )
        return found

    return kind(array, WORDS, types.intp), build


@intrinsic
def choose(typing, flags, left, right):  # type: ignore[no-untyped-def]
    """Left where the flag is set, right elsewhere."""
    return left(flags, left, right), lambda context, builder, sig, args: builder.select(*args)


@intrinsic
def some(typing, flags):  # type: ignore[no-untyped-def]
    """True when any flag is set."""

    def build(context, builder, sig, args):  # type: ignore[no-untyped-def]
        mask = builder.bitcast(args[0], ir.IntType(LANES))
        return builder.icmp_unsigned("!=", mask, ir.Constant(mask.type, 0))

    return types.boolean(flags), build


@intrinsic
def floor(typing, lanes):  # type: ignore[no-untyped-def]
    """The largest whole number not above each."""

    def build(context, builder, sig, args):  # type: ignore[no-untyped-def]
        kind = ir.FunctionType(FLOATS.vector, [FLOATS.vector])
        return builder.call(cgutils.get_or_insert_function(builder.module, kind, f"llvm.floor.v{LANES}f64"), args)

    return FLOATS(lanes), build


@intrinsic
def as_floats(typing, lanes):  # type: ignore[no-untyped-def]
    """The same bits."""
    return FLOATS(lanes), lambda context, builder, sig, args: builder.bitcast(args[0], FLOATS.vector)


@intrinsic
def as_words(typing, lanes):  # type: ignore[no-untyped-def]
    """The same bits."""
    return WORDS(lanes), lambda context, builder, sig, args: builder.bitcast(args[0], WORDS.vector)
