"""Compile: encode → resolve → evaluate → roll up, and say everything that was noticed on the way."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import numpy as np

from ghg_inventory.activity.table import Activity
from ghg_inventory.areas import AreaTree
from ghg_inventory.codes import GwpTable
from ghg_inventory.errors import Finding, Place, finding, order
from ghg_inventory.inventory.context import Context
from ghg_inventory.inventory.cube import accumulate, gwp_row, roll_up, roll_up_marks
from ghg_inventory.inventory.encode import Encoded, Signature, encode
from ghg_inventory.inventory.hints import technologies_of
from ghg_inventory.inventory.lookup import NONE, TIE
from ghg_inventory.inventory.measured import take_measured
from ghg_inventory.inventory.model import Inventory, occurring, presence
from ghg_inventory.inventory.modelling import Used, run_models
from ghg_inventory.inventory.plan import EMITTING_USES, REFUSED, Plan, Term, make_plan


def compile_inventory(
    activity: Activity, context: Context, gwp: GwpTable, gwp_set: str, years: Iterable[int] | None = None
) -> Inventory:
    """The inventory of all areas and years in `activity` under one profile.

    years: the inventory's years (all by default); records of other years only feed the array models.
    Measured values among the records become factors of their area and year first.

    Every record ends in a ledger row or a finding; see `inventory.ledger`. A record that could not be
    computed is never taken as zero silently: its finding is an error.
    """
    activity, context, findings = take_measured(activity, context)
    noticed: list[Finding] = []
    used: Used = set()
    if context.profile.models:
        every = years if years is not None else np.flatnonzero(np.bincount(activity.year)).tolist()
        activity, noticed, used = run_models(activity, context, sorted(set(every)))
    everything = activity if context.profile.models else None
    if years is not None:
        activity = activity.select(np.isin(activity.year, sorted(set(years)))).canonical()
    encoded = encode(activity)
    plan = make_plan(encoded, context)
    own = accumulate(encoded, plan)
    rolled = roll_up(own, context.areas, context.categories, context.root)
    values, gwp_findings = gwp_row(own, gwp, gwp_set)
    held = occurring(encoded, plan)
    present = presence(encoded, plan, held)
    marks = roll_up_marks(present, own, context.areas, context.categories, context.root)
    findings += [
        *noticed, *plan.findings, *gwp_findings, *_orphans(activity, encoded, plan, context),
        *_unresolved(activity, encoded, plan, context),
        *_chosen(plan, context, held, used), *_excluded(activity, encoded, plan), *_not_emitting(encoded, plan),
        *_overlaps(encoded, plan, context, held),
    ]  # fmt: skip
    by_models = tuple(sorted({row for row, _ in used}))
    return Inventory(
        context, gwp_set, activity, encoded, plan, own, rolled, marks, values, order(findings), by_models,
        everything,
    )  # fmt: skip


def _orphans(activity: Activity, encoded: Encoded, plan: Plan, context: Context) -> list[Finding]:
    """Records that nothing takes, at the first of each kind."""
    out = []
    for index in plan.orphans:
        kind, rows = plan.signatures[index], np.flatnonzero(encoded.signature == index)
        out.append(
            finding("no-method", activity.place(int(rows[0])), variable=kind.variable, category=kind.category,
                    item=kind.item or "–", profile=context.profile.id, count=len(rows))
        )  # fmt: skip
    return out


def _unresolved(activity: Activity, encoded: Encoded, plan: Plan, context: Context) -> list[Finding]:
    """One finding per signature whose records could not be computed, at the first such record.

    A record whose amount is zero gives zero whatever the factor: it needs none.
    """
    out: list[Finding] = []
    if not any((term.state != 0).any() for term in plan.terms):
        return out
    held = occurring(encoded, plan, nonzero=True)
    for term in plan.terms:
        for signature in np.flatnonzero((term.state != 0).any(axis=(1, 2))):
            bad = term.state[signature][plan.class_of_area] * held[signature]
            for state in np.unique(bad[bad != 0]):
                out.append(
                    _unresolved_finding(
                        activity, encoded, plan, term, (int(signature), int(state), bad), context
                    )
                )
    return _joined(out)


_OF_A_GAS = ("gas", "method", "parameter", "parameter_zh", "parameter_en")


def _joined(findings: list[Finding]) -> list[Finding]:
    """The same problem of several gases said once, with the gases, methods and parameters listed."""
    groups: dict[tuple[str, Place, tuple[tuple[str, str], ...]], list[dict[str, str]]] = {}
    for one in findings:
        rest = tuple(pair for pair in one.values if pair[0] not in _OF_A_GAS)
        groups.setdefault((one.name, one.place, rest), []).append(dict(one.values))
    out = []
    for (name, place, rest), same in groups.items():
        lists = {key: _merged(values[key] for values in same) for key in _OF_A_GAS}
        out.append(finding(name, place, **{**dict(rest), **lists}))
    return out


def _merged(lists: Iterable[str]) -> str:
    """Lists joined by commas as one, every word once."""
    return ", ".join(sorted({word for text in lists for word in text.split(", ")}))


def _unresolved_finding(
    activity: Activity, encoded: Encoded, plan: Plan, term: Term, where: tuple[int, int, np.ndarray],
    context: Context,
) -> Finding:  # fmt: skip
    signature, state, bad = where
    area, year = np.nonzero(bad == state)
    rows = np.flatnonzero(
        (encoded.signature == signature) & (bad[encoded.area, encoded.year] == state) & (encoded.value != 0)
    )
    kind: Signature = plan.signatures[signature]
    index = plan.class_of_area[area[0]]
    number = int(term.method[signature, index, year[0]])
    method = plan.methods[number] if number >= 0 else None
    missing = _missing_inputs(plan, term, (signature, int(index), int(year[0])), state, context)
    name = {NONE: "no-factor", TIE: "factor-tie", REFUSED: "measured-refused"}.get(state, "unit-not-usable")
    lacking = [f for f in method.factors if f.parameter in missing.split(", ")] if method else []
    choice = technologies_of(kind, term.gas, lacking, context) if state == NONE else ""
    if choice:
        name = "no-factor-technology"
    return finding(
        name, activity.place(int(rows[0])), category=kind.category, item=kind.item or "–", gas=term.gas,
        unit=kind.unit or "–", method=method.id if method else "–", parameter=missing, count=len(rows),
        area=encoded.areas[area[0]], years=", ".join(str(plan.years[y]) for y in sorted(set(year))),
        technology=kind.technology or "–", expected=choice or "–",
        **{f"parameter_{lang}": _named(missing, context, lang) for lang in ("zh", "en")},
    )  # fmt: skip


def _named(missing: str, context: Context, lang: str) -> str:
    """Parameters with the names a clerk knows."""
    known = context.factors.parameters
    words = [
        f"{getattr(known[code], lang)} {code}" if code in known else code for code in missing.split(", ")
    ]
    return ", ".join(words)


def _missing_inputs(plan: Plan, term: Term, cell: tuple[int, int, int], state: int, context: Context) -> str:
    """Names of the parameters that had no row (or a tie, or were refused), for the message."""
    number = int(term.method[cell])
    if number < 0:
        return "–"
    method = plan.methods[number]
    rows = term.rows[cell]
    names = [f.parameter for slot, f in enumerate(method.factors, start=1) if rows[slot] == state]
    if state == REFUSED:
        stated = [
            (f.parameter, rows[slot]) for slot, f in enumerate(method.factors, start=1) if rows[slot] >= 0
        ]
        names = [name for name, row in stated if np.isnan(context.factors.rows[row].value)]
    if rows[0] == state and method.activity.bridge and state != NONE:
        names.append("net_calorific_value")
    signature_unit_needs_ncv = rows[0] == NONE and method.activity.bridge and not names
    if signature_unit_needs_ncv:
        names.append("net_calorific_value")
    return ", ".join(dict.fromkeys(names)) or "–"


def _chosen(plan: Plan, context: Context, held: np.ndarray, by_models: Used) -> list[Finding]:
    """Notes on methods that stand in for another guideline, weak factors and factors of another year."""
    present = (
        np.stack(
            [held[:, plan.class_of_area == index, :].any(axis=1) for index in range(len(plan.classes))],
            axis=1,
        )
        if plan.classes
        else np.zeros(plan.shape, dtype=bool)
    )
    stand_ins: dict[tuple[str, str], set[str]] = {}
    used_rows = set(by_models)
    for term in plan.terms:
        used = (term.method >= 0) & (term.state == 0) & present
        for number in np.unique(term.method[used]):
            if plan.methods[number].supplement:
                mine = np.flatnonzero((used & (term.method == number)).any(axis=(1, 2)))
                items = {plan.signatures[i].item or "–" for i in mine}
                stand_ins.setdefault((plan.methods[number].id, term.gas), set()).update(items)
        for year in range(len(plan.years)):
            rows = np.unique(term.rows[:, :, year][used[:, :, year]])
            used_rows |= {(int(row), plan.years[year]) for row in rows if row >= 0}
    return [
        *(
            finding("method-supplement", method=method, gas=gas, items=", ".join(sorted(items)))
            for (method, gas), items in sorted(stand_ins.items())
        ),
        *_factor_notes(context, used_rows),
    ]


def _factor_notes(context: Context, used: set[tuple[int, int]]) -> list[Finding]:
    factors = context.factors.rows
    weak = sorted({row for row, _ in used if factors[row].confidence == "C"})
    mixed = sorted({row for row, _ in used if factors[row].gas == "CO2e"})
    lagging = sorted((r, y) for r, y in used if not factors[r].valid_from <= y <= factors[r].valid_to)
    return [
        *_weak(context, weak),
        *(finding("factor-co2e", factor=factors[row].factor_id) for row in mixed),
        *(
            finding(
                "factor-year-lag",
                factor=factors[row].factor_id,
                year=year,
                factor_year=factors[row].valid_from,
            )
            for row, year in lagging
        ),
        *context.factors.unused(row for row, _ in used),
    ]


_SHOWN = 6
"""Factors named in one finding; the rest are counted (the report's factor table has them all)."""


def _weak(context: Context, rows: Iterable[int]) -> list[Finding]:
    """One note per table of factors that rest on a single unconfirmed copy."""
    tables: dict[str, list[str]] = {}
    for row in rows:
        factor = context.factors.rows[row]
        tables.setdefault(factor.place.file, []).append(factor.factor_id)
    return [
        finding(
            "factor-weak", table=table, count=len(ids),
            factor=", ".join(ids[:_SHOWN]) + (" …" if len(ids) > _SHOWN else ""),
        )
        for table, ids in sorted(tables.items())
    ]  # fmt: skip


def _excluded(activity: Activity, encoded: Encoded, plan: Plan) -> list[Finding]:
    """One note per exclusion rule, with what it left out."""
    out = []
    rules = dict.fromkeys(e for e in plan.exclusions if e is not None)
    for rule in rules:
        chosen = [i for i, e in enumerate(plan.exclusions) if e is rule]
        rows = np.flatnonzero(np.isin(encoded.signature, chosen))
        if not len(rows):
            continue
        items = sorted({plan.signatures[i].item for i in chosen})
        out.append(
            finding(
                "excluded", activity.place(int(rows[0])), count=len(rows), items=", ".join(items),
                gases=", ".join(rule.gases), notation=rule.notation, reason_zh=rule.reason_zh,
                reason_en=rule.reason_en, source=rule.source or "–",
            )
        )  # fmt: skip
    return out


def _not_emitting(encoded: Encoded, plan: Plan) -> list[Finding]:
    """Records that serve checks, the reference approach or indicators, counted by use."""
    others = {s.use for s in plan.signatures} - set(EMITTING_USES)
    if not others:
        return []
    counts: Counter[str] = Counter()
    totals = np.bincount(encoded.signature, minlength=len(plan.signatures))
    for kind, count in zip(plan.signatures, totals, strict=True):
        counts[kind.use] += int(count)
    return [finding("records-not-emitting", use=use, count=counts[use]) for use in sorted(others)]


def _superiors(code: str, plan: Plan, areas: AreaTree) -> list[tuple[str, np.ndarray]]:
    """Each area above, and in which of the plan's years (all of them, unless the area moved)."""
    if len(areas.nodes(code)) == 1:
        return [(above, np.ones(len(plan.years), dtype=bool)) for above in areas.ancestors(code)]
    found: dict[str, np.ndarray] = {}
    for number, year in enumerate(plan.years):
        for above in areas.ancestors(code, year):
            found.setdefault(above, np.zeros(len(plan.years), dtype=bool))[number] = True
    return list(found.items())


def _overlaps(encoded: Encoded, plan: Plan, context: Context, held: np.ndarray) -> list[Finding]:
    """An area and its ancestor that both report the same kind of record would be added twice.

    The same kind whatever its unit or technology: tonnes here and 10^4 t there are still counted twice.
    """
    names = {code: index for index, code in enumerate(encoded.areas)}
    out = []
    kinds: dict[tuple[str, str, str], list[int]] = {}
    for number, s in enumerate(plan.signatures):
        if s.use in EMITTING_USES:
            kinds.setdefault((s.category, s.variable, s.item), []).append(number)
    for code, index in names.items():
        for ancestor, when in _superiors(code, plan, context.areas):
            if ancestor not in names or code not in context.areas.at_or_below(ancestor):
                continue
            for (category, _, item), mine in kinds.items():
                both = when & held[mine, index].any(axis=0) & held[mine, names[ancestor]].any(axis=0)
                if both.any():
                    years = ", ".join(str(plan.years[y]) for y in np.flatnonzero(both))
                    out.append(
                        finding(
                            "area-overlap", area=code, ancestor=ancestor, category=category, item=item or "–",
                            years=years,
                        )
                    )  # fmt: skip
    return out
