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

from ghg_inventory.formula.constants import constants
from ghg_inventory.formula.tree import Binary, Call, FormulaError, Name, Neg, Node, Num

FloatArray = npt.NDArray[np.float64]
Value = FloatArray | np.float64
BLOCK = 1 << 15

_BINARY: dict[str, Callable[..., Any]] = {
    "+": np.add, "-": np.subtract, "*": np.multiply, "/": np.divide, "**": np.power,
    "min": np.minimum, "max": np.maximum,
}  # fmt: skip
_UNARY: dict[str, Callable[..., Any]] = {
    "exp": np.exp, "ln": np.log, "sqrt": np.sqrt, "abs": np.absolute, "sign": np.sign,
}  # fmt: skip


def evaluate(text: str, tree: Node, values: Mapping[str, npt.ArrayLike]) -> FloatArray:
    """The formula's value, shaped like its inputs broadcast together (0-d when all are numbers).

    Raises: FormulaError formula-missing-input for a name without a value; ValueError for shapes that clash.
    """
    inputs = _inputs(text, tree, values)
    lengths = {value.shape for value in inputs.values() if value.ndim}
    with np.errstate(all="ignore"):
        if len(lengths) == 1 and len(next(iter(lengths))) == 1 and next(iter(lengths))[0] > BLOCK:
            return _in_blocks(tree, inputs, next(iter(lengths))[0])
        return np.array(_walk(tree, _scalars(inputs))[0], dtype=np.float64)


def _inputs(text: str, tree: Node, values: Mapping[str, npt.ArrayLike]) -> dict[str, FloatArray]:
    inputs: dict[str, FloatArray] = {}
    stack = [tree]
    while stack:
        node = stack.pop()
        if isinstance(node, Name) and node.name not in inputs:
            if node.name in values:
                inputs[node.name] = np.asarray(values[node.name], dtype=np.float64)
            elif node.name in constants():
                inputs[node.name] = np.asarray(float(constants()[node.name].value))
            else:
                raise FormulaError("formula-missing-input", text, node.at, symbol=node.name)
        elif isinstance(node, Neg):
            stack.append(node.operand)
        elif isinstance(node, Binary):
            stack += [node.left, node.right]
        elif isinstance(node, Call):
            stack += node.arguments
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
        result[start : start + BLOCK] = _walk(tree, block)[0]
    return result


def _walk(node: Node, values: Mapping[str, Value]) -> tuple[Value, bool]:
    """(value, True when it is a fresh array that may be overwritten)."""
    match node:
        case Num(value=value):
            return np.float64(float(value)), False
        case Name(name=name):
            return values[name], False
        case Neg(operand=operand):
            return _apply(np.negative, _walk(operand, values))
        case Binary(operator=operator, left=left, right=right):
            return _apply(_BINARY[operator], _walk(left, values), _walk(right, values))
        case Call(function="step", arguments=(argument,)):
            inner = _walk(argument, values)[0]
            return np.float64(1.0) * (inner > 0), True
        case Call(function=function, arguments=arguments):
            if function in _UNARY:
                return _apply(_UNARY[function], _walk(arguments[0], values))
            total = _walk(arguments[0], values)
            for argument in arguments[1:]:
                total = _apply(_BINARY[function], total, _walk(argument, values))
            return total


def _apply(function: Callable[..., Any], *operands: tuple[Value, bool]) -> tuple[Value, bool]:
    """The operator's value, written into an operand's buffer when that one is free and large enough."""
    arrays = [value for value, _ in operands]
    shapes = {value.shape for value in arrays if value.ndim}
    if len(shapes) == 1:
        for value, free in operands:
            if free and value.ndim:
                return function(*arrays, out=value), True
    result = function(*arrays)
    return result, bool(result.ndim)
