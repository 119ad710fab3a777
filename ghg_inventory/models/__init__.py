"""Time-dependent models: registered array functions with declared units.

A model takes series over years and parameters, all arrays [n, T] in the declared units, and gives series of
the same shape. NaN in a series means that nothing is known for that year (a blank is not zero); the caller
has said so before a model runs. Models know nothing of areas, categories or files.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
Arrays = Mapping[str, FloatArray]


@dataclass(frozen=True, slots=True)
class Model:
    """One registered function.

    function(years, series, parameters) -> outputs; years: int array [T], consecutive; every array [n, T].
    series, parameters, outputs: symbol -> unit. source: document, volume, equation.
    """

    name: str
    function: Callable[[npt.NDArray[np.int64], Arrays, Arrays], dict[str, FloatArray]]
    series: Mapping[str, str]
    parameters: Mapping[str, str]
    outputs: Mapping[str, str]
    source: str


MODELS: dict[str, Model] = {}
"""By name."""
