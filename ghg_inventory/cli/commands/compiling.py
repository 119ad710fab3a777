"""`ghg compile` and `ghg run`."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ghg_inventory.cli import layout
from ghg_inventory.cli.output import code_of, print_findings, print_json, records
from ghg_inventory.cli.page import command, json_option, pass_session, session_of, words
from ghg_inventory.cli.progress import Progress
from ghg_inventory.cli.session import LANGUAGES, Session, now, user
from ghg_inventory.errors import has_errors, order

if TYPE_CHECKING:
    from ghg_inventory.inventory import Inventory
    from ghg_inventory.pipeline.steps import RunResult
    from ghg_inventory.pipeline.workspace import Workspace


def as_date(ctx: click.Context, param: click.Parameter, value: str | None) -> str:
    """An ISO date as given, "" for none. Raises: click.BadParameter."""
    if not value:
        return ""
    try:
        date.fromisoformat(value)
    except ValueError:
        lang = session_of(ctx).lang
        raise click.BadParameter(words(lang)["as_of_bad"].replace("{text}", value), ctx, param) from None
    return value


@command("compile")
@click.option("--year", "years", type=int, multiple=True, metavar="YEAR")
@click.option("--profile", "profiles", multiple=True, metavar="PROFILE")
@click.option("--as-of", metavar="DATE", callback=as_date)
@json_option
@pass_session
def compile_(
    session: Session, /, years: tuple[int, ...], profiles: tuple[str, ...], as_json: bool, as_of: str
) -> int:
    """Compile."""
    from ghg_inventory.pipeline import compile_run
    from ghg_inventory.pipeline.vintage import beside

    workspace, lang = session.workspace(), session.lang
    check_choice(workspace, years, profiles, lang)
    with Progress(lang) as progress:
        run = compile_run(
            workspace, years=years or None, profiles=profiles or None, progress=progress, at=now(), as_of=as_of
        )
    noticed = order([*run.findings, *beside(workspace, run, as_of)])
    if as_json:
        print_json({**facts(workspace, run), "findings": [f.as_dict() for f in noticed]})
    else:
        print_findings(noticed, lang, infos=False, err=True)
        click.echo(totals_text(workspace, run, lang))
        click.echo(f"{words(lang)['results_in']} {workspace.runs_folder / run.run_id}")
    return code_of(noticed)


def check_choice(workspace: Workspace, years: tuple[int, ...], profiles: tuple[str, ...], lang: str) -> None:
    """Raises: click.UsageError for a year or profile that the workspace does not have."""
    from ghg_inventory.cli.commands.factors import unknown

    for year in years:
        if year not in workspace.years:
            raise unknown("year", str(year), map(str, workspace.years), lang)
    for profile in profiles:
        if profile not in workspace.profiles:
            raise unknown("profile", profile, workspace.profiles, lang)


def facts(workspace: Workspace, run: RunResult) -> dict[str, Any]:
    """A run as JSON: id, manifest, the root area's totals, findings."""
    totals = []
    for inventory in run.inventories.values():
        frame = inventory.totals()
        totals += records(frame[frame["area_code"] == workspace.area])
    return {
        "run_id": run.run_id, "complete": not has_errors(run.findings),
        "manifest": dict(run.manifest.parts), "totals": totals,
        "findings": [f.as_dict() for f in run.findings],
    }  # fmt: skip


def totals_text(workspace: Workspace, run: RunResult, lang: str) -> str:
    """The root area's totals per profile: categories down to level two, one column per year."""
    fixed = words(lang)
    area = run.library.areas.name(workspace.area, lang)
    parts = [f"{fixed['run_id']} {run.run_id}"]
    for name, inventory in run.inventories.items():
        header = [f"{area} · {name} · t CO2e ({inventory.gwp_set})", *map(str, inventory.years)]
        rows = totals_rows(inventory, workspace.area, lang)
        parts.append(layout.table(rows, header, right=range(1, len(header))))
    errors = sum(f.severity == "error" for f in run.findings)
    if errors:
        # A total that lacks something must not be copied from the screen without that being seen.
        parts.append(fixed["incomplete"].replace("{count}", str(errors)))
    return "\n\n".join(parts)


def totals_rows(inventory: Inventory, area: str, lang: str) -> list[tuple[str, ...]]:
    """The total, then each category of the first two levels; those beside the total are marked."""
    from ghg_inventory.indicators import total_co2e

    tree, fixed = inventory.context.categories, words(lang)
    total = [layout.number(total_co2e(inventory, area, year)) for year in inventory.years]
    rows = [(fixed["total"], *total)]
    for code in inventory.rolled.categories:
        category = tree.category(code)
        if category.level > 2:
            continue
        figures = [layout.number(inventory.co2e(area, year, code)) for year in inventory.years]
        beside = "" if tree.in_total(code) and tree.in_total(tree.path(code)[0]) else f" [{fixed['beside']}]"
        rows.append(("  " * category.level + f"{code} {category.name(lang)}{beside}", *figures))
    return rows


@command("run")
@click.option("--year", "years", type=int, multiple=True, metavar="YEAR")
@click.option("--area", "areas", multiple=True, metavar="CODE")
@click.option("--format", "formats", type=click.Choice(("pdf", "html")), multiple=True, default=("pdf",))
@click.option("--report-lang", "langs", type=click.Choice(LANGUAGES), multiple=True)
@click.option("--output", type=click.Path(path_type=Path), metavar="DIR")
@json_option
@pass_session
def run(session: Session, /, years: tuple[int, ...], as_json: bool, **choice: Any) -> int:
    """The whole job."""
    from ghg_inventory.pipeline import run_all

    workspace, lang = session.workspace(), session.lang
    check_choice(workspace, years, (), lang)
    wanted = {name: value for name, value in {**choice, "years": years}.items() if value}
    with Progress(lang) as progress:
        result = run_all(workspace, at=now(), progress=progress, by=user(), **wanted)
    if as_json:
        print_json({**facts(workspace, result.run), "reports": [str(path) for path in result.reports],
                    "findings": [f.as_dict() for f in result.findings]})  # fmt: skip
        return code_of(result.findings)
    print_findings(result.findings, lang, infos=False, err=True)
    click.echo(totals_text(workspace, result.run, lang))
    click.echo(words(lang)["report_files"])
    for path in result.reports:
        click.echo(f"  {path}")
    return code_of(result.findings)


COMMANDS = {"compile": compile_, "run": run}
