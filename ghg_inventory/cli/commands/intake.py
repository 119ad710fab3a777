"""`ghg import` and `ghg check`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ghg_inventory.cli import layout
from ghg_inventory.cli.commands.areas import require_area, tree_of
from ghg_inventory.cli.output import code_of, print_findings, print_json, records, summary
from ghg_inventory.cli.page import command, json_option, pass_session, words
from ghg_inventory.cli.progress import Progress
from ghg_inventory.cli.session import Session, now, user
from ghg_inventory.errors import Finding, order

if TYPE_CHECKING:
    from ghg_inventory.pipeline.intake import ImportResult
    from ghg_inventory.pipeline.preview import Preview
    from ghg_inventory.pipeline.workspace import Workspace

# Changed cells shown for each file; `ghg submissions changes` shows all.
_CHANGES = 12


@command("import")
@click.argument("files", nargs=-1, type=click.Path(path_type=Path))
@click.option("--area", metavar="CODE")
@click.option("--year", type=click.IntRange(1950, 2100), metavar="YEAR")
@click.option("--by", metavar="NAME")
@click.option("--draft", is_flag=True)
@click.option("--dry-run", is_flag=True)
@click.option("--annotate", is_flag=True)
@click.option("--output", type=click.Path(path_type=Path, file_okay=False), metavar="DIR")
@click.option("--all", "show_all", is_flag=True)
@json_option
@pass_session
def import_(session: Session, /, files: tuple[Path, ...], as_json: bool, **choice: Any) -> int:
    """Import files."""
    from ghg_inventory.pipeline import Intake, import_files
    from ghg_inventory.pipeline.preview import preview

    workspace, lang = session.workspace(), session.lang
    paths = files or workspace.inbox_files()
    if not paths:
        raise click.UsageError(words(lang)["inbox_empty"].replace("{folder}", str(workspace.inbox)))
    if choice["draft"] and not workspace.review:
        raise click.UsageError(words(lang)["draft_without_review"])
    area = require_area(tree_of(session), choice["area"], lang) if choice["area"] else ""
    how = Intake(area, choice["year"] or 0, choice["by"] or user(), choice["draft"], choice["dry_run"])
    with Progress(lang) as progress:
        result = import_files(workspace, paths, at=now(), progress=progress, how=how)
        seen = preview(workspace, result, progress) if how.dry_run else None
    copies, failed = _copies(result, workspace, choice, lang) if choice["annotate"] else ((), ())
    findings = order([*result.findings, *failed, *(seen.findings if seen else ())])
    if as_json:
        print_json({
            **_facts(result), "marked": [str(path) for path in copies],
            "findings": [f.as_dict() for f in findings],
            **({"preview": _moved(seen)} if seen else {}),
        })  # fmt: skip
        return code_of(findings)
    print_findings(findings, lang, limit=0 if choice["show_all"] else 60)
    listed = _submissions_text(result, lang)
    if listed or how.dry_run:
        click.echo(listed or words(lang)["trial"])
    for text in (_revised_text(result, lang), _preview_text(seen, lang), _listed(copies, lang)):
        if text:
            click.echo("\n" + text)
    return code_of(findings)


def _preview_text(seen: Preview | None, lang: str) -> str:
    from ghg_inventory.cli.differences import preview_text

    if seen is None:
        return ""
    return preview_text(seen.difference, seen.areas, lang, seen.targets_before, seen.targets_after)


def _moved(seen: Preview) -> dict[str, Any]:
    """A preview as JSON: the totals and indicators that move, and where the targets stand."""
    totals = seen.difference.totals
    facts = {"totals": records(totals[totals["moved"]]), "indicators": records(seen.difference.indicators)}
    if seen.targets_before is not None and seen.targets_after is not None:
        facts |= {"targets_before": records(seen.targets_before), "targets_after": records(seen.targets_after)}
    return facts


def _copies(
    result: ImportResult, workspace: Workspace, choice: dict[str, Any], lang: str
) -> tuple[tuple[Path, ...], tuple[Finding, ...]]:
    from ghg_inventory.pipeline.intake import marked_copies

    # Not into the inbox: what lies there is imported.
    return marked_copies(result, choice["output"] or workspace.folder / "returned", lang)


def _listed(paths: Sequence[Path], lang: str) -> str:
    if not paths:
        return ""
    return "\n".join([words(lang)["marked_copies"], *(f"  {path}" for path in paths)])


def _revised_text(result: ImportResult, lang: str) -> str:
    """What new revisions say differently, cell by cell; the first lines of each file."""
    from ghg_inventory.cli.changed import changes_text

    known = {s.file_name for s in result.submissions if not s.is_new}
    parts = [
        changes_text(changes, lang, title=name, limit=_CHANGES)
        for name, changes in result.revised.items() if changes and name not in known
    ]  # fmt: skip
    return "\n\n".join(parts)


def _facts(result: ImportResult) -> dict[str, object]:
    from ghg_inventory.cli.commands.submissions import facts

    return {
        "records": result.records,
        "submissions": [
            {**facts(s), "file": s.file_name, "state": s.standing, "records": s.record_count, "new": s.is_new}
            for s in result.submissions
        ],
        "changes": {
            name: [change._asdict() for change in changes] for name, changes in result.revised.items()
        },
    }  # fmt: skip


def _submissions_text(result: ImportResult, lang: str) -> str:
    from ghg_inventory.cli.commands.submissions import state_word

    fixed = words(lang)
    rows = [
        (str(s.id), s.file_name, str(s.revision), state_word(s.standing, lang), f"{s.record_count:,}",
         fixed["new"] if s.is_new else fixed["known"])
        for s in result.submissions
    ]  # fmt: skip
    if not rows:
        return ""
    header = [fixed["board_number"], fixed["file"], fixed["revision"], fixed["state"], fixed["records"], ""]
    return layout.table(rows, header, right=[0, 2, 4])


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
