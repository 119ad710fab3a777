"""The methods behind the numbers: a list in the chapter, and in an appendix each formula with symbols and source."""

from __future__ import annotations

import re

from markupsafe import Markup

from ghg_inventory.report.blocks import Block, Equation, Row, Table
from ghg_inventory.report.model import MethodInfo, Symbol
from ghg_inventory.report.rich import rich
from ghg_inventory.report.sections.common import Missing, body, code_ranges, missing, num, row, text
from ghg_inventory.report.view import View


def methods(view: View) -> list[Block] | Missing:
    """One line per method that made a number under the main profile: what for, tier and place in its document."""
    used = sorted(view.main_methods(), key=_place)
    if not used:
        return missing(view, "methods")
    w = view.words
    columns = (
        text(w.plain("column.method"), 4.0), text(w.plain("column.gas"), 0.9), text(w.plain("column.category"), 1.9),
        text(w.plain("column.tier"), 0.55, "mid"), text(w.plain("column.source"), 3.2),
    )  # fmt: skip
    numbers = _documents(used)
    rows: list[Row] = []
    sector = ""
    for method in used:
        first = method.categories[0].split(".")[0] if method.categories else ""
        if first != sector and len(used) > FEW_METHODS:
            sector = first
            rows.append(row([f"{sector} {view.category(sector)}"], "head"))
        rows.append(_listed(view, method, numbers))
    others = len(view.input.methods_used) - len(used)
    blocks: list[Block] = [body(view, "text.methods", count=len(used))]
    if others:
        blocks.append(body(view, "text.methods_others", count=others, profile=view.profile(view.input.main_profile)))
    sources = [w("format.source_line", number=n, title=t) for t, n in numbers.items()]
    if view.input.kind != "region" and len(used) > MANY_METHODS:
        return [*blocks, _summary(view, used)]
    return [*blocks, Table("methods", w("table.methods", area=view.area, year=view.input.year), columns, tuple(rows),
                           notes=(w("note.methods"), *sources),
                           size="tiny" if len(used) > FEW_METHODS else "small")]  # fmt: skip


MANY_METHODS = 40
"""The report of a county tells more methods than these together, by sector and document."""


def _summary(view: View, used: list[MethodInfo]) -> Table:
    """How many methods of each document served a sector, for which gases and categories."""
    w = view.words
    groups: dict[tuple[str, str], list[MethodInfo]] = {}
    for m in used:
        groups.setdefault((m.categories[0].split(".")[0] if m.categories else "", m.document or m.source), []).append(m)
    columns = (
        text(w.plain("column.source"), 4.6), text(w.plain("column.gas"), 1.6), text(w.plain("column.category"), 4.0),
        text(w.plain("column.tier"), 0.8, "mid"), num(w.plain("column.methods"), 0.8),
    )  # fmt: skip
    rows: list[Row] = []
    sector = ""
    comma = w.entries["list.comma"]
    for (code, document), mine in groups.items():
        if code != sector:
            sector = code
            rows.append(row([f"{code} {view.category(code)}"], "head"))
        gases = dict.fromkeys(gas for m in mine for gas in m.gas.split(", "))
        lent = Markup(' <b class="flag">◆</b>') if any(m.supplement for m in mine) else Markup("")
        rows.append(row([
            rich(document) + lent, comma.join(sorted(gases)),
            code_ranges(view, {c for m in mine for c in m.categories}),
            comma.join(sorted({m.tier for m in mine})), str(len(mine)),
        ]))  # fmt: skip
    caption = w("table.methods", area=view.area, year=view.input.year)
    notes = (w("note.methods"), w("note.methods_summary"))
    return Table("methods", caption, columns, tuple(rows), notes=notes, size="tiny")


FEW_METHODS = 8
"""So few methods need no heads by sector."""


def _documents(used: list[MethodInfo]) -> dict[str, int]:
    """Document → the number it is cited by, in order of use."""
    return {title: number for number, title in enumerate(dict.fromkeys(m.document or m.source for m in used), start=1)}


def _place(method: MethodInfo) -> tuple[object, ...]:
    """Sort key: the first category that a method reports into, its parts as numbers."""
    first = method.categories[0] if method.categories else "~"
    return (*((0, int(p), "") if p.isdigit() else (1, 0, p) for p in first.split(".")),)


def _listed(view: View, method: MethodInfo, numbers: dict[str, int]) -> Row:
    document = method.document or method.source
    place = view.words.plain("format.source", number=numbers[document], locator=method.locator)
    mark = Markup(' <b class="flag">◆</b>') if method.supplement else Markup("")
    return row([rich(method.title(view.lang)) + mark, method.gas, code_ranges(view, method.categories), method.tier,
                place.strip()])  # fmt: skip


MAX_EQUATIONS = 24
"""More methods than these stand in a table instead of one display after the other."""


def formulas(view: View) -> list[Block] | Missing:
    """Each method that made a number: formula, symbols with unit and origin, source, tier."""
    used = sorted(view.main_methods(), key=_place)
    if not used:
        return missing(view, "methods")
    opening = body(view, "text.formulas")
    if len(used) > MAX_EQUATIONS:
        return [opening, _formula_table(view, used)]
    return [opening, *(_equation(view, method) for method in used)]


def _equation(view: View, method: MethodInfo) -> Equation:
    symbols = tuple(
        (_symbol(s.symbol), rich(s.meaning(view.lang)) + _small(_origin(view, s)), _unit(s.unit))
        for s in method.inputs
    )  # fmt: skip
    source = view.words("format.method_source", source=method.source, tier=method.tier)
    return Equation(f"method-{_slug(method.id)}", rich(method.title(view.lang)), _formula(view, method), symbols,
                    source, method.id, note=rich(method.note(view.lang)))  # fmt: skip


def _formula(view: View, method: MethodInfo) -> Markup:
    # The formula comes from Formula.html, which escapes its symbols; it is the only HTML taken as it is.
    formula = Markup(method.formula_html)  # noqa: S704
    if "=" in formula.striptags():
        return formula
    return Markup('<span class="fn">{}</span> = {}').format(view.words("word.emission"), formula)


def _formula_table(view: View, used: list[MethodInfo]) -> Table:
    """The same as a table, sector by sector: title and formula, symbols, source and note."""
    w = view.words
    columns = (text(w.plain("column.formula"), 3.2), text(w.plain("column.symbols"), 4.0),
               text(w.plain("column.source"), 2.8))  # fmt: skip
    documents = _documents(used)
    rows: list[Row] = []
    sector = ""
    for same in _alike(used):
        first = same[0].categories[0].split(".")[0] if same[0].categories else ""
        if first != sector:
            sector = first
            rows.append(row([f"{sector} {view.category(sector)}"], "head"))
        rows.append(_formula_row(view, same, documents))
    notes = (w("note.formulas"), *(w("format.source_line", number=n, title=t) for t, n in documents.items()))
    return Table("formulas", w("table.formulas"), columns, tuple(rows), notes=notes, size="tiny")


def _formula_row(view: View, same: list[MethodInfo], documents: dict[str, int]) -> Row:
    """Methods of one formula: their titles, the symbols, where each is printed and when it is used."""
    w = view.words
    comma = w.entries["list.semicolon"]
    titles = rich(comma.join(dict.fromkeys(m.title(view.lang) for m in same)))
    title = Markup("<b>{}</b><br>{}").format(titles, _formula(view, same[0]))
    symbols = rich(comma).join(_symbol_line(view, s) for s in same[0].inputs)
    places = comma.join(dict.fromkeys(m.locator for m in same if m.locator))
    place = w.plain("format.source", number=documents[same[0].document or same[0].source], locator=places)
    tiers = w.entries["list.comma"].join(dict.fromkeys(m.tier for m in same))
    told = Markup("<br>").join(rich(n) for n in dict.fromkeys(m.note(view.lang) for m in same) if n)
    return row([title, symbols, w("format.method_source", source=place, tier=tiers) + _small(told)])


def _alike(used: list[MethodInfo]) -> list[list[MethodInfo]]:
    """Methods of one sector that share formula, symbols and document stand in one row."""
    groups: dict[tuple[object, ...], list[MethodInfo]] = {}
    for one in used:
        sector = one.categories[0].split(".")[0] if one.categories else ""
        symbols = tuple((s.symbol, s.meaning, s.unit, s.origin, s.of, s.sets) for s in one.inputs)
        groups.setdefault((sector, one.formula_html, symbols, one.document), []).append(one)
    return list(groups.values())


def _symbol_line(view: View, one: Symbol) -> Markup:
    """CC – carbon content [t C/TJ], where from."""
    # The row is short of room: what the meaning says already is not said again, the factor sets are.
    sets = rich(view.words.entries["list.comma"].join(one.sets))
    origin = {"parameter": sets, "activity": Markup("")}.get(one.origin) if one.origin else Markup("")
    origin = _origin(view, one) if origin is None else origin
    tail = Markup(" <small>({})</small>").format(origin) if origin else Markup("")
    return Markup("{} – {} [{}]{}").format(_symbol(one.symbol), rich(one.meaning(view.lang)), _unit(one.unit), tail)


def _unit(text: str) -> Markup:
    """A unit with its powers raised: m^3 as m3 is read by `rich`."""
    return rich(re.sub(r"(?<=m)\^(?=[23])", "", text))


def _small(words: Markup) -> Markup:
    """Small print on a line of its own, or nothing."""
    return Markup("<br><small>{}</small>").format(words) if words else words


def _origin(view: View, symbol: Symbol) -> Markup:
    """Where the value of a symbol comes from; nothing where that was not said."""
    if not symbol.origin:
        return Markup("")
    sets = view.words.entries["list.comma"].join(symbol.sets)
    name = symbol.of(view.lang)
    if name in (symbol.meaning(view.lang), "") and symbol.origin == "parameter":
        return rich(sets)  # its name would say the same again
    return view.words(_ORIGINS[symbol.origin], name=name, sets=sets)


_ORIGINS = {
    "activity": "format.from_activity", "energy": "format.from_energy", "parameter": "format.from_parameter",
    "result": "format.from_model",
}  # fmt: skip


def _symbol(name: str) -> Markup:
    """A symbol as in its formula: italic, what follows an underscore as a subscript."""
    head, _, tail = name.partition("_")
    return Markup("<i>{}</i><sub>{}</sub>").format(head, tail) if tail else Markup("<i>{}</i>").format(head)


def _slug(identifier: str) -> str:
    return "".join(char if char.isalnum() else "-" for char in identifier.lower())
