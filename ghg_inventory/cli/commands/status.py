"""`ghg status`: the board of returns, and the completeness matrix."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from ghg_inventory.cli import layout
from ghg_inventory.cli.commands.areas import require_area, tree_of
from ghg_inventory.cli.commands.compiling import check_choice
from ghg_inventory.cli.commands.submissions import state_word
from ghg_inventory.cli.output import print_json, records
from ghg_inventory.cli.page import command, json_option, pass_session, words
from ghg_inventory.cli.progress import Progress
from ghg_inventory.cli.session import Session, now

if TYPE_CHECKING:
    import pandas as pd

    from ghg_inventory.areas import AreaTree
    from ghg_inventory.pipeline.board import Board, Cell
    from ghg_inventory.pipeline.workspace import Workspace


@command("status")
@click.option("--year", "years", type=int, multiple=True, metavar="YEAR")
@click.option("--area", metavar="CODE")
@click.option("--matrix", is_flag=True)
@click.option("--profile", metavar="PROFILE")
@json_option
@pass_session
def status(session: Session, /, years: tuple[int, ...], as_json: bool, **choice: Any) -> int:
    """The board."""
    workspace, lang = session.workspace(), session.lang
    check_choice(workspace, years, (choice["profile"],) if choice["profile"] else (), lang)
    area = require_area(tree_of(session), choice["area"], lang) if choice["area"] else ""
    if choice["matrix"]:
        return _print_matrix(workspace, years or workspace.years[-1:], area, choice["profile"], as_json, lang)
    from ghg_inventory.pipeline.board import board

    with Progress(lang):
        made = board(workspace, years)
    cells = [cell for cell in made.cells if not area or cell.area == area]
    if as_json:
        print_json([_facts(cell) for cell in cells])
    elif area:
        click.echo(_details(cells, lang))
    else:
        click.echo("\n\n".join(_board(made, year, lang) for year in made.years))
    return 0


def _facts(cell: Cell) -> dict[str, object]:
    return {
        "area_code": cell.area, "year": cell.year, "sheet": cell.sheet.id, "sheet_zh": cell.sheet.zh,
        "sheet_en": cell.sheet.en, "department": cell.sheet.department, "state": cell.state, "asked": cell.asked,
        "answered": cell.answered, "earlier_in_force": cell.earlier, "submission": cell.submission,
        "revision": cell.revision, "file": cell.file_name, "at": cell.at, "by": cell.by, "reason": cell.reason,
    }  # fmt: skip


def _board(made: Board, year: int, lang: str) -> str:
    """One line per sheet, one column per area, and below who did what last."""
    fixed, tree = words(lang), made.library.areas
    cells = {(cell.sheet.id, cell.area): cell for cell in made.cells if cell.year == year}
    areas = [area for area in made.areas if any(key[1] == area for key in cells)]
    header = [f"{year}", *(tree.name(area, lang, year) for area in areas)]
    rows = []
    for department, sheets in _by_department(made, {sheet for sheet, _ in cells}, lang):
        rows.append((department, *("" for _ in areas)))
        rows += [(f"  {sheet.name(lang)}", *(_mark(cells.get((sheet.id, area)), fixed) for area in areas))
                 for sheet in sheets]  # fmt: skip
    return "\n".join([layout.table(rows, header), "", fixed["board_legend"], "", _last(made, year, lang, tree)])


def _by_department(made: Board, present: set[str], lang: str) -> list[tuple[str, list[Any]]]:
    from ghg_inventory.activity.returns import departments

    known = departments()
    grouped: dict[str, list[Any]] = {department: [] for department in known}
    for sheet in made.sheets:
        if sheet.id in present:
            grouped[sheet.department].append(sheet)
    return [(known[department].name(lang), sheets) for department, sheets in grouped.items() if sheets]


def _mark(cell: Cell | None, fixed: dict[str, str]) -> str:
    """The mark of a state; in brackets the share of values stated when some are not; + for an earlier one in force."""
    if cell is None:
        return ""
    text = fixed[f"board_{cell.state}"]
    if cell.answered < cell.asked and cell.state != "missing":
        text += f" {cell.answered}/{cell.asked}"
    return text + ("+" if cell.earlier else "")


def _last(made: Board, year: int, lang: str, tree: AreaTree) -> str:
    """Per area: how many sheets are in, and the last act."""
    fixed = words(lang)
    rows = []
    for area in made.areas:
        mine = [cell for cell in made.cells if cell.year == year and cell.area == area]
        there = [cell for cell in mine if cell.state != "missing"]
        last = max(there, key=lambda cell: (cell.at, cell.submission), default=None)
        what = _act(last, lang) if last is not None else ("",) * 4
        if mine:
            rows.append((tree.name(area, lang, year), f"{len(there)}/{len(mine)}", *what))
    header = [fixed["area"], fixed["board_sheets"], fixed["board_last"], fixed["board_when"], fixed["board_who"],
              fixed["board_why"]]  # fmt: skip
    return layout.table(rows, header, right=[1])


def _act(cell: Cell, lang: str) -> tuple[str, str, str, str]:
    """State, when, who, why."""
    state = words(lang)["state_missing"] if cell.state == "missing" else state_word(cell.state, lang)
    return state, cell.at[:16].replace("T", " "), cell.by, cell.reason


def _details(cells: list[Cell], lang: str) -> str:
    """Every sheet of one area."""
    fixed = words(lang)
    rows = [
        (str(cell.year), cell.sheet.name(lang), f"{cell.answered}/{cell.asked}", str(cell.submission or ""),
         cell.file_name, *_act(cell, lang))
        for cell in cells
    ]  # fmt: skip
    header = [fixed[key] for key in ("board_year", "board_sheet", "board_values", "board_number", "file", "state",
                                     "board_when", "board_who", "board_why")]  # fmt: skip
    return layout.table(rows, header, right=[2, 3])


def _print_matrix(
    workspace: Workspace, years: tuple[int, ...], area: str, profile: str | None, as_json: bool, lang: str
) -> int:
    """The completeness matrix: what stands for each category and gas in each area."""
    from ghg_inventory.pipeline import compile_run, export_table

    chosen = profile or workspace.profiles[0]
    with Progress(lang) as progress:
        run = compile_run(workspace, years=years, profiles=[chosen], progress=progress, at=now(), record=False)
    frame = export_table(run, "completeness", areas=[area] if area else ())
    if as_json:
        print_json(records(frame))
        return 0
    tree = run.library.areas
    for year in years:
        click.echo(f"{words(lang)['matrix_title']} {year} · {chosen}")
        click.echo(_matrix(frame[frame["year"] == year], tree, run, lang))
        click.echo()
    click.echo(words(lang)["matrix_legend"])
    return 0


# What a cell of the matrix shows when no notation key stands for it.
_MARKS = {"value": "✓", "included above": "↑", "excluded": "×", "not covered": "–", "not reported": "?", "missing": "!"}


def _matrix(frame: pd.DataFrame, tree: AreaTree, run: Any, lang: str) -> str:
    shown = frame.assign(mark=[
        key if status in ("notation", "included above", "not covered") and key else _MARKS.get(status, status)
        for status, key in zip(frame["status"], frame["notation"], strict=True)
    ])  # fmt: skip
    areas = [area for area in run.main.rolled.areas if area in set(shown["area_code"])]
    rows = []
    for (category, gas), part in shown.groupby(["category", "gas"], sort=False):
        marks = dict(zip(part["area_code"], part["mark"], strict=True))
        name = run.library.categories.category(str(category)).name(lang)
        rows.append((f"{category} {name}", str(gas), *(marks.get(area, "") for area in areas)))
    header = [words(lang)["category"], words(lang)["gas"], *(tree.name(area, lang) for area in areas)]
    return layout.table(rows, header)


COMMANDS = {"status": status}
