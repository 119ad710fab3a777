"""The text of `ghg diff`: from the totals over the causes to the cells."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ghg_inventory.activity.words import is_fuel_variable
from ghg_inventory.checks.labels import item_name, variable_name
from ghg_inventory.cli import layout
from ghg_inventory.cli.differences import (
    category_name,
    indicator_row,
    intensities,
    say,
    signed,
    total_row,
    words,
)
from ghg_inventory.codes import CategoryTree, Technologies

if TYPE_CHECKING:
    import pandas as pd

    from ghg_inventory.areas import AreaTree
    from ghg_inventory.pipeline.differing import Arrival, Difference, Vintage

_RUN_DIGITS = 12
_LEVELS = 2
"""Depth of the categories shown."""


@dataclass(frozen=True, slots=True)
class Choice:
    """What of a difference is shown. years: () for all that both have. limit: records listed at most (0: all).

    show_all: categories of every depth, not only the first two.
    """

    area: str
    profile: str
    years: tuple[int, ...]
    limit: int
    lang: str
    show_all: bool = False


def difference_text(
    difference: Difference, areas: AreaTree, choice: Choice, came: Sequence[Arrival] = ()
) -> str:
    """Everything between two results, from the totals to the cells."""
    parts = [_head(difference, choice.lang)]
    if difference.is_nothing:
        parts.append(say(choice.lang, "same"))
    else:
        parts += [_totals(difference, areas, choice), _causes(difference, areas, choice)]
    parts += [_came(came, choice.lang), _parts(difference, choice.lang)]
    if not difference.is_nothing:
        parts += [_indicators(difference, areas, choice), _records(difference, areas, choice)]
    return "\n\n".join(part for part in parts if part)


def vintage_name(one: Vintage, lang: str) -> str:
    """A result as people name it: by its day, or by when its run was made."""
    run = one.run_id[:_RUN_DIGITS]
    if one.as_of:
        return say(lang, "known_on", day=one.as_of, run=run)
    return say(lang, "run_made", made=one.made[:16].replace("T", " "), run=run) if one.made else say(
        lang, "known_now", run=run
    )  # fmt: skip


def _head(difference: Difference, lang: str) -> str:
    names = [vintage_name(one, lang) for one in (difference.before, difference.after)]
    lines = ["━" * 3 + " " + say(lang, "from_to", before=names[0], after=names[1])]
    for one in (difference.before, difference.after):
        if one.as_of and not len(one.ledger):
            lines.append(say(lang, "nothing_then", day=one.as_of))
    return "\n".join(lines)


def _of(table: pd.DataFrame, choice: Choice) -> pd.DataFrame:
    """The rows of the chosen area, profile and years."""
    mine = table[(table["area_code"] == choice.area) & (table["profile"] == choice.profile)]
    return mine[mine["year"].isin(choice.years)] if choice.years else mine


def _totals(difference: Difference, areas: AreaTree, choice: Choice) -> str:
    lang, area = choice.lang, areas.name(choice.area, choice.lang)
    frame = _of(difference.totals, choice)
    sums = frame[frame["gas"] == ""]
    years = choice.years or difference.years
    if not choice.show_all:
        sums = sums[sums["category"].map(_depth) <= _LEVELS]
    moved = [year for year in years if sums[sums["year"] == year]["moved"].any()]
    if not moved:
        return say(lang, "total_same", area=area, years=_years(years))
    shown = _detailed(moved, choice)
    lines = [say(lang, "totals", area=area, profile=choice.profile)]
    if shown != moved:
        whole = sums[(sums["category"] == "") & sums["year"].isin(moved)]
        lines += [_sums_table([(r["year"], r) for r in whole.to_dict("records")], lang), ""]
        lines.append(say(lang, "detail", year=shown[0]))
    lines.append(
        _sums_table([(r["year"], r) for r in sums[sums["year"].isin(shown)].to_dict("records")], lang)
    )
    still = [year for year in years if year not in moved]
    if still:
        lines.append(say(lang, "other_years", years=_years(still)))
    return "\n".join(lines)


def _detailed(moved: Sequence[int], choice: Choice) -> Sequence[int]:
    """The years shown in full: those that were asked for, else the last one that moved."""
    return moved if choice.years else moved[-1:]


def _sums_table(rows: Sequence[tuple[int, dict[str, Any]]], lang: str) -> str:
    """Totals of a year under each other, the year named once."""
    lines, last = [], 0
    for year, row in rows:
        lines.append(("" if year == last else str(year), *total_row(row, lang)))
        last = year
    header = [words(lang)[key] for key in ("year", "item", "before", "after", "difference", "percent")]
    return layout.table(lines, header, right=[2, 3, 4, 5])


def _depth(code: str) -> int:
    return CategoryTree.load().category(code).level if code else 0


def _causes(difference: Difference, areas: AreaTree, choice: Choice) -> str:
    frame = difference.causes(areas, choice.area)
    frame = frame[frame["profile"] == choice.profile]
    frame = frame[frame["year"].isin(choice.years)] if choice.years else frame
    if not len(frame):
        return ""
    lang, rows = choice.lang, []
    for year, mine in frame.groupby("year", sort=True):
        # What the last digits of floats make is there (--json has it) but nothing to read.
        parts = [r for r in mine.to_dict("records") if r["cause"] != "rounding"]
        for number, row in enumerate(parts):
            label = words(lang)[f"cause_{row['cause']}"]
            rows.append(
                (str(year) if not number else "", label, signed(row["effect_t"]), f"{row['records'] or ''}")
            )
        if len(parts) > 1:
            rows.append(("", words(lang)["sum"], signed(mine["effect_t"].sum()), ""))
    header = [words(lang)[key] for key in ("year", "cause", "effect", "rows")]
    return words(lang)["why"] + "\n" + layout.table(rows, header, right=[2, 3])


def _came(came: Sequence[Arrival], lang: str) -> str:
    rows = []
    for one in came:
        sent = one.submission
        rows.append((
            one.change.name, _file_word(one, lang),
            say(lang, "revision", count=sent.revision) if sent else "",
            sent.imported_at[:16].replace("T", " ") if sent else "", str(getattr(sent, "by", "")) if sent else "",
        ))  # fmt: skip
    return words(lang)["came_in"] + "\n" + layout.table(rows, indent="  ") if rows else ""


def _file_word(one: Arrival, lang: str) -> str:
    word = words(lang)[f"file_{one.change.kind}"]
    return word + say(lang, "in_place_of", name=one.replaces) if one.replaces else word


def _parts(difference: Difference, lang: str) -> str:
    """Other inputs that differ. A hash says nothing to a reader; a short text is shown as it is."""
    fixed, rows = words(lang), []
    for part in difference.parts:
        name = fixed.get(f"part_{part.part}", f"{fixed['part_other']}: {part.part}")
        plain = part.part in ("area", "gwp_set", "profiles", "program", "years")
        rows.append((name, f"{part.before} → {part.after}" if plain else ""))
    if not rows:
        return ""
    lines = [fixed["parts"], layout.table(rows, indent="  ")]
    if {"years", "profiles"} & {part.part for part in difference.parts}:
        lines.append(fixed["only_shared"])
    return "\n".join(lines)


def _indicators(difference: Difference, areas: AreaTree, choice: Choice) -> str:
    frame = _of(difference.indicators, choice)
    frame = intensities(frame)
    if not len(frame):
        return ""
    lang = choice.lang
    frame = frame[frame["year"].isin(_detailed(sorted(frame["year"].unique()), choice))]
    rows = [(str(r["year"]), *indicator_row(r, lang)) for r in frame.to_dict("records")]
    header = [words(lang)[k] for k in ("year", "indicator", "before", "after", "percent", "unit")]
    title = say(lang, "indicators", area=areas.name(choice.area, lang))
    return title + "\n" + layout.table(rows, header, right=[2, 3, 4])


def _records(difference: Difference, areas: AreaTree, choice: Choice) -> str:
    from ghg_inventory.pipeline.differing import largest

    frame = largest(difference, areas, choice.area, choice.profile, choice.years)
    limit = choice.limit or len(frame)
    shown, rest = frame.iloc[:limit], frame.iloc[limit:]
    if not len(shown):
        return ""
    lang = choice.lang
    rows = [
        (areas.name(str(r["area_code"]), lang), str(r["year"]), _record_name(r, lang), _stated(r, "before", lang),
         _stated(r, "after", lang), signed(r["difference_t"]), words(lang)[f"cause_{r['cause']}"], _place(r, lang))
        for r in shown.to_dict("records")
    ]  # fmt: skip
    header = [
        words(lang)[k] for k in ("area", "year", "record", "before", "after", "effect", "cause", "place")
    ]
    lines = [words(lang)["records"], layout.table(rows, header, right=[3, 4, 5])]
    if len(rest):
        total = signed(rest["difference_t"].sum())
        lines.append(say(lang, "more", count=len(rest), sum=total))
    return "\n".join(lines)


def _record_name(row: dict[str, Any], lang: str) -> str:
    """What a record is about in words: category, variable (a fuel says it itself), item, technology."""
    variable, technology = str(row["variable"]), str(row["technology"])
    parts = (
        category_name(str(row["activity_category"]), lang).strip(),
        "" if is_fuel_variable(variable) else variable_name(variable, lang),
        item_name(str(row["item"]), lang),
        Technologies.load().name(technology, lang) if technology else "",
    )
    return " · ".join(part for part in parts if part)


def _stated(row: dict[str, Any], side: str, lang: str) -> str:
    """The amount with its unit, else the notation key."""
    value = row[f"activity_value_{side}"]
    if value is not None and value == value and value != "":
        return f"{layout.number(value)} {row[f'activity_unit_{side}']}"
    return str(row[f"notation_{side}"] or words(lang)["nothing_stated"])


def _place(row: dict[str, Any], lang: str) -> str:
    """File, then line of a text or cell of a workbook; of the later side where it has the record."""
    side = "after" if row["source_file_after"] else "before"
    line = row[f"source_line_{side}"]
    cell = say(lang, "line", number=int(line)) if line else row[f"source_cell_{side}"]
    return f"{row[f'source_file_{side}']} {cell}".strip()


def _years(years: Iterable[int]) -> str:
    """2015–2018, 2020."""
    runs: list[list[int]] = []
    for year in sorted(years):
        if runs and year == runs[-1][1] + 1:
            runs[-1][1] = year
        else:
            runs.append([year, year])
    return ", ".join(str(a) if a == b else f"{a}–{b}" for a, b in runs)
