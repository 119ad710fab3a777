"""Words, rows and figures of comparisons (differences.toml), and what a file would change before it counts.

`ghg diff` is in diff_text.py.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ghg_inventory.cli import layout
from ghg_inventory.cli.session import LANGUAGES
from ghg_inventory.codes import CategoryTree
from ghg_inventory.tables import read_toml

if TYPE_CHECKING:
    import pandas as pd

    from ghg_inventory.areas import AreaTree
    from ghg_inventory.pipeline.differing import Difference

_SHOWN = 40
"""Lines of one table of a preview."""


@cache
def words(lang: str) -> dict[str, str]:
    """The fixed words in one language."""
    table = read_toml(Path(__file__).parent / "differences.toml")
    return {key: pair[LANGUAGES.index(lang)] for key, pair in table.items()}


def say(lang: str, key: str, **blanks: object) -> str:
    """A sentence of differences.toml with its blanks filled."""
    text = words(lang)[key]
    for name, value in blanks.items():
        text = text.replace("{" + name + "}", str(value))
    return text


def category_name(code: str, lang: str) -> str:
    """Code and name, indented by depth; the inventory's total for ""."""
    if not code:
        return words(lang)["total"]
    tree = CategoryTree.load()
    category = tree.category(code)
    beside = "" if tree.in_total(tree.path(code)[0]) and tree.in_total(code) else words(lang)["beside"]
    return "  " * category.level + f"{code} {category.name(lang)}{beside}"


def total_row(row: dict[str, Any], lang: str) -> tuple[str, ...]:
    """Category, before, after, difference and per cent of a row of `compare_totals`."""
    return (
        category_name(row["category"], lang), layout.number(row["before_co2e_t"]),
        layout.number(row["after_co2e_t"]), signed(row["difference_co2e_t"]), _percent(row["difference_pct"]),
    )  # fmt: skip


def intensities(frame: pd.DataFrame) -> pd.DataFrame:
    """Without the share of each fuel, which follows from the fuels: the intensities are what people ask for."""
    return frame[~frame["id"].str.startswith("energy_share.").astype(bool)]


def indicator_row(row: dict[str, Any], lang: str) -> tuple[str, ...]:
    """Indicator, before, after, per cent and unit of a row of `compare_indicators`."""
    unit = row["unit_zh"] if lang == "zh" else row["unit"]
    return (
        row[f"name_{lang}"], layout.number(row["before"]), layout.number(row["after"]),
        _percent(row["difference_pct"]), unit,
    )  # fmt: skip


def signed(value: float) -> str:
    """A difference with its sign: +1,234.5."""
    text = layout.number(value)
    return f"+{text}" if value > 0 else text


def _percent(value: float) -> str:
    return "–" if value != value else "0" if value == 0 else f"{value:+,.2f}"


# -- what a file would change -------------------------------------------------------------------------


def preview_text(
    difference: Difference, areas: AreaTree, lang: str, targets_before: pd.DataFrame | None = None,
    targets_after: pd.DataFrame | None = None,
) -> str:  # fmt: skip
    """Which totals, indicators and targets a file would move and by how much; that nothing moves is said plainly."""
    profile = _profile(difference)
    parts = [
        _moved_totals(difference, areas, profile, lang),
        _moved_indicators(difference, areas, profile, lang),
    ]
    if targets_before is not None and targets_after is not None:
        parts.append(_moved_targets(targets_before, targets_after, areas, lang))
    found = [part for part in parts if part]
    if found:
        return "\n\n".join([words(lang)["preview"], *found])
    count = len(difference.records)
    return say(lang, "preview_records", count=count) if count else words(lang)["preview_nothing"]


def _profile(difference: Difference) -> str:
    """The main profile, or the first in which something moves where nothing does in the main one."""
    moved = {*difference.totals[difference.totals["moved"]]["profile"], *difference.indicators["profile"]}
    return next((name for name in difference.profiles if name in moved), "".join(difference.profiles[:1]))


def _moved_totals(difference: Difference, areas: AreaTree, profile: str, lang: str) -> str:
    frame = difference.totals[difference.totals["profile"] == profile]
    roots = {"", *CategoryTree.load().roots}
    frame = frame[(frame["gas"] == "") & frame["moved"] & frame["category"].isin(roots)]
    rows = [
        (areas.name(r["area_code"], lang), str(r["year"]), *total_row(r, lang))
        for r in frame.to_dict("records")
    ]
    header = [words(lang)[k] for k in ("area", "year", "item", "before", "after", "difference", "percent")]
    return _titled(say(lang, "preview_totals", profile=profile), rows, header, [3, 4, 5, 6], lang)


def _moved_indicators(difference: Difference, areas: AreaTree, profile: str, lang: str) -> str:
    frame = intensities(difference.indicators[difference.indicators["profile"] == profile])
    rows = [
        (areas.name(str(r["area_code"]), lang), str(r["year"]), *indicator_row(r, lang))
        for r in frame.to_dict("records")
    ]
    header = [words(lang)[k] for k in ("area", "year", "indicator", "before", "after", "percent", "unit")]
    return _titled(words(lang)["preview_indicators"], rows, header, [3, 4, 5], lang)


def _moved_targets(before: pd.DataFrame, after: pd.DataFrame, areas: AreaTree, lang: str) -> str:
    from ghg_inventory.indicators.targets import status_word

    then = {r["id"]: r for r in before.to_dict("records")}
    rows = []
    for now in after.to_dict("records"):
        was = then.get(now["id"])
        if was is None or _same_standing(was, now):
            continue
        words_of = [status_word(one["status"], lang) for one in (was, now)]
        rows.append((
            areas.name(str(now["area_code"]), lang), f"{now['id']} {now[f'name_{lang}']}",
            f"{now['target']:,g} {now['unit']} ({now['target_year']})",
            layout.number(was["value"]), layout.number(now["value"]),
            words_of[1] if words_of[0] == words_of[1] else " → ".join(words_of),
        ))  # fmt: skip
    header = [words(lang)[k] for k in ("area", "target", "target_value", "before", "after", "standing")]
    return _titled(words(lang)["preview_targets"], rows, header, [3, 4], lang)


def _same_standing(was: dict[str, Any], now: dict[str, Any]) -> bool:
    """The same figure to rounding, and the same word on it."""
    old, new = float(was["value"]), float(now["value"])
    near = abs(new - old) <= 1e-12 * max(abs(old), abs(new)) or (old != old and new != new)
    return near and was["status"] == now["status"]


def _titled(
    title: str, rows: Sequence[tuple[str, ...]], header: Sequence[str], right: Iterable[int], lang: str
) -> str:
    if not rows:
        return ""
    lines = [title, layout.table(rows[:_SHOWN], header, right=right)]
    if len(rows) > _SHOWN:
        lines.append(say(lang, "preview_more", count=len(rows) - _SHOWN))
    return "\n".join(lines)
