"""The methods behind the numbers: a list in the chapter, and in an appendix each formula with symbols and source."""

from __future__ import annotations

import re

from markupsafe import Markup

from ghg_inventory.report.blocks import Block, Equation, Row, Table
from ghg_inventory.report.model import MethodInfo, Symbol
from ghg_inventory.report.rich import rich
from ghg_inventory.report.sections.common import Missing, body, missing, row, text
from ghg_inventory.report.view import View


def methods(view: View) -> list[Block] | Missing:
    """One line per method that made a number: what it is for, its tier and its document."""
    used = view.input.methods_used
    if not used:
        return missing(view, "methods")
    w = view.words
    columns = (
        text(w.plain("column.method"), 3.2), text(w.plain("column.gas"), 0.7), text(w.plain("column.category"), 1.9),
        text(w.plain("column.tier"), 0.6, "mid"), text(w.plain("column.source"), 3.6),
    )  # fmt: skip
    rows = tuple(_listed(view, method) for method in sorted(used, key=_place))
    return [
        body(view, "text.methods", count=len(used)),
        Table("methods", w("table.methods", area=view.area, year=view.input.year), columns, rows, size="small"),
    ]


def _place(method: MethodInfo) -> tuple[object, ...]:
    """Sort key: the first category that a method reports into, its parts as numbers."""
    first = method.categories[0] if method.categories else "~"
    return (*((0, int(p), "") if p.isdigit() else (1, 0, p) for p in first.split(".")),)


def _listed(view: View, method: MethodInfo) -> Row:
    codes = view.words.entries["list.comma"].join(method.categories)
    return row([method.title(view.lang), method.gas, codes, method.tier, method.source])


MAX_EQUATIONS = 24
"""More methods than these stand in a table instead of one display after the other."""


def formulas(view: View) -> list[Block] | Missing:
    """Each method that made a number: formula, symbols with unit and origin, source, tier."""
    used = sorted(view.input.methods_used, key=_place)
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
    documents = {title: number for number, title in enumerate(dict.fromkeys(m.document for m in used), start=1)}
    rows: list[Row] = []
    sector = ""
    for same in _alike(used):
        method = same[0]
        first = method.categories[0].split(".")[0] if method.categories else ""
        if first != sector:
            sector = first
            rows.append(row([f"{sector} {view.category(sector)}"], "head"))
        titles = Markup("<br>").join(rich(one.title(view.lang)) for one in same)
        title = Markup("<b>{}</b><br>{}").format(titles, _formula(view, method))
        symbols = Markup("<br>").join(_symbol_line(view, s) for s in method.inputs)
        place = w.plain("format.source", number=documents[method.document], locator=method.locator)
        source = w("format.method_source", source=place, tier=method.tier)
        rows.append(row([title, symbols, source + _small(rich(method.note(view.lang)))]))
    notes = (w("note.formulas"), *(w("format.source_line", number=n, title=t) for t, n in documents.items()))
    return Table("formulas", w("table.formulas"), columns, tuple(rows), notes=notes, size="tiny")


def _alike(used: list[MethodInfo]) -> list[list[MethodInfo]]:
    """Methods that differ in their title only (one lent to another profile) stand in one row."""
    groups: dict[tuple[object, ...], list[MethodInfo]] = {}
    for one in used:
        key = (one.formula_html, one.inputs, one.document, one.locator, one.tier, one.note, one.categories[:1])
        groups.setdefault(key, []).append(one)
    return list(groups.values())


def _symbol_line(view: View, one: Symbol) -> Markup:
    """CC – carbon content [t C/TJ], where from."""
    origin = _origin(view, one)
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
