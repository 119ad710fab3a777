"""`ghg areas`: find and show area codes, in the workspace's areas where there is a workspace."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from ghg_inventory.cli import layout
from ghg_inventory.cli.output import print_json
from ghg_inventory.cli.page import command, group, json_option, pass_session, words
from ghg_inventory.cli.session import Session

if TYPE_CHECKING:
    from ghg_inventory.areas import Area, AreaTree


areas = group("areas")


def tree_of(session: Session) -> AreaTree:
    """The workspace's areas, else the registry."""
    from ghg_inventory.areas import AreaTree

    workspace = session.workspace_or_none()
    if workspace is None or workspace.areas_file is None:
        return AreaTree.registry()
    return AreaTree.load(workspace.areas_file, AreaTree.registry())[0]


def require_area(tree: AreaTree, text: str, lang: str) -> str:
    """The code of an area given by code, or by a name that one area bears today or only one ever bore.

    Raises: click.UsageError with suggestions.
    """
    from ghg_inventory.areas import END

    if text in tree:
        return text
    found = tree.find(text)
    today = [code for code in found if tree.periods(code)[-1].valid_to == END]
    if len(today) == 1 or len(found) == 1:
        return (today or found)[0]
    near = found or tree.suggest(text)
    listed = [f"{code} {tree.name(code, lang)}" for code in near]
    fixed = words(lang)
    hint = fixed["meant"].replace("{choices}", ", ".join(listed)) if listed else ""
    raise click.UsageError(fixed["unknown_area"].replace("{text}", text) + hint)


@command("find")
@click.argument("text")
@click.option("--year", type=int, metavar="YEAR")
@json_option
@pass_session
def find(session: Session, /, text: str, year: int | None, as_json: bool) -> None:
    """Find areas by name or code."""
    tree, lang = tree_of(session), session.lang
    exact = [text] if text in tree else [*tree.find(text, year)]
    inside = [c for c in _containing(tree, text) if c not in exact]
    codes = [c for c in exact + inside if year is None or tree.is_valid(c, year)]
    if not codes:
        require_area(tree, text, lang)
    if as_json:
        print_json([_facts(tree, code) for code in codes])
        return
    rows = [(c, tree.name(c, lang), _path(tree, c, lang), _periods(tree, c, lang)) for c in codes[:100]]
    fixed = words(lang)
    click.echo(layout.table(rows, [fixed["code"], fixed["name"], fixed["path"], fixed["years"]]))


def _containing(tree: AreaTree, text: str) -> list[str]:
    folded = text.casefold()
    codes: dict[str, None] = {}
    for area in tree.areas:
        if (
            folded in area.name_zh.casefold()
            or folded in area.name_en.casefold()
            or area.code.startswith(text)
        ):
            codes[area.code] = None
    return [*codes]


def _path(tree: AreaTree, code: str, lang: str) -> str:
    names = [tree.name(above, lang) for above in reversed(tree.ancestors(code))]
    return " › ".join(names[1:] or names)


def _years_text(area: Area, lang: str) -> str:
    from ghg_inventory.areas import ALWAYS, END

    first = "" if area.valid_from == ALWAYS else str(area.valid_from)
    last = "" if area.valid_to == END else str(area.valid_to)
    return f"{first}–{last}" if first or last else words(lang)["always"]


def _periods(tree: AreaTree, code: str, lang: str) -> str:
    return ", ".join(_years_text(area, lang) for area in tree.periods(code))


def _facts(tree: AreaTree, code: str) -> dict[str, Any]:
    return {
        "code": code, "name_zh": tree.name(code, "zh"), "name_en": tree.name(code, "en"),
        "ancestors": list(tree.ancestors(code)), "children": list(tree.children(code)),
        "periods": [
            {"valid_from": a.valid_from, "valid_to": a.valid_to, "name_zh": a.name_zh, "parent": a.parent,
             "level": a.level, "kind": a.kind}
            for a in tree.periods(code)
        ],
    }  # fmt: skip


@command("show")
@click.argument("code")
@json_option
@pass_session
def show(session: Session, /, code: str, as_json: bool) -> None:
    """Show an area with its history."""
    tree, lang = tree_of(session), session.lang
    code = require_area(tree, code, lang)
    if as_json:
        print_json(_facts(tree, code))
        return
    fixed = words(lang)
    rows = [
        (fixed["code"], code),
        (fixed["name"], tree.name(code, lang)),
        (fixed["path"], _path(tree, code, lang)),
    ]
    for area in tree.periods(code):
        rows.append((_years_text(area, lang), f"{area.name(lang)} · {area.level}"))
        for new_code, name, year in tree.successors(code, area.valid_to + 1):
            said = fixed["became"].replace("{year}", str(year))
            rows.append((fixed["history"], said.replace("{code}", new_code).replace("{name}", name)))
    children = [f"{child} {tree.name(child, lang)}" for child in tree.children(code)]
    if children:
        rows.append((fixed["children"], ", ".join(children)))
    click.echo(layout.table(rows))


for page in (find, show):
    areas.add_command(page)

COMMANDS = {"areas": areas}
