"""`ghg import` and `ghg check`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ghg_inventory.cli import layout
from ghg_inventory.cli.commands.areas import require_area, tree_of
from ghg_inventory.cli.output import code_of, print_findings, print_json, summary
from ghg_inventory.cli.page import command, json_option, pass_session, words
from ghg_inventory.cli.progress import Progress
from ghg_inventory.cli.session import Session, now

if TYPE_CHECKING:
    from ghg_inventory.pipeline.steps import ImportResult


@command("import")
@click.argument("files", nargs=-1, type=click.Path(path_type=Path))
@click.option("--area", metavar="CODE")
@click.option("--year", type=click.IntRange(1950, 2100), metavar="YEAR")
@click.option("--dry-run", is_flag=True)
@click.option("--all", "show_all", is_flag=True)
@json_option
@pass_session
def import_(
    session: Session, /, files: tuple[Path, ...], dry_run: bool, show_all: bool, as_json: bool, **whose: Any
) -> int:
    """Import files."""
    from ghg_inventory.pipeline import import_files

    workspace, lang = session.workspace(), session.lang
    paths = files or workspace.inbox_files()
    if not paths:
        raise click.UsageError(words(lang)["inbox_empty"].replace("{folder}", str(workspace.inbox)))
    area = require_area(tree_of(session), whose["area"], lang) if whose["area"] else ""
    year = whose["year"] or 0
    with Progress(lang) as progress:
        result = import_files(
            workspace, paths, at=now(), progress=progress, dry_run=dry_run, area=area, year=year
        )
    if as_json:
        print_json(_facts(result))
    else:
        print_findings(result.findings, lang, limit=0 if show_all else 60)
        click.echo(_submissions_text(result, lang) or words(lang)["trial"])
    return code_of(result.findings)


def _facts(result: ImportResult) -> dict[str, object]:
    return {
        "records": result.records,
        "submissions": [
            {"id": s.id, "file": s.file_name, "revision": s.revision, "state": s.state, "sha256": s.sha256,
             "records": s.record_count, "new": s.is_new}
            for s in result.submissions
        ],
        "findings": [f.as_dict() for f in result.findings],
    }  # fmt: skip


def _submissions_text(result: ImportResult, lang: str) -> str:
    fixed = words(lang)
    rows = [
        (s.file_name, str(s.revision), fixed[f"state_{s.state}"], f"{s.record_count:,}",
         fixed["new"] if s.is_new else fixed["known"])
        for s in result.submissions
    ]  # fmt: skip
    if not rows:
        return ""
    header = [fixed["file"], fixed["revision"], fixed["state"], fixed["records"], ""]
    return layout.table(rows, header, right=[1, 3])


@command("check")
@click.argument("names", nargs=-1)
@click.option("--strict", is_flag=True)
@click.option("--all", "show_all", is_flag=True)
@json_option
@pass_session
def check(session: Session, /, names: tuple[str, ...], strict: bool, show_all: bool, as_json: bool) -> int:
    """Check what is stored."""
    from ghg_inventory.cli.commands.factors import unknown
    from ghg_inventory.errors import catalogue
    from ghg_inventory.pipeline import check_store

    lang = session.lang
    for name in names:
        if name not in catalogue():
            raise unknown("check", name, catalogue(), lang)
    findings = check_store(session.workspace(), strict=strict, names=names)
    if as_json:
        print_json({"findings": [f.as_dict() for f in findings], "summary": summary(findings, lang)})
    else:
        print_findings(findings, lang, limit=0 if show_all else 60)
    return code_of(findings)


COMMANDS = {"import": import_, "check": check}
