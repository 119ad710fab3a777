"""`ghg report`, `ghg indicators`, `ghg explain`, `ghg export`: what a compiled run gives."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ghg_inventory.cli import layout
from ghg_inventory.cli.commands.areas import require_area, tree_of
from ghg_inventory.cli.commands.compiling import check_choice
from ghg_inventory.cli.commands.factors import fuel_code, unknown
from ghg_inventory.cli.output import code_of, print_findings, print_json, records
from ghg_inventory.cli.page import command, json_option, pass_session, words
from ghg_inventory.cli.progress import Progress
from ghg_inventory.cli.session import LANGUAGES, Session, now

if TYPE_CHECKING:
    from ghg_inventory.pipeline.steps import RunResult

EXPORT_FORMATS = ("xlsx", "csv", "parquet", "json")
# The same as pipeline.TABLES (tested); repeated so that help needs no pandas.
EXPORT_TABLES = (
    "ledger", "totals", "factors", "indicators", "reference", "findings", "completeness", "crosswalk", "filled",
)  # fmt: skip
# The same as inventory.SCHEMES (tested).
EXPORT_SCHEMES = ("provincial", "ipcc2006", "crt", "gpc")


def _compiled(session: Session, **choice: Any) -> RunResult:
    """The run of what is stored now; compiling is fast and the same input gives the same run."""
    from ghg_inventory.pipeline import compile_run

    with Progress(session.lang) as progress:
        return compile_run(session.workspace(), progress=progress, at=now(), record=False, **choice)


@command("report")
@click.option("--year", "years", type=int, multiple=True, metavar="YEAR")
@click.option("--area", "areas", multiple=True, metavar="CODE")
@click.option("--format", "formats", type=click.Choice(("pdf", "html")), multiple=True, default=("pdf",))
@click.option("--report-lang", "langs", type=click.Choice(LANGUAGES), multiple=True)
@click.option("--output", type=click.Path(path_type=Path), metavar="DIR")
@json_option
@pass_session
def report(session: Session, /, years: tuple[int, ...], as_json: bool, **choice: Any) -> int:
    """Make reports."""
    from ghg_inventory.pipeline import make_reports

    workspace, lang = session.workspace(), session.lang
    check_choice(workspace, years, (), lang)
    choice["areas"] = tuple(require_area(tree_of(session), area, lang) for area in choice["areas"])
    run = _compiled(session)
    wanted = {name: value for name, value in {**choice, "years": years}.items() if value}
    with Progress(lang) as progress:
        paths, findings = make_reports(workspace, run, progress=progress, **wanted)
    if as_json:
        print_json({"reports": [str(p) for p in paths], "findings": [f.as_dict() for f in findings]})
    else:
        print_findings(findings, lang, infos=False, err=True)
        for path in paths:
            click.echo(path)
    return code_of(findings)


@command("indicators")
@click.option("--year", "years", type=int, multiple=True, metavar="YEAR")
@click.option("--area", metavar="CODE")
@json_option
@pass_session
def indicators(session: Session, /, years: tuple[int, ...], area: str | None, as_json: bool) -> None:
    """Print indicators."""
    workspace, lang = session.workspace(), session.lang
    check_choice(workspace, years, (), lang)
    code = require_area(tree_of(session), area, lang) if area else ""
    run = _compiled(session)
    frame = run.tables["indicators"]
    # Areas above the workspace's hold only a part of themselves here: their intensities would mislead.
    wanted = (code,) if code else run.library.areas.at_or_below(workspace.area)
    frame = frame[frame["area_code"].isin(wanted)]
    if years:
        frame = frame[frame["year"].isin(years)]
    if as_json:
        print_json(records(frame))
        return
    rows = [_indicator_row(row, run, lang) for row in records(frame)]
    fixed = words(lang)
    names = ("area", "year", "profile", "indicator", "value", "unit", "note")
    header = [fixed[name] for name in names]
    click.echo(layout.table(rows, header, right=[4]) if rows else fixed["nothing_there"])


def _indicator_row(row: dict[str, Any], run: RunResult, lang: str) -> tuple[str, ...]:
    unit = row["unit_zh"] if lang == "zh" else row["unit"]
    note = str(row["missing"] or row["price_base"] or "")
    return (
        run.library.areas.name(row["area_code"], lang), str(row["year"]), row["profile"],
        row[f"name_{lang}"], layout.number(row["value"]), unit, note,
    )  # fmt: skip


@command("explain")
@click.argument("cell", nargs=-1)
@click.option("--area", metavar="CODE")
@click.option("--year", type=int, metavar="YEAR")
@click.option("--category", default="", metavar="CODE")
@click.option("--gas", default="", metavar="GAS")
@click.option("--item", default="", metavar="FUEL")
@click.option("--profile", default="", metavar="PROFILE")
@click.option("--limit", type=click.IntRange(min=0), default=20, metavar="N")
@json_option
@pass_session
def explain(
    session: Session, /, cell: tuple[str, ...], as_json: bool, **more: Any
) -> None:
    """Explain a number."""
    from ghg_inventory.inventory.explain import as_dict
    from ghg_inventory.pipeline.explaining import as_text, explain_cell

    workspace, lang = session.workspace(), session.lang
    area, year, category, gas = _cell({n: more.pop(n) for n in ("area", "year", "category", "gas")}, cell, lang)
    check_choice(workspace, (year,), (more["profile"],) if more["profile"] else (), lang)
    # Words are checked before the work begins.
    code = require_area(tree_of(session), area, lang) if area else workspace.area
    more["item"] = fuel_code(more["item"], lang) if more["item"] else ""
    wanted = (code, year, require_category(category, lang), require_gas(gas, lang))
    run = _compiled(session)
    explanation = explain_cell(run, *wanted, **more)
    if as_json:
        print_json(as_dict(explanation))
    else:
        click.echo(as_text(explanation, run.library, lang))


def _cell(given: dict[str, Any], words_given: tuple[str, ...], lang: str) -> tuple[str, int, str, str]:
    """Area, year, category and gas from the options and from bare words in any order.

    A word is a year, a gas or a category where it is one, else an area. Raises: click.UsageError.
    """
    from ghg_inventory.codes import CategoryTree, Gases

    for word in words_given:
        if word.isdecimal() and len(word) == 4:
            name = "year"
        elif Gases.load().find(word):
            name = "gas"
        elif CategoryTree.load().find(word):
            name = "category"
        else:
            name = "area"
        if given[name]:
            raise click.UsageError(words(lang)["given_twice"].replace("{text}", word))
        given[name] = int(word) if name == "year" else word
    if not given["year"]:
        raise click.UsageError(words(lang)["year_missing"])
    return given["area"] or "", given["year"], given["category"], given["gas"]


def require_category(text: str, lang: str) -> str:
    """The category's code, "" for none. Raises: click.UsageError with suggestions."""
    from ghg_inventory.codes import CategoryTree

    if not text:
        return ""
    tree = CategoryTree.load()
    found = tree.find(text)
    if found is None:
        raise unknown("category", text, [*tree.suggest(text), *tree.codes], lang)
    return found


def require_gas(text: str, lang: str) -> str:
    """The gas's code, "" for all. Raises: click.UsageError with suggestions."""
    from ghg_inventory.codes import Gases

    if not text:
        return ""
    gases = Gases.load()
    found = gases.find(text)
    if found is None:
        raise unknown("gas", text, [g.code for g in gases], lang)
    # Asking for CO2e means all gases together.
    return "" if found == "CO2e" else found


@command("export")
@click.argument("path", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--to", "fmt", type=click.Choice(EXPORT_FORMATS))
@click.option("--table", type=click.Choice(EXPORT_TABLES), metavar="TABLE")
@click.option("--scheme", type=click.Choice(EXPORT_SCHEMES))
@pass_session
def export(session: Session, /, path: Path, fmt: str | None, table: str | None, scheme: str | None) -> None:
    """Export results; a scheme without a table asks for the crosswalk."""
    from ghg_inventory.pipeline import write_export

    if scheme and table not in (None, "crosswalk"):
        raise click.UsageError(words(session.lang)["scheme_needs_crosswalk"].replace("{table}", str(table)))
    table = table or ("crosswalk" if scheme else "ledger")
    chosen = fmt or path.suffix.removeprefix(".").lower()
    if chosen not in EXPORT_FORMATS:
        raise unknown("format", chosen, EXPORT_FORMATS, session.lang)
    written = write_export(_compiled(session), chosen, path, table, scheme or "")
    click.echo(words(session.lang)["written"].replace("{path}", str(written)))


COMMANDS = {"report": report, "indicators": indicators, "explain": explain, "export": export}
