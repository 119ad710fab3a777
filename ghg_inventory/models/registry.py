"""What a registered model is: its function and the units it is declared in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]
Years = npt.NDArray[np.int64]
Arrays = Mapping[str, FloatArray]


@dataclass(frozen=True, slots=True)
class Model:
    """One registered function.

    function(years, series, parameters) -> outputs; years: int array [T], consecutive; every array [n, T].
    series, parameters, outputs: symbol -> unit. source: document, volume, equation.
    """

    name: str
    function: Callable[[Years, Arrays, Arrays], dict[str, FloatArray]]
    series: Mapping[str, str]
    parameters: Mapping[str, str]
    outputs: Mapping[str, str]
    source: str
