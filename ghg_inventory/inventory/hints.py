"""What would have helped where a factor is missing: words for the remedy of a finding."""

from __future__ import annotations

from collections.abc import Iterable

from ghg_inventory.codes import Technologies
from ghg_inventory.inventory.context import Context
from ghg_inventory.inventory.encode import Signature
from ghg_inventory.methods import Input, covers


def technologies_of(kind: Signature, gas: str, needs: Iterable[Input], context: Context) -> str:
    """Technologies for which there would be a factor, as codes with Chinese names; "" when that is not it."""
    names = Technologies.load()
    found: dict[str, None] = {}
    for need in needs:
        wanted = gas if need.parameter == "emission_factor" else ""
        chain = context.fuels.chain(kind.item) if kind.item in context.fuels else (kind.item,)
        for number in context.factors.candidates(need.parameter, wanted, (*need.first, *need.sets)):
            row = context.factors.rows[number]
            fits = not row.categories or any(covers(prefix, kind.category) for prefix in row.categories)
            if row.technology and row.technology != kind.technology and fits and row.item in ("", *chain):
                found[row.technology] = None
    return "、".join(f"{code}（{names.name(code)}）" if code in names else code for code in found)
