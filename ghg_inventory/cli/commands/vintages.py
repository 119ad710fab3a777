"""`ghg diff`: what changed between two results, and why."""

from __future__ import annotations

from datetime import date
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import click

from ghg_inventory.cli.commands.areas import require_area, tree_of
from ghg_inventory.cli.output import print_json, records
from ghg_inventory.cli.page import command, json_option, pass_session
from ghg_inventory.cli.progress import Progress
from ghg_inventory.cli.session import Session

if TYPE_CHECKING:
    from ghg_inventory.areas import AreaTree
    from ghg_inventory.cli.diff_text import Choice
    from ghg_inventory.pipeline.differing import Arrival, Difference, Vintage
    from ghg_inventory.pipeline.workspace import Workspace


@command("diff")
@click.argument("results", nargs=-1)
@click.option("--year", "years", type=int, multiple=True, metavar="YEAR")
@click.option("--area", metavar="CODE")
@click.option("--profile", default="", metavar="PROFILE")
@click.option("--records", "limit", type=click.IntRange(min=0), default=20, metavar="N")
@click.option("--all", "show_all", is_flag=True)
@json_option
@pass_session
def diff(session: Session, /, results: tuple[str, ...], as_json: bool, **choice: Any) -> None:
    """Compare results, each with the next."""
    from ghg_inventory.cli.diff_text import difference_text
    from ghg_inventory.pipeline.differing import arrivals, compare

    workspace, lang = session.workspace(), session.lang
    tree = tree_of(session)
    area = require_area(tree, choice["area"], lang) if choice["area"] else workspace.area
    for text in results:
        _check_day(text, lang)
    with Progress(lang) as progress:
        vintages = _vintages(workspace, results, progress, lang)
        steps = [compare(before, after) for before, after in pairwise(vintages)]
    chosen = [_choice(one, area, choice, lang) for one in steps]
    history = workspace.open_store().submissions(current_only=False)
    came = [arrivals(one, history) for one in steps]
    if as_json:
        print_json([_facts(*one) for one in zip(steps, [tree] * len(steps), chosen, came, strict=True)])
        return
    texts = [difference_text(one, tree, c, a) for one, c, a in zip(steps, chosen, came, strict=True)]
    click.echo("\n\n".join(texts))


def _check_day(text: str, lang: str) -> None:
    """Raises: click.UsageError for what looks like a day and is none."""
    from ghg_inventory.cli.differences import say
    from ghg_inventory.pipeline.differing import is_day

    if not is_day(text):
        if not text.strip() or not all(letter in "0123456789abcdefABCDEF" for letter in text):
            raise click.UsageError(say(lang, "bad_result", text=text))
        return
    try:
        date.fromisoformat(text[:10])
    except ValueError as error:
        raise click.UsageError(say(lang, "bad_day", text=text)) from error


def _vintages(workspace: Workspace, named: tuple[str, ...], progress: Progress, lang: str) -> list[Vintage]:
    """The named results; one alone is compared with the present, none means the last two runs."""
    from ghg_inventory.cli.differences import say
    from ghg_inventory.pipeline.differing import last_two, read_vintage, vintage_of

    if not named:
        pair = last_two(workspace.open_store())
        if pair is None:
            raise click.UsageError(say(lang, "only_one"))
        return [read_vintage(run) for run in pair]
    if len(named) == 1:
        named = (*named, "")
    return [vintage_of(workspace, one, progress=progress) for one in named]


def _choice(difference: Difference, area: str, given: dict[str, Any], lang: str) -> Choice:
    """What to show of a difference. Raises: click.UsageError for a year or a profile that it lacks."""
    from ghg_inventory.cli.diff_text import Choice
    from ghg_inventory.cli.differences import say

    if not difference.profiles or not difference.years:
        raise click.UsageError(say(lang, "nothing_shared"))
    for year in given["years"]:
        if year not in difference.years:
            raise click.UsageError(say(lang, "no_year", text=year))
    if given["profile"] and given["profile"] not in difference.profiles:
        raise click.UsageError(say(lang, "no_profile", text=given["profile"]))
    profile = given["profile"] or difference.profiles[0]
    return Choice(area, profile, tuple(sorted(given["years"])), given["limit"], lang, given["show_all"])


def _facts(
    difference: Difference, areas: AreaTree, choice: Choice, came: tuple[Arrival, ...]
) -> dict[str, Any]:
    """A difference as JSON: the area's totals, causes and indicators, the changed records, the files."""
    from ghg_inventory.pipeline.differing import largest

    totals, indicators = difference.totals, difference.indicators
    causes = difference.causes(areas, choice.area)
    changed = largest(difference, areas, choice.area, choice.profile, choice.years)
    years = choice.years or difference.years
    causes = causes[(causes["profile"] == choice.profile) & causes["year"].isin(years)]
    mine = [
        table[
            (table["area_code"] == choice.area)
            & (table["profile"] == choice.profile)
            & table["year"].isin(years)
        ]
        for table in (totals, indicators)
    ]
    return {
        "before": _vintage_facts(difference.before), "after": _vintage_facts(difference.after),
        "area_code": choice.area, "profile": choice.profile, "years": list(years),
        "totals": records(mine[0]), "causes": records(causes), "indicators": records(mine[1]),
        "records": records(changed.iloc[: choice.limit] if choice.limit else changed),
        "record_count": len(changed),
        "files": [
            {"file": one.change.name, "kind": one.change.kind, "before": one.change.before,
             "after": one.change.after, "submission": one.submission.id if one.submission else None,
             "at": one.submission.imported_at if one.submission else None}
            for one in came
        ],
        "inputs": [{"part": p.part, "before": p.before, "after": p.after} for p in difference.parts],
    }  # fmt: skip


def _vintage_facts(one: Vintage) -> dict[str, str]:
    return {"run_id": one.run_id, "made": one.made, "as_of": one.as_of}


COMMANDS = {"diff": diff}
