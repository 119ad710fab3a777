"""`ghg factors`: list, show, search, why. With a workspace its own factor files and areas are included."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import click

from ghg_inventory.cli import layout
from ghg_inventory.cli.commands.areas import require_area, tree_of
from ghg_inventory.cli.output import print_json
from ghg_inventory.cli.page import command, group, json_option, pass_session, words
from ghg_inventory.cli.session import Session
from ghg_inventory.cli.wrong_use import meant

if TYPE_CHECKING:
    from ghg_inventory.factors import Factor, FactorLibrary


factors = group("factors")


def library_of(session: Session) -> FactorLibrary:
    """The shipped factors and, in a workspace, its own."""
    from ghg_inventory.factors import FactorLibrary

    workspace = session.workspace_or_none()
    return FactorLibrary.load(user_files=workspace.factor_files if workspace else ())[0]


def unknown(what: str, text: str, known: Iterable[str], lang: str) -> click.UsageError:
    """A usage error "there is no <what> 'text'" with the nearest known words."""
    said = words(lang)[f"unknown_{what}"].replace("{text}", text)
    return click.UsageError(said + meant(text, known, lang))


@command("list")
@click.option("--set", "set_name", metavar="SET")
@click.option("--parameter", metavar="NAME")
@click.option("--item", metavar="FUEL")
@click.option("--gas", metavar="GAS")
@json_option
@pass_session
def list_factors(
    session: Session, /, set_name: str | None, parameter: str | None, item: str | None, gas: str | None,
    as_json: bool,
) -> None:  # fmt: skip
    """List sets, or the rows of a set."""
    library, lang = library_of(session), session.lang
    if set_name and set_name not in library.sets:
        raise unknown("set", set_name, library.sets, lang)
    if parameter and parameter not in library.parameters:
        raise unknown("parameter", parameter, library.parameters, lang)
    wanted = {"set": set_name, "parameter": parameter, "item": item and fuel_code(item, lang), "gas": gas}
    if not any(wanted.values()):
        _print_sets(library, lang, as_json)
        return
    rows = [f for f in library.rows if all(v is None or getattr(f, k) == v for k, v in wanted.items())]
    _print_rows(library, rows, lang, as_json)


def fuel_code(text: str, lang: str) -> str:
    """The code of a fuel given by code or name. Raises: click.UsageError with suggestions."""
    from ghg_inventory.codes import Fuels

    fuels = Fuels.load()
    found = fuels.find(text)
    if found is None:
        raise unknown("item", text, [*fuels.suggest(text), *(f.code for f in fuels)], lang)
    return found


def _print_sets(library: FactorLibrary, lang: str, as_json: bool) -> None:
    rows = [(name, sum(f.set == name for f in library.rows)) for name in library.sets]
    if as_json:
        print_json({"sha256": library.sha256, "sets": dict(rows)})
        return
    fixed = words(lang)
    shown = [(name, f"{count:,}") for name, count in rows]
    click.echo(layout.table(shown, [fixed["set"], fixed["rows"]], right=[1]))


def _print_rows(library: FactorLibrary, rows: Sequence[Factor], lang: str, as_json: bool) -> None:
    if as_json:
        print_json([_facts(library, f) for f in rows])
        return
    if not rows:
        click.echo(words(lang)["nothing_there"])
        return
    fixed = words(lang)
    shown = [
        (f.factor_id, f"{f.value_text} {f.unit_text}", f.gas, f.item, f.area_code, f.years, f.confidence)
        for f in rows
    ]
    names = ("factor", "value", "gas", "item", "area", "years", "confidence")
    click.echo(layout.table(shown, [fixed[name] for name in names]))


def _facts(library: FactorLibrary, factor: Factor) -> dict[str, Any]:
    names = (
        "factor_id", "set", "parameter", "category", "item", "technology", "sector", "area_code", "gas",
        "value_text", "unit_text", "lower", "upper", "tier", "source", "locator", "confidence", "note",
    )  # fmt: skip
    facts = {name: getattr(factor, name) for name in names}
    facts |= {"value": factor.value, "years": factor.years, "place": str(factor.place)}
    return facts | {"source_title": library.source_title(factor)}


@command("show")
@click.argument("factor_id")
@json_option
@pass_session
def show(session: Session, /, factor_id: str, as_json: bool) -> None:
    """Show one factor."""
    library, lang = library_of(session), session.lang
    factor = next((f for f in library.rows if f.factor_id == factor_id), None)
    if factor is None:
        raise unknown("factor", factor_id, [f.factor_id for f in library.rows], lang)
    if as_json:
        print_json(_facts(library, factor))
        return
    parameter = library.parameters[factor.parameter]
    bounds = "" if factor.lower is None or factor.upper is None else f"{factor.lower:g} – {factor.upper:g}"
    facts = {
        "factor": factor.factor_id, "parameter": parameter.zh if lang == "zh" else parameter.en,
        "value": f"{factor.value_text} {factor.unit_text}", "range": bounds, "gas": factor.gas,
        "category": factor.category, "item": factor.item, "technology": factor.technology,
        "sector": factor.sector, "area": factor.area_code, "years": factor.years, "tier": factor.tier,
        "source": library.source_title(factor), "locator": factor.locator,
        "confidence": factor.confidence, "note": factor.note, "file": str(factor.place),
    }  # fmt: skip
    fixed = words(lang)
    click.echo(layout.table([(fixed[key], value) for key, value in facts.items() if value]))


@command("search")
@click.argument("text", nargs=-1, required=True)
@json_option
@pass_session
def search(session: Session, /, text: tuple[str, ...], as_json: bool) -> None:
    """Find factors by words."""
    library = library_of(session)
    _print_rows(library, library.search(" ".join(text)), session.lang, as_json)


@command("why")
@click.argument("parameter")
@click.option("--year", type=int, required=True, metavar="YEAR")
@click.option("--area", default="", metavar="CODE")
@click.option("--category", default="", metavar="CODE")
@click.option("--item", default="", metavar="FUEL")
@click.option("--gas", default="", metavar="GAS")
@click.option("--technology", default="", metavar="WORD")
@click.option("--sector", default="", metavar="WORD")
@click.option("--set", "sets", multiple=True, metavar="SET")
@click.option("--nearest-year", is_flag=True)
@click.option("--all", "show_all", is_flag=True)
@json_option
@pass_session
def why(session: Session, /, parameter: str, show_all: bool, as_json: bool, **need: Any) -> None:
    """Say which factor answers a need, and why."""
    library, lang = library_of(session), session.lang
    if parameter not in library.parameters:
        raise unknown("parameter", parameter, library.parameters, lang)
    candidates = _candidates(session, library, parameter, need)
    shown = [c for c in candidates if c.matched or show_all]
    if as_json:
        print_json([
            {**_facts(library, c.factor), "matched": c.matched, "chosen": c.chosen,
             "why_zh": c.why("zh"), "why_en": c.why("en")}
            for c in shown
        ])  # fmt: skip
        return
    if not any(c.matched for c in candidates):
        click.echo(words(lang)["none_chosen"])
    for candidate in shown:
        factor = candidate.factor
        mark = "✓" if candidate.chosen else "·" if candidate.matched else "✗"
        click.echo(f"{mark} {factor.factor_id}  {factor.value_text} {factor.unit_text}")
        click.echo(f"    {candidate.why(lang)}")


def _candidates(session: Session, library: FactorLibrary, parameter: str, need: dict[str, Any]) -> list[Any]:
    from ghg_inventory.codes import CategoryTree, Fuels
    from ghg_inventory.factors import Requests
    from ghg_inventory.factors.explain import explain_choice

    tree, lang, categories = tree_of(session), session.lang, CategoryTree.load()
    if need["category"] and need["category"] not in categories:
        raise unknown("category", need["category"], categories.codes, lang)
    for name in need["sets"]:
        if name not in library.sets:
            raise unknown("set", name, library.sets, lang)
    area = require_area(tree, need["area"], lang) if need["area"] else tree.roots[0]
    item = fuel_code(need["item"], lang) if need["item"] else ""
    key = (need["category"], item, need["technology"], need["sector"], area, need["year"])
    sets = need["sets"] or library.sets
    requests = Requests.of(parameter, need["gas"], sets, [key], need["nearest_year"])
    return explain_choice(library, requests, tree, categories, Fuels.load())


for page in (list_factors, show, search, why):
    factors.add_command(page)

COMMANDS = {"factors": factors}
