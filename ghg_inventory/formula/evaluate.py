"""Evaluation by walking the tree over numpy arrays, block by block.

Long columns are computed in blocks that fit the processor's cache; inside a block every operator writes into
a buffer it owns, so a formula costs about as many memory passes as the bare numpy expression or fewer.
Arithmetic is IEEE: a division by zero gives inf or nan in that row, never an exception; callers look for rows
that are not finite and make a finding of each.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from ghg_inventory.formula.constants import constants, refuse_reserved
from ghg_inventory.formula.tree import Binary, Call, FormulaError, Name, Neg, Node, Num, walk

FloatArray = npt.NDArray[np.float64]
Value = FloatArray | np.float64
BLOCK = 1 << 14

_BINARY: dict[str, Callable[..., Any]] = {
    "+": np.add, "-": np.subtract, "*": np.multiply, "/": np.divide, "**": np.power,
    "min": np.minimum, "max": np.maximum,
}  # fmt: skip
_UNARY: dict[str, Callable[..., Any]] = {
    "exp": np.exp, "ln": np.log, "sqrt": np.sqrt, "abs": np.absolute, "sign": np.sign,
}  # fmt: skip


def evaluate(text: str, tree: Node, values: Mapping[str, npt.ArrayLike]) -> FloatArray:
    """The formula's value, shaped like its inputs broadcast together (0-d when all are numbers).

    Raises: FormulaError formula-missing-input for a name without a value, formula-reserved; ValueError for
    shapes that clash.
    """
    inputs = _inputs(text, tree, values)
    lengths = {value.shape for value in inputs.values() if value.ndim}
    with np.errstate(all="ignore"):
        if len(lengths) == 1 and len(next(iter(lengths))) == 1 and next(iter(lengths))[0] > BLOCK:
            return _in_blocks(tree, inputs, next(iter(lengths))[0])
        value, free = _walk(tree, _scalars(inputs))
        return np.asarray(value) if free else np.array(value, dtype=np.float64)


def _inputs(text: str, tree: Node, values: Mapping[str, npt.ArrayLike]) -> dict[str, FloatArray]:
    refuse_reserved(text, values)
    inputs: dict[str, FloatArray] = {}
    for node in walk(tree):
        if not isinstance(node, Name) or node.name in inputs:
            continue
        if node.name in values:
            inputs[node.name] = np.asarray(values[node.name], dtype=np.float64)
        elif node.name in constants():
            inputs[node.name] = np.asarray(float(constants()[node.name].value))
        else:
            raise FormulaError("formula-missing-input", text, node.at, symbol=node.name)
    return inputs


def _scalars(inputs: Mapping[str, FloatArray]) -> dict[str, Value]:
    return {name: value if value.ndim else np.float64(value) for name, value in inputs.items()}


def _in_blocks(tree: Node, inputs: Mapping[str, FloatArray], length: int) -> FloatArray:
    result = np.empty(length)
    fixed = _scalars({name: value for name, value in inputs.items() if not value.ndim})
    columns = {name: value for name, value in inputs.items() if value.ndim}
    for start in range(0, length, BLOCK):
        block: dict[str, Value] = {name: value[start : start + BLOCK] for name, value in columns.items()}
        block.update(fixed)
        out = result[start : start + BLOCK]
        value = _walk(tree, block, out)[0]
        if value is not out:
            out[...] = value
    return result


def _walk(node: Node, values: Mapping[str, Value], out: FloatArray | None = None) -> tuple[Value, bool]:
    """(value, True when it is a fresh array that may be overwritten); out: where the root may write."""
    match node:
        case Num(value=value):
            return np.float64(float(value)), False
        case Name(name=name):
            return values[name], False
        case Neg(operand=operand):
            return _apply(np.negative, _walk(operand, values), out=out)
        case Binary(operator=operator, left=left, right=right):
            return _apply(_BINARY[operator], _walk(left, values), _walk(right, values), out=out)
        case Call(function="step", arguments=(argument,)):
            return _apply(np.heaviside, _walk(argument, values), (np.float64(0.0), False))
        case Call(function=function, arguments=arguments):
            if function in _UNARY:
                return _apply(_UNARY[function], _walk(arguments[0], values), out=out)
            total = _walk(arguments[0], values)
            for argument in arguments[1:]:
                total = _apply(_BINARY[function], total, _walk(argument, values))
            return total


def _apply(
    function: Callable[..., Any], *operands: tuple[Value, bool], out: FloatArray | None = None
) -> tuple[Value, bool]:
    """The operator's value, written into `out` or into an operand's buffer that is free and large enough."""
    arrays = [value for value, _ in operands]
    shapes = {value.shape for value in arrays if value.ndim}
    if len(shapes) == 1:
        if out is not None:
            return function(*arrays, out=out), True
        for value, free in operands:
            if free and value.ndim:
                return function(*arrays, out=value), True
    result = function(*arrays)
    return result, bool(result.ndim)
