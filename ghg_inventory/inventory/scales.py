"""Unit factors between what was submitted, what a factor row is per, and what a formula expects."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

from ghg_inventory.factors import Factor
from ghg_inventory.methods import Input
from ghg_inventory.units import Unit, UnitError, convertible, factor_between, parse_unit, with_substance


def unit_of(text: str) -> Unit | None:
    """The unit, None where the text is blank or not a unit (the readers have said so)."""
    try:
        return parse_unit(text) if text else None
    except UnitError:
        return None


def factor_value(factor: Factor, need: Input, gas: str) -> float:
    """The factor in the unit the formula expects; NaN when its dimension is another.

    A factor printed without its gas ("kg/TJ" in a CH4 table) takes the gas of its row.
    """
    return factor.value * scale(factor.unit, None, (need.unit,), gas)


def of_gas(need: Input, gas: str) -> Input:
    """The input with the gas in its unit: kg/m2 is kg CF4/m2 where a method serves every gas."""
    return replace(need, unit=with_substance(need.unit, gas))


def energy_through(ncv: Factor, unit: Unit, target: Unit) -> float:
    """`target` units of energy in one `unit` of the fuel."""
    return ncv.value * scale(ncv.unit, unit, (target,), "")


def tonnes_per_tj(factor: Factor, tonne_gas: Unit, tonne: Unit) -> float:
    """Tonnes of gas per TJ."""
    return factor.value * scale(factor.unit, parse_unit("TJ"), (tonne_gas, tonne), "")


@lru_cache(maxsize=65536)
def scale(unit: Unit, times: Unit | None, targets: tuple[Unit, ...], gas: str) -> float:
    """The factor from `unit` (× `times`) to the first target it converts to, NaN if there is none.

    With a gas, a unit that names none is also tried as mass of that gas. Called once per distinct units.
    """
    tried = [unit if times is None else times.product(unit)]
    named = unit_of(f"t {gas}/t") if gas else None
    if named is not None:
        tried.append(tried[0].product(named))
    for one in tried:
        for target in targets:
            if convertible(one, target):
                return factor_between(one, target)
    return float("nan")
