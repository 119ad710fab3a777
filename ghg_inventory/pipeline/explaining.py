"""Explain a printed number: find its cell, walk it back, say it in words."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import tomli

from ghg_inventory.inventory import Explanation
from ghg_inventory.inventory.explain import Contribution, ModelPart, Value, explain
from ghg_inventory.pipeline.library import Library
from ghg_inventory.pipeline.steps import RunResult


def explain_cell(
    run: RunResult, area: str, year: int, category: str = "", gas: str = "", *, profile: str = "",
    item: str = "", limit: int = 20,
) -> Explanation:  # fmt: skip
    """The rows behind a cell of a run; see `inventory.explain`. profile "" is the main one."""
    inventory = run.inventories[profile] if profile else run.main
    return explain(inventory, area, year, category, gas, item=item, limit=limit)


@cache
def _words() -> dict[str, dict[str, str]]:
    with (Path(__file__).parent / "explaining.toml").open("rb") as stream:
        return tomli.load(stream)


def as_text(explanation: Explanation, library: Library, lang: str) -> str:
    """The explanation for a terminal: the total, then row after row down to cell and page."""
    words = _words()[lang]
    place = [library.areas.name(explanation.area, lang), str(explanation.year)]
    place.append(_category(explanation.category, library, lang) if explanation.category else words["total"])
    place.append(explanation.gas or f"CO2e ({explanation.gwp_set})")
    head = " · ".join([*place, f"{words['profile']} {explanation.profile}"])
    if explanation.total_t is None:
        return f"{head}\n{words['nothing']}"
    lines = [head, f"= {number(explanation.total_t)} {explanation.unit}", ""]
    for index, row in enumerate(explanation.rows, start=1):
        lines += _row_lines(index, row, library, lang)
    if explanation.omitted:
        rest = f"{number(explanation.omitted_t)} {explanation.unit}"
        lines.append(words["omitted"].replace("{count}", str(explanation.omitted)).replace("{sum}", rest))
    if explanation.zeros:
        lines.append(words["zeros"].replace("{count}", str(explanation.zeros)))
    return "\n".join(lines).rstrip()


def _row_lines(index: int, row: Contribution, library: Library, lang: str) -> list[str]:
    words = _words()[lang]
    fuel = library.fuels.name(row.item, lang) if row.item in library.fuels else row.item
    title = " · ".join(
        p for p in (library.areas.name(row.area, lang), _category(row.category, library, lang), fuel) if p
    )
    method = row.method.title_zh if lang == "zh" else row.method.title_en
    lines = [
        f"[{index}] {title}: {number(row.mass_t)} t {row.gas} = {number(row.co2e_t)} t CO2e",
        f"    {words['method']} {method}  [{row.method.id}]",
        f"    {words['formula']} {row.method.formula.text()}   ({row.method.locator})",
        f"    {words['activity']} {number(row.submitted)} {row.submitted_unit} ← {row.place}"
        + (f"  sha256 {row.file_sha256[:12]}" if row.file_sha256 else ""),
    ]
    lines += [_value_line(value, lang) for value in row.values]
    if row.model is not None:
        lines += _model_lines(row.model, lang)
    if row.note:
        lines.append(f"    {words['note']} {row.note}")
    return [*lines, ""]


_STEPS = 6
"""Years of a series shown in full: the last ones."""


def _model_lines(model: ModelPart, lang: str) -> list[str]:
    """The array model that gave the activity: parameters of the year, amounts year by year with their cells."""
    words = _words()[lang]
    title = model.title_zh if lang == "zh" else model.title_en
    lines = [f"    {words['model']} {title}  [{model.id}]   ({model.locator})"]
    lines += [f"    {_value_line(value, lang)}" for value in model.parameters]
    early, shown = model.steps[:-_STEPS], model.steps[-_STEPS:]
    if early:
        text = (
            words["earlier"]
            .replace("{count}", str(len(early)))
            .replace("{years}", f"{early[0].year}–{early[-1].year}")
        )
        lines.append(f"        {text.replace('{sum}', number(sum(s.amount for s in early)))} {early[0].unit}")
    lines += [f"        {s.year}: {s.symbol} = {number(s.amount)} {s.unit} ← {s.place}" for s in shown]
    return lines


def _value_line(value: Value, lang: str) -> str:
    title = value.title_zh if lang == "zh" else value.title_en
    factor = value.factor
    amount = factor.value_text if factor else number(value.value)
    unit = factor.unit_text if factor else value.unit
    text = f"    {value.symbol} {title} {amount} {unit}"
    if factor is not None:
        grade = f", {factor.confidence}" if factor.confidence else ""
        text += f" ← {factor.factor_id} ({factor.source}, {factor.locator}{grade})"
    return text


def _category(code: str, library: Library, lang: str) -> str:
    if code not in library.categories:
        return code
    return f"{code} {library.categories.category(code).name(lang)}"


def number(value: float) -> str:
    """A number for reading: thousands separators and up to nine significant digits."""
    text = f"{value:,.9g}" if abs(value) < 1e9 else f"{value:,.1f}"
    return text.replace("e+0", "e")
