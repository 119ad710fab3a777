"""Checks of a return just read, beside what is already known: for the clerk, before anything is computed."""

from __future__ import annotations

from collections.abc import Mapping

from ghg_inventory.activity import Activity
from ghg_inventory.activity.returns import Ask
from ghg_inventory.areas import AreaTree
from ghg_inventory.checks.agreements import check_agreements
from ghg_inventory.checks.history import compare
from ghg_inventory.checks.magnitude import change_findings, suspicions, unit_findings
from ghg_inventory.checks.parameters import check_parameters
from ghg_inventory.errors import Finding


def check_returns(
    new: Activity, known: Activity, asks: Mapping[tuple[str, ...], Ask] | None, areas: AreaTree | None
) -> list[Finding]:
    """Units that last year and the neighbours belie, unexplained changes, figures that two sheets state differently.

    new: records of the files just read. known: records in force of all areas and years; those that `new` takes the
    place of are left out. asks: what the form asks, by `Ask.key`; without it nobody says which change needs a reason.
    areas: without it there are no neighbours.
    """
    if not len(new):
        return []
    asked = asks or {}
    history = compare(new, known, areas)
    found = suspicions(new, history)
    impossible = check_parameters(new, asked, areas)
    # What cannot be is an error, and no mere suspicion besides.
    ruled_out = {f.place for f in impossible}
    suspected = [f for f in unit_findings(new, history, found, asked, areas) if f.place not in ruled_out]
    said = ruled_out | {f.place for f in suspected}
    spoken = {row for row in range(len(new)) if new.place(row) in said} if said else set()
    return [
        *impossible,
        *suspected,
        *change_findings(new, history, asked, areas, spoken),
        *check_agreements(new, known, asked, areas, spoken),
    ]
