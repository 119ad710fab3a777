"""`ghg init`, `ghg demo`, `ghg version`."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import click

from ghg_inventory import __version__
from ghg_inventory.cli.commands.areas import require_area
from ghg_inventory.cli.commands.factors import unknown
from ghg_inventory.cli.output import code_of, print_findings, print_json
from ghg_inventory.cli.page import command, json_option, pass_session, words
from ghg_inventory.cli.progress import Progress
from ghg_inventory.cli.session import Session, now

_DEMO_MARK = ".demo"


@command("init")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--example", metavar="NAME")
@click.option("--area", metavar="CODE")
@click.option("--year", "years", type=int, multiple=True, metavar="YEAR")
@click.option("--profile", "profiles", multiple=True, metavar="PROFILE")
@click.option("--gwp-set", metavar="SET")
@click.option("--name-zh", default="", metavar="TEXT")
@click.option("--name-en", default="", metavar="TEXT")
@pass_session
def init(session: Session, /, folder: Path, example: str | None, **answers: Any) -> None:
    """Make a workspace."""
    from ghg_inventory.pipeline.new_workspace import NewInventory, copy_example, init_workspace

    lang = session.lang
    if example is not None:
        made = copy_example(example, folder)
    else:
        _check_answers(answers, lang)
        made = init_workspace(folder, NewInventory(language=lang, **answers))
    fixed = words(lang)
    click.echo(fixed["made"].replace("{folder}", str(made.folder)))
    click.echo(fixed["next"].replace("{folder}", str(folder)).replace("{inbox}", str(made.inbox)))


def _check_answers(answers: dict[str, Any], lang: str) -> None:
    """Raises: click.UsageError for an answer that is missing or that no list knows."""
    from ghg_inventory.areas import AreaTree
    from ghg_inventory.codes import GwpTable
    from ghg_inventory.methods import load_methods

    for name in ("area", "years", "profiles", "gwp_set"):
        if not answers[name]:
            option = {"years": "--year", "profiles": "--profile"}.get(name, "--" + name.replace("_", "-"))
            raise click.UsageError(
                words(lang)["missing"].replace("{word}", option), click.get_current_context()
            )
    answers["area"] = require_area(AreaTree.registry(), answers["area"], lang)
    library, sets = load_methods(), GwpTable.load()[0].sets
    for profile in answers["profiles"]:
        if profile not in library.profiles:
            raise unknown("profile", profile, library.profiles, lang)
    if answers["gwp_set"] not in sets:
        raise unknown("gwp_set", answers["gwp_set"], sets, lang)


@command("demo")
@click.option("--output", type=click.Path(path_type=Path), default=Path("demo-output"), metavar="DIR")
@click.option("--format", "formats", type=click.Choice(("pdf", "html")), multiple=True, default=("pdf",))
@pass_session
def demo(session: Session, /, output: Path, formats: tuple[str, ...]) -> int:
    """Run the shipped examples."""
    from ghg_inventory.pipeline.new_workspace import example_names

    code = 0
    for name in example_names():
        code = max(code, _demo(session, name, output, formats))
    return code


def _demo(session: Session, name: str, output: Path, formats: tuple[str, ...]) -> int:
    from ghg_inventory.pipeline import run_all
    from ghg_inventory.pipeline.new_workspace import copy_example

    folder = output / name
    if (folder / _DEMO_MARK).is_file():  # ours, from an earlier demo
        shutil.rmtree(folder)
    workspace = copy_example(name, folder)
    (folder / _DEMO_MARK).touch()
    lang = session.lang
    click.echo(f"── {workspace.name(lang)}")
    with Progress(lang) as progress:
        result = run_all(workspace, at=now(), formats=formats, progress=progress)
    print_findings(result.findings, lang, infos=False, limit=20)
    click.echo(words(lang)["report_files"])
    for path in result.reports:
        click.echo(f"  {path}")
    return code_of(result.findings)


@command("version")
@json_option
def version(as_json: bool) -> None:
    """Print the version."""
    if as_json:
        print_json({"program": "ghg-inventory", "version": __version__})
    else:
        click.echo(f"ghg-inventory {__version__}")


COMMANDS = {"init": init, "demo": demo, "version": version}
