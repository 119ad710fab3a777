"""`ghg methods`: profiles and methods."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from ghg_inventory.cli import layout
from ghg_inventory.cli.commands.factors import unknown
from ghg_inventory.cli.output import print_json
from ghg_inventory.cli.page import command, group, json_option, pass_session, words
from ghg_inventory.cli.session import Session

if TYPE_CHECKING:
    from ghg_inventory.methods import Input, Method


methods = group("methods")


@command("list")
@click.option("--profile", metavar="PROFILE")
@json_option
@pass_session
def list_methods(session: Session, /, profile: str | None, as_json: bool) -> None:
    """List profiles, or the methods of one."""
    from ghg_inventory.methods import load_methods

    library, lang = load_methods(), session.lang
    fixed = words(lang)
    if profile is None:
        found = [*library.profiles.values()]
        if as_json:
            print_json([{"id": p.id, "name_zh": p.name_zh, "name_en": p.name_en} for p in found])
            return
        rows = [(p.id, p.name_zh if lang == "zh" else p.name_en, str(len(p.methods))) for p in found]
        click.echo(layout.table(rows, [fixed["profile"], fixed["name"], fixed["methods"]], right=[2]))
        return
    if profile not in library.profiles:
        raise unknown("profile", profile, library.profiles, lang)
    chosen = library.profiles[profile].methods
    if as_json:
        print_json([_facts(method) for method in chosen])
        return
    shown = [(m.id, _title(m, lang), m.gas, m.tier) for m in chosen]
    click.echo(layout.table(shown, [fixed["method"], fixed["title"], fixed["gas"], fixed["tier"]]))


def _title(method: Method, lang: str) -> str:
    return method.title_zh if lang == "zh" else method.title_en


def _facts(method: Method) -> dict[str, Any]:
    return {
        "id": method.id, "title_zh": method.title_zh, "title_en": method.title_en, "gas": method.gas,
        "categories": list(method.categories), "formula": method.formula.text(),
        "inputs": [
            {"symbol": i.symbol, "unit": i.unit.text, "parameter": i.parameter, "sets": list(i.sets)}
            for i in method.inputs
        ],
        "result": method.result.text, "tier": method.tier, "source": method.source,
        "locator": method.locator,
    }  # fmt: skip


@command("show")
@click.argument("method_id")
@json_option
@pass_session
def show(session: Session, /, method_id: str, as_json: bool) -> None:
    """Show one method."""
    from ghg_inventory.methods import load_methods

    library, lang = load_methods(), session.lang
    method = library.methods.get(method_id)
    if method is None:
        raise unknown("method", method_id, library.methods, lang)
    if as_json:
        print_json(_facts(method))
        return
    fixed = words(lang)
    rows = [
        (fixed["method"], method.id), (fixed["title"], _title(method, lang)), (fixed["gas"], method.gas),
        (fixed["category"], ", ".join(method.categories)), (fixed["formula"], method.formula.text()),
    ]  # fmt: skip
    rows += [(i.symbol, _input_text(i, lang)) for i in method.inputs]
    rows += [
        (fixed["result"], method.result.text), (fixed["tier"], method.tier),
        (fixed["source"], f"{method.source}, {method.locator}"),
        (fixed["note"], method.note_zh if lang == "zh" else method.note_en),
    ]  # fmt: skip
    click.echo(layout.table([row for row in rows if row[1]]))


def _input_text(one: Input, lang: str) -> str:
    title = one.title_zh if lang == "zh" else one.title_en
    origin = f" ← {one.parameter} ({', '.join(one.sets)})" if one.parameter else ""
    return f"{title} [{one.unit.text}]{origin}"


for page in (list_methods, show):
    methods.add_command(page)

COMMANDS = {"methods": methods}
