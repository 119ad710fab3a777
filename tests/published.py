"""Published numbers against ours, through the product's own path; writes docs/validation.md.

Run `python tests/published.py` (make validation). A test fails when the page is stale.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path

import pandas as pd

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "validation.md"
AT = "2026-11-23T10:00:00+08:00"
MENDOZA_SOURCE = "Open-Earth-Foundation/CityCatalyst-global-data@10eb9238, importer/mendoza_arg/stationary_energy_mendoza.csv"

# The publisher prints activity rounded (all 705 MWh and all 810 TJ figures are whole numbers) and emissions in whole kilograms.
HALF_STEP = {"MWh": 0.5, "TJ": 0.5}
HALF_KG = 0.5
EF_KG = {("MWh", "CO2"): 288.1, ("TJ", "CO2"): 56100.0, ("TJ", "CH4"): 5.0, ("TJ", "N2O"): 0.1}


def compile_example(folder: Path):
    """Import and compile a copy of an example through store and pipeline."""
    from ghg_inventory.pipeline import Workspace, compile_run, import_files

    ws = Workspace.open(folder)
    import_files(ws, ws.inbox_files(), at=AT)
    return compile_run(ws, at=AT)


def mendoza(folder: Path) -> pd.DataFrame:
    """Every published number of the Mendoza example: expected and got in kg, difference, what rounding allows."""
    from ghg_inventory.inventory import ledger

    run = compile_example(folder)
    rows = ledger(run.main)
    keys = ["area_code", "year", "category", "variable", "item", "gas"]
    expected = pd.read_csv(
        folder / "expected.csv", dtype={"area_code": str, "category": str}, keep_default_na=False
    )
    joined = expected.merge(
        rows[[*keys, "mass_t", "activity_unit"]], on=keys, how="left", validate="1:1", indicator=True
    )
    assert (joined["_merge"] == "both").all(), joined[joined["_merge"] != "both"]
    joined["got"] = joined["mass_t"] * 1000
    joined["difference"] = joined["got"] - joined["emissions"]
    joined["allowed"] = [
        HALF_STEP[u] * EF_KG[u, g] + HALF_KG
        for u, g in zip(joined["activity_unit"], joined["gas"], strict=True)
    ]
    return joined


# -- cases of the files in tests/cases ----------------------------------------------------------------------


@cache
def results(name: str) -> tuple[tuple, tuple]:
    """(results, cases left out) of one file: "city", "peer", "landfill", "residues", "golden" or "ceads"."""
    from cases import book, ceads, city, landfill, peer, residues, targets

    if name == "city":
        cases, left = city.read()
    elif name == "peer":
        cases, left = peer.read()
    elif name == "golden":
        cases, _, left = targets.read()
    else:
        left = []
        cases = {"landfill": landfill.read, "residues": residues.read, "ceads": lambda: [ceads.case()]}[
            name
        ]()
    return tuple(book.run(cases)), tuple(left)


FILES = ("city", "peer", "golden", "landfill", "residues", "ceads")


def one_by_one(found: Iterable) -> list[str]:
    """A table with a line per case and gas."""
    lines = [
        "| case | what | profile | gas | expected | got | difference | unit | source |",
        "|---|---|---|---|---:|---:|---:|---|---|",
    ]
    for result in found:
        case = result.case
        for gas, wanted in case.expected.items():
            got, difference = result.got[gas], result.difference(gas)
            numbers = [_number(wanted), "–" if got is None else _number(got)]
            numbers.append("–" if difference is None else _gap(difference, wanted))
            lines.append(
                "| "
                + " | ".join(
                    [case.id, _cell(case.what), case.profile, gas, *numbers, case.unit, _cell(case.source)]
                )
                + " |"
            )
    return lines


def in_groups(found: Sequence, label) -> list[str]:
    """A table with a line per group of cases: how many numbers, the largest difference and what rounding allows."""
    lines = [
        "| group | gas | numbers | reproduced | largest difference | largest relative | allowed | unit |",
        "|---|---|---:|---:|---:|---:|---:|---|",
    ]
    groups: dict[tuple[str, str], list] = {}
    for result in found:
        for gas in result.case.expected:
            groups.setdefault((label(result.case), gas), []).append(result)
    for (name, gas), same in sorted(groups.items()):
        gaps = [(r.difference(gas), r.case.expected[gas]) for r in same]
        known = [(abs(d), w) for d, w in gaps if d is not None]
        largest = max((d for d, _ in known), default=float("nan"))
        relative = max((d / abs(w) for d, w in known if w), default=0.0)
        allowed = max(r.case.allowed.get(gas, 0.0) for r in same)
        bits = relative < LAST_BITS
        shown = ("0", "0") if bits else (f"{largest:.1e}", f"{relative:.1e}")
        lines.append(
            f"| {name} | {gas} | {len(same)} | {sum(r.agrees for r in same)} | {shown[0]} | {shown[1]} |"
            f" {f'{allowed:g}' if allowed else '1e-09 relative'} | {same[0].case.unit} |"
        )
    return lines


def traps(found: Iterable) -> list[str]:
    """Published numbers that are wrong, with ours and the reason."""
    lines = ["| case | what | published | ours | unit | why they differ |", "|---|---|---:|---:|---|---|"]
    for result in found:
        case = result.case
        if case.published is None:
            continue
        gas = next(iter(case.expected))
        got = result.got[gas]
        shown = "–" if got is None else _number(got)
        lines.append(
            f"| {case.id} | {_cell(case.what)} | {_number(case.published)} | {shown} | {case.unit} | {_cell(case.why)} |"
        )
    return lines


def warnings(found: Iterable) -> list[str]:
    """Right numbers whose source warns of something."""
    lines = ["| case | what | what the case warns of |", "|---|---|---|"]
    for result in found:
        if result.case.published is None and result.case.why:
            lines.append(f"| {result.case.id} | {_cell(result.case.what)} | {_cell(result.case.why)} |")
    return lines


WORDS = {
    "factor-limits": "an own factor below zero (a removal as a factor) is refused when the factor file is read",
    "no-factor": "so the record has no factor",
}


def missing(found: Iterable, left: Iterable) -> list[str]:
    """Cases that are not reproduced, and those that are no number of this program; with the reason."""
    lines = ["| case | what | reason |", "|---|---|---|"]
    zeros = [r for r in found if not r.agrees and not any(float(x.value) for x in r.case.records)]
    if zeros:
        lines.append(
            f"| {zeros[0].case.id} and {len(zeros) - 1} others | series of nothing but zeros | no number: a model gives"
            " no record of a series in which nothing ever occurs; the published number is 0 |"
        )
    for result in found:
        if not result.agrees and result not in zeros:
            why = (
                "; ".join(WORDS.get(name, name) for name in dict.fromkeys((*result.errors, *result.refused)))
                or "the number differs"
            )
            lines.append(f"| {result.case.id} | {_cell(result.case.what)} | not reproduced: {_cell(why)} |")
    lines += [f"| {one.id} | {_cell(one.what)} | {_cell(one.why)} |" for one in left]
    return lines


LAST_BITS = 1e-12
"""Relative differences below this are the last bits of a double: they depend on the machine and print as 0."""


def _gap(difference: float, wanted: float) -> str:
    return "0" if abs(difference) <= LAST_BITS * abs(wanted) else f"{difference:+.1e}"


def _number(value: float) -> str:
    return f"{value:.10g}"


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "/").split())


# -- the page -------------------------------------------------------------------------------------------------


def page() -> str:
    """The page as text."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "mendoza"
        shutil.copytree(
            ROOT / "examples" / "mendoza", copy, ignore=shutil.ignore_patterns("store", "runs", "reports")
        )
        table = mendoza(copy)
    lines = [
        "# Published numbers, recomputed",
        "",
        "Generated by `make validation`; do not edit. Every number below went through the program as an activity",
        "file and the publisher's own factors or measured parameters: import, compile, totals. The tests compute nothing",
        "but two activities, which the table says (area × increment). A number counts as reproduced when it differs by",
        "no more than the rounding that its source prints, or by 1e-9 relative where the source prints all digits;",
        "differences below 1e-12 relative, the last bits of a double, are printed as 0.",
        "",
        *_summary(table),
        *_mendoza_lines(table),
        *_case_lines(),
    ]
    return "\n".join(lines) + "\n"


def _summary(table: pd.DataFrame) -> list[str]:
    lines = [
        "| published numbers of | cases | reproduced | left out, with the reason |",
        "|---|---:|---:|---:|",
    ]
    within = int((table["difference"].abs() <= table["allowed"]).sum())
    lines.append(f"| Mendoza, 18 districts, 10 years | {len(table)} | {within} | 0 |")
    for name, (title, _) in TITLES.items():
        found, left = results(name)
        lines.append(f"| {title} | {len(found)} | {sum(r.agrees for r in found)} | {len(left)} |")
    return [*lines, ""]


TITLES = {
    "ceads": ("Sichuan 2018, CEADs", "One number from 425 records; CEADs' data and factors are not shipped."),
    "city": ("City tools and inventories", "Activity × the publisher's factors, in the publisher's units."),
    "peer": (
        "Inventory libraries and guidelines",
        "Where our methods have the equation, through the method.",
    ),
    "landfill": ("IPCC waste model (first-order decay)", "Deposits of 81 years, eight kinds of waste."),
    "residues": ("FAOSTAT, burning of crop residues", "With the program's own IPCC factors."),
    "golden": ("Official target arithmetic", "Printed to six decimals."),
}


def _mendoza_lines(table: pd.DataFrame) -> list[str]:
    lines = [
        "## Mendoza, 18 districts, 2013–2022",
        "",
        f"Source: {MENDOZA_SOURCE}.",
        "",
        "The publisher prints activity in whole MWh and whole TJ, emissions in whole kg. *allowed* is half a step of",
        "the activity × factor, plus half a kilogram.",
        "",
        f"{len(table)} published numbers, {int((table['difference'].abs() <= table['allowed']).sum())} reproduced"
        " within the printed rounding.",
        "",
        "| GPC reference | gas | numbers | expected, sum [kg] | got, sum [kg] | difference of sums [kg] | largest difference [kg] | allowed [kg] |",
        "|---|---|---:|---:|---:|---:|---:|---:|",
    ]
    for (category, gas), part in table.groupby(["category", "gas"], sort=True):
        lines.append(
            f"| {category} | {gas} | {len(part)} | {part['emissions'].sum():,.0f} | {part['got'].sum():,.1f} |"
            f" {part['difference'].sum():+,.1f} | {part['difference'].abs().max():,.1f} | {part['allowed'].max():,.1f} |"
        )
    worst = table.assign(share=table["difference"].abs() / table["allowed"]).nlargest(5, "share")
    lines += [
        "",
        "The five that use most of their allowance:",
        "",
        "| district | year | reference | gas | expected [kg] | got [kg] | difference [kg] | allowed [kg] |",
        "|---|---|---|---|---:|---:|---:|---:|",
    ]
    lines += [
        f"| {r.area_code} | {r.year} | {r.category} | {r.gas} | {r.emissions:,.0f} | {r.got:,.1f} | {r.difference:+,.1f} | {r.allowed:,.1f} |"
        for r in worst.itertuples()
    ]
    return [*lines, ""]


def _case_lines() -> list[str]:
    from cases import residues, targets

    lines = []
    for name, (title, remark) in TITLES.items():
        found, _ = results(name)
        good = [r for r in found if r.agrees]
        lines += [f"## {title}", "", remark, ""]
        if name == "landfill":
            lines += [f"Source: {found[0].case.source}.", ""] if found else []
            lines += in_groups(found, lambda case: case.area.removeprefix("landfill-"))
        elif name == "residues":
            lines += [f"Source: {residues.SOURCE}.", ""]
            lines += in_groups(found, lambda case: case.area.rpartition("-")[2])
        else:
            lines += one_by_one(good)
        lines += [""]
        if name == "golden":
            lines += _conversion_lines(targets.read()[1])
    every = [r for name in TITLES for r in results(name)[0]]
    left = [one for name in TITLES for one in results(name)[1]]
    return [
        *lines,
        "## Published numbers that are wrong", "",
        "Ours is the right one: recomputed from the case's own activity, factors and GWP.", "",
        *traps(every), "",
        "## What the cases warn of", "", *warnings(every), "",
        "## Not reproduced, and what is left out", "", *missing(every, left),
    ]  # fmt: skip


def _conversion_lines(conversions: Sequence) -> list[str]:
    lines = ["| case | amount | expected | got | unit | source |", "|---|---|---:|---:|---|---|"]
    lines += [
        f"| {c.id} | {c.what} | {_number(c.expected)} | {_number(c.got)} | {c.into} | {_cell(c.source)} |"
        for c in conversions
    ]
    return [*lines, ""]


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT / "tests"))
    PAGE.write_text(page(), encoding="utf-8")
    print(f"wrote {PAGE.relative_to(ROOT)}")
