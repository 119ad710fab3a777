"""`ghg methods`: profiles and methods."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from ghg_inventory.cli import layout
from ghg_inventory.cli.commands.factors import unknown
from ghg_inventory.cli.output import print_json
from ghg_inventory.cli.page import command, group, json_option, pass_session, words
from ghg_inventory.cli.session import Session

if TYPE_CHECKING:
    from ghg_inventory.inventory.coverage import Covered
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


@command("coverage")
@click.option("--profile", metavar="PROFILE")
@json_option
@pass_session
def show_coverage(session: Session, /, profile: str | None, as_json: bool) -> None:
    """What a profile does for every leaf and gas."""
    from ghg_inventory.codes import CategoryTree
    from ghg_inventory.factors import FactorLibrary
    from ghg_inventory.inventory.coverage import coverage
    from ghg_inventory.methods import load_methods

    library, tree, lang = load_methods(), CategoryTree.load(), session.lang
    if profile is not None and profile not in library.profiles:
        raise unknown("profile", profile, library.profiles, lang)
    factors, _ = FactorLibrary.load()
    names = [profile] if profile else [*library.profiles]
    found = {name: coverage(library.profiles[name], tree, factors) for name in names}
    fixed = words(lang)
    if as_json:
        print_json([{"profile": name, **asdict(cell)} for name, cells in found.items() for cell in cells])
    elif profile:
        rows = [
            (c.category, tree.category(c.category).name(lang), c.gas, c.status, _how(c, lang)) for c in found[profile]
        ]  # fmt: skip
        header = [fixed[key] for key in ("category", "name", "gas", "status", "how")]
        click.echo(layout.table(rows, header))
    else:
        counts = {name: Counter(c.status for c in cells) for name, cells in found.items()}
        states = [*dict.fromkeys(s for count in counts.values() for s in count)]
        rows_of_counts = [(name, *(str(count[s]) for s in states)) for name, count in counts.items()]
        click.echo(layout.table(rows_of_counts, [fixed["profile"], *states], right=range(1, len(states) + 1)))


def _how(one: Covered, lang: str) -> str:
    """The methods, or the notation key and the reason."""
    if one.methods:
        own = f" ({_own_values(lang, one.own_values)})" if one.own_values else ""
        return ", ".join(one.methods) + own
    return f"{one.notation}: {one.reason_zh if lang == 'zh' else one.reason_en}".strip(": ")


def _own_values(lang: str, parameters: tuple[str, ...]) -> str:
    """Which values the user brings."""
    return words(lang)["own_values"].replace("{parameters}", ", ".join(parameters))


for page in (list_methods, show, show_coverage):
    methods.add_command(page)

COMMANDS = {"methods": methods}
