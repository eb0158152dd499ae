"""Lanes: eight numbers that a kernel treats as one, in the registers that processors have for that.

Compilers find out by themselves that a loop can be done several numbers at a time, or fail to, from one release to the next. Here
it is said. Every operation is the IEEE one on each lane by itself: a lane has the same bits whatever its neighbours hold, and on
every processor. Where the registers are shorter than eight numbers, LLVM takes several of them.

Lanes are of 64 bits: floats or words; or of 32: short floats. `+ - * /` and the comparisons work on floats, `+ * & | ^ << >>` and
the comparisons on words, `+ - * /` on short floats, each with a single number too.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba import extending, types
from numba.core import cgutils, imputils
from numba.core.datamodel import models
from numba.core.typing import templates

from forecast.arrays import LANES

Build = Callable[[Any, Any, Any], Any]


class _Lanes(types.Type):
    """The type of lanes of one kind of number."""

    def __init__(self, name: str, element: Any) -> None:
        super().__init__(f"lanes of {name}")
        self.vector = ir.VectorType(element, LANES)


@extending.register_model(_Lanes)
class _Model(models.PrimitiveModel):
    def __init__(self, manager: Any, kind: _Lanes) -> None:
        super().__init__(manager, kind, kind.vector)  # type: ignore[no-untyped-call]


WORD, INDEX = ir.IntType(64), ir.IntType(32)
FLOATS, WORDS, FLAGS = _Lanes("floats", ir.DoubleType()), _Lanes("words", WORD), _Lanes("flags", ir.IntType(1))
SHORTS = _Lanes("short floats", ir.FloatType())
SINGLE = {FLOATS: types.float64, WORDS: types.uint64, SHORTS: types.float64}

lower: Any = imputils.lower_builtin
infer: Any = templates.infer_global
signature: Any = templates.signature


def intrinsic(generate: Callable[..., Any]) -> Any:
    """What kernels call; its first argument is numba's own, which numba's annotations would have the callers give."""
    return extending.intrinsic(generate)


def _shuffle(builder: Any, left: Any, right: Any, order: list[int]) -> Any:
    """The lanes of both, left before right, that stand at the places of an order."""
    return builder.shuffle_vector(left, right, ir.Constant(ir.VectorType(INDEX, LANES), order))


def _spread(builder: Any, number: Any) -> Any:
    """The lanes that all hold one number."""
    lanes = ir.Constant(ir.VectorType(number.type, LANES), ir.Undefined)
    lanes = builder.insert_element(lanes, number, ir.Constant(INDEX, 0))
    return _shuffle(builder, lanes, lanes, [0] * LANES)


def _call(builder: Any, name: str, kind: _Lanes, values: Any) -> Any:
    """LLVM's own function of lanes of a kind, which become one more of that kind."""
    signs = ir.FunctionType(kind.vector, [kind.vector] * len(values))
    name = f"llvm.{name}.v{LANES}f{32 if kind is SHORTS else 64}"
    return builder.call(cgutils.get_or_insert_function(builder.module, signs, name), values)  # type: ignore[no-untyped-call]


def _widen(builder: Any, value: Any, of: Any, kind: _Lanes) -> Any:
    """A value as lanes of a kind, if it is a single number."""
    if of is kind:
        return value
    return _spread(builder, builder.fptrunc(value, kind.vector.element) if kind is SHORTS else value)


def _define(operation: Any, kind: _Lanes, result: _Lanes, build: Build) -> None:
    """Teach numba an operator of two lanes, or of lanes and a single number."""
    cases = [(kind, kind), (kind, SINGLE[kind]), (SINGLE[kind], kind)]

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        both = zip(args, sig.args, strict=True)
        return build(builder, *(_widen(builder, value, of, kind) for value, of in both))

    for case in cases:
        lower(operation, *case)(generate)
    signatures = [signature(result, *case) for case in cases]
    infer(operation)(type(f"Lanes_{operation.__name__}", (templates.ConcreteTemplate,), {"cases": signatures}))


def _as_built(name: str) -> Build:
    return lambda builder, left, right: getattr(builder, name)(left, right)


def _compared(name: str, sign: str) -> Build:
    return lambda builder, left, right: getattr(builder, name)(sign, left, right)


for _operation, _name in {"add": "fadd", "sub": "fsub", "mul": "fmul", "truediv": "fdiv"}.items():
    for _kind in (FLOATS, SHORTS):
        _define(getattr(operator, _operation), _kind, _kind, _as_built(_name))
for _operation, _name in {"add": "add", "mul": "mul", "rshift": "lshr", "lshift": "shl"}.items():
    _define(getattr(operator, _operation), WORDS, WORDS, _as_built(_name))
for _operation in ("and_", "or_", "xor"):
    _define(getattr(operator, _operation), WORDS, WORDS, _as_built(_operation))
for _operation, _sign in {"lt": "<", "le": "<=", "gt": ">", "ge": ">="}.items():
    _define(getattr(operator, _operation), FLOATS, FLAGS, _compared("fcmp_ordered", _sign))
    _define(getattr(operator, _operation), WORDS, FLAGS, _compared("icmp_unsigned", _sign))


def _find_kind(number: Any) -> _Lanes:
    return WORDS if number == types.uint64 else FLOATS


def _find_place(context: Any, builder: Any, kind: Any, array: Any, index: Any) -> Any:
    """Where array[index] is kept; the index is 0 or more, and within the array."""
    return builder.gep(context.make_array(kind)(context, builder, array).data, [index])


@intrinsic
def spread(typing: Any, number: Any) -> Any:
    """The lanes that all hold one number."""
    return _find_kind(number)(number), lambda context, builder, sig, args: _spread(builder, args[0])


@intrinsic
def load(typing: Any, array: Any, index: Any) -> Any:
    """The eight numbers from array[index] on; array : contiguous, of one axis."""
    kind = _find_kind(array.dtype)

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        place = _find_place(context, builder, array, *args)
        return builder.load(builder.bitcast(place, kind.vector.as_pointer()), align=8)

    return kind(array, types.intp), generate


@intrinsic
def store(typing: Any, array: Any, index: Any, lanes: Any) -> Any:
    """Write lanes to array[index] and the seven places behind it."""

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        place = _find_place(context, builder, array, *args[:2])
        builder.store(args[2], builder.bitcast(place, lanes.vector.as_pointer()), align=8)
        return context.get_dummy_value()

    return types.void(array, types.intp, lanes), generate


@intrinsic
def turn(typing: Any, rows: Any, index: Any, apart: Any, out: Any, places: Any) -> Any:
    """Write a block of eight by eight numbers, its rows as columns: column k of it to out[places[k]] and the seven places behind.

    rows : row k of the block is what begins at rows[index + k * apart]; places : words
    """

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        block, at = [], args[1]
        for _ in range(LANES):
            place = _find_place(context, builder, rows, args[0], at)
            block.append(builder.load(builder.bitcast(place, FLOATS.vector.as_pointer()), align=8))
            at = builder.add(at, args[2])
        half = 1
        while half < LANES:  # swap the blocks of so many numbers beside the diagonal, then of twice as many
            for k in (k for k in range(LANES) if not k & half):
                kept = [lane if not lane & half else LANES + lane - half for lane in range(LANES)]
                other = [lane + half if not lane & half else LANES + lane for lane in range(LANES)]
                pair = block[k], block[k + half]
                block[k], block[k + half] = (_shuffle(builder, *pair, order) for order in (kept, other))
            half *= 2
        for lane, column in enumerate(block):
            at = builder.extract_element(args[4], ir.Constant(INDEX, lane))
            place = _find_place(context, builder, out, args[3], at)
            builder.store(column, builder.bitcast(place, FLOATS.vector.as_pointer()), align=8)
        return context.get_dummy_value()

    return types.void(rows, types.intp, types.intp, out, WORDS), generate


@intrinsic
def gather(typing: Any, array: Any, index: Any, beyond: Any) -> Any:
    """array[i + beyond] for each i of the lanes `index`, all of them within the array."""
    kind = _find_kind(array.dtype)

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        found = ir.Constant(kind.vector, ir.Undefined)
        for lane in (ir.Constant(INDEX, number) for number in range(LANES)):
            at = builder.add(builder.extract_element(args[1], lane), args[2])
            number = builder.load(_find_place(context, builder, array, args[0], at))
            found = builder.insert_element(found, number, lane)
        return found

    return kind(array, WORDS, types.intp), generate


@intrinsic
def choose(typing: Any, flags: Any, left: Any, right: Any) -> Any:
    """Left where the flag is set, right elsewhere; both lanes of one kind."""
    return left(FLAGS, left, left), lambda context, builder, sig, args: builder.select(*args)


@intrinsic
def as_bits(typing: Any, flags: Any) -> Any:
    """A word whose lowest bits are the flags, that of the first lane lowest."""

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return builder.zext(builder.bitcast(args[0], ir.IntType(LANES)), WORD)

    return types.uint64(FLAGS), generate


@intrinsic
def first_bit(typing: Any, word: Any) -> Any:
    """The place of the lowest bit that is set in a single word, which is not 0."""

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return builder.cttz(args[0], ir.Constant(ir.IntType(1), 1))

    return types.intp(types.uint64), generate


@intrinsic
def floor(typing: Any, lanes: Any) -> Any:
    """The largest whole number not above each."""

    return FLOATS(FLOATS), lambda context, builder, sig, args: _call(builder, "floor", FLOATS, args)


@intrinsic
def fused(typing: Any, left: Any, right: Any, more: Any) -> Any:
    """left * right + more, rounded once; floats or short floats, of which one or two may be single numbers."""
    kind = next(of for of in (left, right, more) if isinstance(of, _Lanes))

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        values = [_widen(builder, value, of, kind) for value, of in zip(args, sig.args, strict=True)]
        return _call(builder, "fma", kind, values)

    return kind(left, right, more), generate


@intrinsic
def shorten(typing: Any, lanes: Any) -> Any:
    """The nearest short floats: what is worth seven digits is worked out in half the time."""
    return SHORTS(FLOATS), lambda context, builder, sig, args: builder.fptrunc(args[0], SHORTS.vector)


@intrinsic
def lengthen(typing: Any, lanes: Any) -> Any:
    """Short floats as floats."""
    return FLOATS(SHORTS), lambda context, builder, sig, args: builder.fpext(args[0], FLOATS.vector)


@intrinsic
def as_floats(typing: Any, words: Any) -> Any:
    """The floats of the same bits."""
    return FLOATS(WORDS), lambda context, builder, sig, args: builder.bitcast(args[0], FLOATS.vector)


@intrinsic
def as_words(typing: Any, floats: Any) -> Any:
    """The words of the same bits."""
    return WORDS(FLOATS), lambda context, builder, sig, args: builder.bitcast(args[0], WORDS.vector)
