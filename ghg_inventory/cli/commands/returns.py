"""`ghg template`: the workbooks that counties fill in."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ghg_inventory.cli import layout
from ghg_inventory.cli.commands.areas import require_area, tree_of
from ghg_inventory.cli.commands.compiling import check_choice
from ghg_inventory.cli.output import code_of, print_findings, print_json
from ghg_inventory.cli.page import command, json_option, pass_session, words
from ghg_inventory.cli.progress import Progress
from ghg_inventory.cli.session import LANGUAGES, Session
from ghg_inventory.cli.wrong_use import meant

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ghg_inventory.pipeline.templating import Written


@command("template")
@click.option("--area", "areas", multiple=True, metavar="CODE")
@click.option("--year", type=int, metavar="YEAR")
@click.option("--department", "departments", multiple=True, metavar="ID")
@click.option("--split", is_flag=True)
@click.option("--output", type=click.Path(path_type=Path, file_okay=False), metavar="DIR")
@click.option("--workbook-lang", type=click.Choice(LANGUAGES))
@click.option("--list", "show_list", is_flag=True)
@click.option("--force", is_flag=True)
@json_option
@pass_session
def template(
    session: Session, /, year: int | None, show_list: bool, as_json: bool, workbook_lang: str | None,
    output: Path | None, force: bool, **choice: Any,
) -> int:  # fmt: skip
    """Make the workbooks of a year."""
    from ghg_inventory.pipeline.templating import Choice, describe, plan_workbooks, write_workbooks

    workspace, lang, tree = session.workspace(), session.lang, tree_of(session)
    check_choice(workspace, (year,) if year is not None else (), (), lang)
    year = workspace.years[-1] if year is None else year
    if show_list:
        _print_sheets(describe(workspace, tree, year), lang, as_json)
        return 0
    wanted = Choice(
        year, tuple(dict.fromkeys(require_area(tree, area, lang) for area in choice["areas"])),
        tuple(dict.fromkeys(_department(text, lang) for text in choice["departments"])), choice["split"],
    )  # fmt: skip
    language = workbook_lang or lang
    planned, findings = plan_workbooks(workspace, tree, wanted, language)
    with Progress(lang) as progress:
        written, more = write_workbooks(
            workspace, tree, planned, language, folder=output, force=force, progress=progress
        )
    findings += more
    if as_json:
        print_json(
            {"workbooks": [_facts(one) for one in written], "findings": [f.as_dict() for f in findings]}
        )
        return code_of(findings)
    if written:
        click.echo(_table(written, lang))
        click.echo(_summary(written, lang))
    elif not findings:
        click.echo(words(lang)["nothing_there"])
    if findings:
        print_findings(findings, lang)
    return code_of(findings)


def _department(text: str, lang: str) -> str:
    """The id of a department given by id or name. Raises: click.UsageError with the nearest ones."""
    from ghg_inventory.activity.returns import departments

    known = departments()
    for department in known.values():
        if text.casefold() in (department.id, department.zh, department.en.casefold()):
            return department.id
    inside = [d.id for d in known.values() if text and (text in d.zh or text.casefold() in d.en.casefold())]
    if len(inside) == 1:
        return inside[0]
    fixed = words(lang)
    hint = fixed["meant"].replace("{choices}", ", ".join(inside)) if inside else meant(text, known, lang)
    joint = "、" if lang == "zh" else ", "
    listed = joint.join(f"{d.id}（{d.zh}）" if lang == "zh" else d.id for d in known.values())
    raise click.UsageError(
        fixed["unknown_department"].replace("{text}", text).replace("{known}", listed) + hint
    )


def _print_sheets(sheets: Sequence[Mapping[str, object]], lang: str, as_json: bool) -> None:
    from ghg_inventory.activity.returns import departments

    if as_json:
        print_json(list(sheets))
        return
    fixed = words(lang)
    rows = [
        (str(s["id"]), str(s[lang]), str(s["department"]), departments()[str(s["department"])].name(lang),
         fixed[f"asked_{s['asked']}"], str(s["areas"]), str(s["values"]))
        for s in sheets
    ]  # fmt: skip
    header = ("sheet_id", "name", "department_id", "department", "asked", "areas_asked", "values_asked")
    click.echo(layout.table(rows, [fixed[key] for key in header], right=[5, 6]))


def _facts(one: Written) -> dict[str, object]:
    book = one.workbook
    return {
        "path": str(one.path), "state": one.state, "area": book.area, "year": book.year,
        "departments": list(book.departments), "sheets": [sheet.id for sheet in book.sheets],
        "values": sum(len(sheet.asks) for sheet in book.sheets),
    }  # fmt: skip


def _table(written: Sequence[Written], lang: str) -> str:
    fixed = words(lang)
    rows = [
        (one.path.name, str(len(one.workbook.sheets)), str(sum(len(s.asks) for s in one.workbook.sheets)),
         fixed[f"workbook_{one.state}"])
        for one in written
    ]  # fmt: skip
    header = [fixed[key] for key in ("file", "sheets_asked", "values_asked", "state")]
    return layout.table(rows, header, right=[1, 2])


def _summary(written: Sequence[Written], lang: str) -> str:
    """How many workbooks of each state, and where they are."""
    fixed = words(lang)
    counts = Counter(one.state for one in written)
    joint = "，" if lang == "zh" else ", "
    states = joint.join(f"{fixed[f'workbook_{state}']} {count}" for state, count in counts.items())
    text = fixed["workbooks_in"].replace("{folder}", str(written[0].path.parent))
    return text.replace("{count}", str(len(written))).replace("{states}", states)


COMMANDS = {"template": template}
