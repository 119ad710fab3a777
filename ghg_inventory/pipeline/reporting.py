"""From a compiled run to the input of a report, for one area and year. No arithmetic beyond selection."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd

from ghg_inventory import __version__
from ghg_inventory.codes import Category
from ghg_inventory.errors import Finding
from ghg_inventory.factors import MEASURED_SET, Factor
from ghg_inventory.inventory import Inventory, completeness, crosswalk
from ghg_inventory.inventory.crosswalk import JOIN, ancestors, code_order
from ghg_inventory.inventory.ledger import ledger, rows_of
from ghg_inventory.methods import Input, Method, SeriesModel
from ghg_inventory.pipeline.library import Library
from ghg_inventory.pipeline.steps import RunResult
from ghg_inventory.pipeline.workspace import Workspace
from ghg_inventory.report.model import (
    BALANCE,
    COMPLETENESS,
    CROSSWALK,
    ELECTRICITY,
    FACTORS,
    TOTALS,
    AreaInfo,
    AssumedUse,
    BalanceCheck,
    CategoryInfo,
    Excluded,
    Gwp,
    InputFile,
    MethodInfo,
    Name,
    ProfileInfo,
    ReportInput,
    Run,
    Symbol,
    empty,
)
from ghg_inventory.units import factor_between, parse_unit

GWP_NAMES = {
    "sar": "IPCC SAR (1995)", "ar4": "IPCC AR4 (2007)", "ar5": "IPCC AR5 (2013)",
    "ar5ccf": "IPCC AR5 (2013), climate–carbon feedbacks", "ar6": "IPCC AR6 (2021)",
}  # fmt: skip


def report_input(
    ws: Workspace, run: RunResult, area: str, year: int, *, issue_date: str, totals: Mapping[str, pd.DataFrame]
) -> ReportInput:  # fmt: skip
    """Everything that the report of one area and year says. totals: `totals_by_area` of the run."""
    library = run.library
    below = library.areas.at_or_below(area)
    children = [c for c in run.main.rolled.areas if library.areas.parent(c) == area]
    rows = pd.concat(
        [ledger(i, rows_of(i, below, [year])) for i in run.inventories.values()], ignore_index=True
    )
    used = _factors_by_profile(run, below, (year,))
    gaps, checks = _balance(run, below)
    return ReportInput(
        kind="region" if children or area == ws.area else "district", area_code=area, year=year,
        years=run.main.years, issue_date=issue_date, run=_run(ws, run), profiles=_profiles(run),
        main_profile=run.main.profile_id, gwp=_gwp(run.main), totals=_of_areas(totals, [area, *children]),
        ledger=rows, categories=_categories(library), areas=_areas(library, run, area),
        fuels={f.code: Name(f.zh, f.en) for f in library.fuels}, factors_used=_report_factors(library, used),
        methods_used=_methods(run, rows), reference=_reference(run, area), balance=gaps, balance_checks=checks,
        electricity=_electricity(run, below), indicators=_indicators(run, area),
        findings=tuple(f for f in run.findings if _concerns(f.values, below, library)),
        assumptions=_assumptions(library), exclusions=_exclusions(run, rows),
        completeness=_completeness(run.main, area, children, year), crosswalk=_crosswalk(run.main, area, year),
        demonstration=bool(ws.report.get("demonstration", False)),
        parameters={name: Name(p.zh, p.en) for name, p in library.factors.parameters.items()},
        variables={name: Name(v.zh, v.en) for name, v in library.methods.variables.items()},
        filled=run.tables["filled"][run.tables["filled"]["area_code"].isin(below)],
    )  # fmt: skip


def totals_by_area(run: RunResult) -> dict[str, pd.DataFrame]:
    """Totals of all profiles by area, origins of a gas added up; made once for all reports of a run."""
    totals = pd.concat([i.totals() for i in run.inventories.values()], ignore_index=True)
    keys = ["profile", "area_code", "year", "category", "gas"]
    totals = totals.groupby(keys, as_index=False, sort=False)[["mass_t", "co2e_t"]].sum(min_count=1)
    return {str(area): part for area, part in totals.groupby("area_code", sort=False)}


def _of_areas(totals: Mapping[str, pd.DataFrame], areas: Iterable[str]) -> pd.DataFrame:
    parts = [totals[area] for area in areas if area in totals]
    return pd.concat(parts, ignore_index=True) if parts else empty(TOTALS)


def _concerns(values: Iterable[tuple[str, str]], below: tuple[str, ...], library: Library) -> bool:
    """A finding that names another area than the report's is left to that area's report."""
    named = dict(values).get("area", "")
    return not named or named in below or named not in library.areas


def _run(ws: Workspace, run: RunResult) -> Run:
    inputs = tuple(
        InputFile(s.file_name, s.sha256, s.kind, s.record_count, _decided(run, s.file_name))
        for s in run.submissions
    )
    command = f"ghg run --year {','.join(map(str, ws.years))}"
    return Run(run.run_id, __version__, run.library.factors.sha256, command, inputs)


_DECISIONS = ("balance-read", "balance-sign-positive", "balance-sign-negative")
"""Findings that say what the reader decided about a file."""


def _decided(run: RunResult, file: str) -> Name:
    found = [f for f in run.findings if f.place.file == file and f.name in _DECISIONS]
    found.sort(key=lambda f: (_DECISIONS.index(f.name), f.place.line, f.place.cell))
    zh, en = ([f.text(lang).split("\n")[0] for f in found] for lang in ("zh", "en"))
    return Name("；".join(zh), "; ".join(en))


def _profiles(run: RunResult) -> tuple[ProfileInfo, ...]:
    return tuple(
        ProfileInfo(p.id, Name(p.name_zh, p.name_en), Name(p.description_zh, p.description_en))
        for p in (i.context.profile for i in run.inventories.values())
    )


def _gwp(inventory: Inventory) -> Gwp:
    values = tuple(
        (gas, float(value), "" if origin == "any" else origin)
        for (gas, origin), value in zip(inventory.own.gases, inventory.gwp, strict=True)
        if not np.isnan(value)
    )
    return Gwp(inventory.gwp_set, Name(GWP_NAMES.get(inventory.gwp_set, inventory.gwp_set)), values)


def _categories(library: Library) -> dict[str, CategoryInfo]:
    return {code: _category(library.categories.category(code)) for code in library.categories.codes}


def _category(one: Category) -> CategoryInfo:
    return CategoryInfo(
        Name(one.zh, one.en), one.level, one.parent, ";".join(one.gpc), ";".join(one.ipcc2006),
        one.gpc_scope if one.forest == "gpc" else "", "basic" in one.flags, "basic_plus" in one.flags,
        "territorial" in one.flags, one.adds_to_parent,
    )  # fmt: skip


def _areas(library: Library, run: RunResult, area: str) -> dict[str, AreaInfo]:
    wanted = [*library.areas.chain(area), *run.main.rolled.areas]
    out = {}
    for code in dict.fromkeys(wanted):
        one = library.areas.area(code)
        out[code] = AreaInfo(
            Name(one.name_zh, one.name_en), one.level, library.areas.parent(code), one.valid_to
        )
    return out | {code: AreaInfo(Name(r.zh, r.en), "region") for code, r in library.factors.regions.items()}


def used_factors(run: RunResult, areas: tuple[str, ...], years: tuple[int, ...]) -> list[Factor]:
    """The factors that any ledger row with an amount used, in library order, measured values after them."""
    return [factor for factor, _ in _factors_by_profile(run, areas, years)]


def _factors_by_profile(
    run: RunResult, areas: tuple[str, ...], years: tuple[int, ...]
) -> list[tuple[Factor, tuple[str, ...]]]:  # fmt: skip
    """The factors used, each with the profiles that used it."""
    found: dict[int, Factor] = {}
    by: dict[int, list[str]] = {}
    for inventory in run.inventories.values():
        mine = _used_rows(inventory, areas, years) | _of_models(inventory, areas)
        found |= mine
        for row in mine:
            by.setdefault(row, []).append(inventory.profile_id)
    return [(found[row], tuple(by[row])) for row in sorted(found)]


def _used_rows(inventory: Inventory, areas: tuple[str, ...], years: tuple[int, ...]) -> dict[int, Factor]:
    """Row of the library → factor, of the ledger rows with an amount."""
    rows = rows_of(inventory, areas, years)
    encoded, plan = inventory.encoded, inventory.plan
    rows = rows[encoded.value[rows] != 0]
    cells = np.unique(
        np.stack([encoded.signature[rows], plan.class_of_area[encoded.area[rows]], encoded.year[rows]]),
        axis=1,
    )
    found: dict[int, Factor] = {}
    for term in plan.terms:
        key = tuple(cells)
        used = (term.method[key] >= 0) & (term.state[key] == 0)
        numbers = np.unique(term.rows[key][used]).tolist()
        # Not the run's library: the inventory's holds the measured values too, the same for all profiles.
        found |= {row: inventory.context.factors.rows[row] for row in numbers if row >= 0}
    return found


def _of_models(inventory: Inventory, areas: tuple[str, ...]) -> dict[int, Factor]:
    """Parameters of the array models; those that a return states only for the areas of the report."""
    rows = inventory.context.factors.rows
    return {
        row: rows[row] for row in inventory.model_factors
        if rows[row].set != MEASURED_SET or rows[row].area_code in areas
    }  # fmt: skip


def factors_frame(library: Library, factors: Iterable[Factor]) -> pd.DataFrame:
    """The factor table of a report or an export."""
    rows = [_factor_row(library, factor) for factor in factors]
    return pd.DataFrame(rows, columns=list(FACTORS)) if rows else empty(FACTORS)


def _report_factors(library: Library, used: list[tuple[Factor, tuple[str, ...]]]) -> pd.DataFrame:
    """The factor table with the profiles that used each factor, and whether a return stated it."""
    frame = factors_frame(library, [factor for factor, _ in used])
    frame["profiles"] = [";".join(profiles) for _, profiles in used]
    frame["measured"] = [factor.set == MEASURED_SET for factor, _ in used]
    return frame


def _factor_row(library: Library, factor: Factor) -> dict[str, object]:
    return {
        "factor_id": factor.factor_id, "parameter": factor.parameter, "item": factor.item,
        "category": ";".join(factor.categories), "technology": factor.technology, "area_code": factor.area_code,
        "gas": factor.gas, "value_text": factor.value_text, "unit": factor.unit_text, "lower": factor.lower,
        "upper": factor.upper, "tier": factor.tier, "source_title": library.factors.source_title(factor),
        "locator": factor.locator, "confidence": factor.confidence,
        "valid_from": factor.valid_from if factor.valid_from > 1 else "",
        "valid_to": factor.valid_to if factor.valid_to < 9999 else "",
    }  # fmt: skip


def _completeness(inventory: Inventory, area: str, children: Iterable[str], year: int) -> pd.DataFrame:
    """The area in all years and its children in the report's year; nothing for an inventory by GPC references."""
    if not _is_provincial(inventory):
        return empty(COMPLETENESS)
    parts = [completeness(inventory, [area]), completeness(inventory, children, [year]) if children else None]
    return pd.concat([p for p in parts if p is not None and len(p)], ignore_index=True)[list(COMPLETENESS)]


def _is_provincial(inventory: Inventory) -> bool:
    tree = inventory.context.categories
    return any(tree.category(c).forest == "provincial" for c in inventory.plan.categories)


READ_OUT = ("ipcc2006", "crt", "gpc")


def _crosswalk(inventory: Inventory, area: str, year: int) -> pd.DataFrame:
    """The area and year by each scheme, sums before the lines below them, totals last."""
    if not _is_provincial(inventory):
        return empty(CROSSWALK)
    parts = []
    for scheme in READ_OUT:
        frame = crosswalk(inventory, scheme, [area], [year])
        if not len(frame):
            continue
        total = ~frame["row"].isin(("line", "sum"))
        frame["depth"] = [len(ancestors(code.split(JOIN)[0])) if code else 1 for code in frame["code"]]
        order = [(t, code_order(c) if c else (), d, r == "line")
                 for t, c, d, r in zip(total, frame["code"], frame["depth"], frame["row"], strict=True)]  # fmt: skip
        parts.append(frame.iloc[sorted(range(len(frame)), key=order.__getitem__)])
    return pd.concat(parts, ignore_index=True)[list(CROSSWALK)] if parts else empty(CROSSWALK)


def _methods(run: RunResult, rows: pd.DataFrame) -> tuple[MethodInfo, ...]:
    """The methods that made a number here, and the array models whose results they took.

    A record of zero gives zero by every method: it makes none worth a page.
    """
    known = rows[rows["mass_t"].notna() & (rows["activity_value"] != 0)]
    into = {str(name): part for name, part in known.groupby("method", sort=True)}
    methods = {m.id: m for i in run.inventories.values() for m in i.plan.methods if m.id in into}
    found = [_method(run.library, methods[name], into[name]) for name in sorted(methods)]
    taken = {name for names in rows.loc[rows["gas"] == "", "method"] for name in str(names).split(";")}
    models = {m.id: m for i in run.inventories.values() for m in i.context.profile.models if m.id in taken}
    of_model = {n: rows[[n in str(names).split(";") for names in rows["method"]]] for n in models}
    return (*found, *(_model(run.library, models[name], of_model[name]) for name in sorted(models)))


def _first_of_chain(library: Library, method: Method) -> Method | None:
    """The method at the head of a chain of fallbacks: the one a profile would have used; None for itself."""
    known = library.methods.methods
    first = method
    while first.fallback_for in known:
        first = known[first.fallback_for]
    return None if first is method else first


def _method(library: Library, method: Method, rows: pd.DataFrame) -> MethodInfo:
    symbols = {i.symbol: i.symbol for i in method.inputs}
    stands_for = _first_of_chain(library, method)
    return MethodInfo(
        method.id, Name(method.title_zh, method.title_en), method.formula.html(symbols),
        tuple(_symbol(library, i, method.variable) for i in method.inputs), _source(library, method), method.tier,
        "E", Name(method.note_zh, method.note_en), method.supplement,
        Name(stands_for.title_zh, stands_for.title_en) if stands_for else Name(""),
        ", ".join(sorted(set(rows["gas"]))), _in_order(library, rows["category"]), _document(library, method),
        method.locator, _profiles_of(rows),
    )  # fmt: skip


def _model(library: Library, model: SeriesModel, rows: pd.DataFrame) -> MethodInfo:
    """An array model: its function stands where a formula would."""
    given = ", ".join(f"<var>{symbol}</var>" for symbol, _, _ in model.outputs)
    taken = ", ".join(f"<var>{i.symbol}</var>" for i in model.inputs)
    results = tuple(
        Symbol(symbol, _variable(library, variable), unit, "result", _variable(library, variable))
        for symbol, variable, unit in model.outputs
    )  # fmt: skip
    return MethodInfo(
        model.id, Name(model.title_zh, model.title_en), f'{given} = <span class="fn">{model.function}</span>({taken})',
        (*results, *(_symbol(library, i, model.variable) for i in model.inputs)), _source(library, model), model.tier,
        "", Name(model.note_zh, model.note_en), gas="–", categories=_in_order(library, rows["activity_category"]),
        document=_document(library, model), locator=model.locator, profiles=_profiles_of(rows),
    )  # fmt: skip


def _profiles_of(rows: pd.DataFrame) -> tuple[str, ...]:
    return tuple(dict.fromkeys(map(str, rows["profile"])))


def _source(library: Library, method: Method | SeriesModel) -> str:
    return f"{_document(library, method)}, {method.locator}"


def _document(library: Library, method: Method | SeriesModel) -> str:
    source = library.factors.sources.get(method.source)
    return source.title if source else method.source


def _in_order(library: Library, codes: Iterable[str]) -> tuple[str, ...]:
    """Categories in the order of the list; siblings that are all there stay as they are."""
    place = library.categories.index
    return tuple(sorted(set(codes), key=lambda code: place.get(code, len(place))))


def _symbol(library: Library, need: Input, variable: str) -> Symbol:
    """A symbol with where its value comes from: the activity (and its NCV), or a parameter and its sets."""
    meaning = Name(need.title_zh, need.title_en)
    if need.is_activity:
        origin = "energy" if need.bridge else "activity"
        return Symbol(
            need.symbol, meaning, need.unit.text, origin, _variable(library, variable), need.bridge_sets
        )
    parameter = library.factors.parameters.get(need.parameter)
    name = Name(parameter.zh, parameter.en) if parameter else Name(need.parameter)
    return Symbol(need.symbol, meaning, need.unit.text, "parameter", name, need.sets)


def _variable(library: Library, name: str) -> Name:
    known = library.methods.variables.get(name)
    return Name(known.zh, known.en) if known else Name("")


def _assumptions(library: Library) -> tuple[AssumedUse, ...]:
    """What inventory.toml declares, items of one entry together again."""
    grouped: dict[tuple[str, str, str, str], list[str]] = {}
    for kind in ("technology", "category", "item"):
        for category, item, used, reason in getattr(library.assumptions, kind):
            grouped.setdefault((kind, category, used, reason), []).append(item)
    return tuple(
        AssumedUse(kind, category, tuple(items), used, _both(reason))
        for (kind, category, used, reason), items in grouped.items()
    )


def _both(text: str) -> Name:
    """ "中文 / English" of inventory.toml in its two parts; a text without the slash serves both languages."""
    zh, slash, en = text.partition(" / ")
    return Name(zh.strip(), en.strip() if slash else "")


def _exclusions(run: RunResult, rows: pd.DataFrame) -> tuple[Excluded, ...]:
    """The profiles' exclusions that covered at least one record with an amount."""
    found = []
    told = rows[rows["mass_t"].isna() & (rows["activity_value"] != 0)]
    for inventory in run.inventories.values():
        rules = {rule.id: rule for rule in inventory.plan.exclusions if rule is not None}
        for rule in rules.values():
            mine = told[(told["method"] == rule.id) & (told["profile"] == inventory.profile_id)]
            if len(mine):
                items = tuple(dict.fromkeys(mine["item"]))
                found.append(Excluded(
                    inventory.profile_id, rule.notation, rule.target, rule.gases, items,
                    len(mine) // len(rule.gases), Name(rule.reason_zh, rule.reason_en), rule.source,
                ))  # fmt: skip
    return tuple(found)


def _balance(run: RunResult, below: tuple[str, ...]) -> tuple[pd.DataFrame, tuple[BalanceCheck, ...]]:
    """Closure of the energy balances of the area: what does not close, and how much was checked."""
    sheets = _sheets(run.findings)
    gaps, checks = [], []
    for one in run.findings:
        area, year = sheets.get((one.place.file, one.place.sheet), ("", 0))
        if area not in below:
            continue
        values = dict(one.values)
        if one.name == "balance-closes":
            checks.append(BalanceCheck(
                year, int(values["checked"]), int(values["beyond"]), int(values["within"]), values["largest"],
                values["tolerance"],
            ))  # fmt: skip
        elif one.name == "balance-gap":
            gaps.append((
                year, values["fuel"], values["fuel_en"], values["closure"], values["closure_en"], values["expected"],
                values["found"], values["gap"], values["unit"], one.place.cell,
            ))  # fmt: skip
    frame = pd.DataFrame(gaps, columns=list(BALANCE)) if gaps else empty(BALANCE)
    return frame, tuple(sorted(checks, key=lambda c: c.year))


def _sheets(findings: Iterable[Finding]) -> dict[tuple[str, str], tuple[str, int]]:
    """(file, sheet) → (area, year) of each energy balance, as the reader said."""
    read = [(f.place, dict(f.values)) for f in findings if f.name == "balance-read"]
    return {(place.file, place.sheet): (values["area"], int(values["year"])) for place, values in read}


def _reference(run: RunResult, area: str) -> pd.DataFrame:
    table = run.tables["reference"]
    mine = table[(table["area_code"] == area) & (table["profile"] == run.main.profile_id)]
    return mine.drop(columns=["area_code", "profile"]).reset_index(drop=True)


def _indicators(run: RunResult, area: str) -> pd.DataFrame:
    table = run.tables["indicators"]
    mine = table[(table["area_code"] == area) & (table["profile"] == run.main.profile_id)]
    # The shares of fuels have a table of their own beside the fuels' energy.
    mine = mine[~mine["id"].str.startswith("energy_share.")].copy()
    mine["note_zh"] = mine["missing"]
    mine["note_en"] = mine["missing"]
    mine["missing"] = mine["missing"] != ""
    return mine.reset_index(drop=True)


def _electricity(run: RunResult, below: tuple[str, ...]) -> pd.DataFrame:
    """Electricity imported and exported per year in 10^8 kWh, and the factor used with its year."""
    inventory = run.main
    rows = rows_of(inventory, below, inventory.years, "X.1")
    table = ledger(inventory, rows)
    table = table[table["mass_t"].notna()]
    if not len(table):
        return empty(ELECTRICITY)
    target = parse_unit("10^8 kWh")
    scale = {u: factor_between(parse_unit(u), target) for u in table["activity_unit"].unique()}
    amount = table["activity_value"] * table["activity_unit"].map(scale)
    out = []
    for year, part in table.groupby("year"):
        mine = amount[part.index]
        ids = [one for one in part["factor_ids"] if one]
        if not ids:  # nothing came or went, and no factor is known
            continue
        factor = _factor_by_id(inventory, ids[0])
        out.append({
            "year": int(year), "inflow": mine[mine > 0].sum(), "outflow": -mine[mine < 0].sum(), "net": mine.sum(),
            "unit": "10^8 kWh", "factor": factor.value, "factor_unit": factor.unit_text,
            "factor_year": factor.valid_from, "factor_id": factor.factor_id, "co2_t": part["mass_t"].sum(),
        })  # fmt: skip
    return pd.DataFrame(out, columns=list(ELECTRICITY))


def _factor_by_id(inventory: Inventory, ids: str) -> Factor:
    factors = inventory.context.factors
    return factors.rows[factors.position(ids.split(";")[0])]
