"""What records are called in messages: the label of the form, else the names of variable, item and technology."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from functools import cache
from pathlib import Path

from ghg_inventory.activity.context import load_variables
from ghg_inventory.activity.returns import Ask
from ghg_inventory.activity.returns.answers import KEY, ask_key
from ghg_inventory.activity.table import Activity
from ghg_inventory.areas import AreaTree
from ghg_inventory.checks.records import word_of
from ghg_inventory.codes import CategoryTree, Fuels
from ghg_inventory.codes.technologies import Technologies
from ghg_inventory.factors.record import read_parameters
from ghg_inventory.methods import load_methods
from ghg_inventory.tables import read_toml

Asks = Mapping[tuple[str, ...], Ask]


def ask_of(activity: Activity, row: int, asks: Asks) -> Ask | None:
    """What the form asks at a record."""
    return asks.get(ask_key([word_of(activity, name, row) for name in KEY]))


def label(activity: Activity, row: int, asks: Asks, lang: str) -> str:
    """What a record is called."""
    ask = ask_of(activity, row, asks)
    if ask is not None:
        return ask.label(lang)
    words = {name: word_of(activity, name, row) for name in ("variable", "item", "technology", "category")}
    parts = [
        variable_name(words["variable"], lang), item_name(words["item"], lang),
        Technologies.load().name(words["technology"], lang) if words["technology"] else "",
        category_name(words["category"], lang),
    ]  # fmt: skip
    return ("，" if lang == "zh" else ", ").join(part for part in parts if part)


def number_text(value: float) -> str:
    """A number as a clerk writes it: up to ten significant digits, grouped, never with an exponent.

    >>> number_text(0.00000266), number_text(173000.0)
    ('0.00000266', '173,000')
    """
    return format(Decimal(f"{value:.10g}"), ",f")


def unit_text(unit: str) -> str:
    """A unit as it stands behind a number: nothing for a pure number."""
    return "" if unit == "1" else unit


def amount_text(value: float, unit: str) -> str:
    """A number and its unit."""
    return f"{number_text(value)} {unit_text(unit)}".rstrip()


def variable_name(code: str, lang: str) -> str:
    """The name of a variable or parameter; the code itself when nothing names it."""
    return _variables().get(code, (code, code))[lang == "en"]


def item_name(code: str, lang: str) -> str:
    """The name of an item, "" for none."""
    items = Fuels.load()
    return items.name(code, lang) if code in items else code


def category_name(code: str, lang: str) -> str:
    """A category by code and name, "" for none."""
    tree = CategoryTree.load()
    if code not in tree.index:
        return code
    found = tree.category(code)
    return f"{found.code} {found.zh if lang == 'zh' else found.en}"


def area_name(code: str, areas: AreaTree | None, lang: str) -> str:
    """The name of an area; the code where none is known."""
    return areas.name(code, lang) if areas is not None else code


@cache
def words_of(lang: str) -> Mapping[str, str]:
    """Parts of sentences (words.toml) in a language."""
    words: Mapping[str, str] = read_toml(Path(__file__).parent / "words.toml")[lang]
    return words


@cache
def _variables() -> Mapping[str, tuple[str, str]]:
    names = {one.name: (one.zh, one.en) for one in read_parameters().values()}
    names |= {name: (one.zh, one.en) for name, one in load_variables().items()}
    names |= {name: (one.zh, one.en) for name, one in load_methods().variables.items()}
    return {"fuel": (words_of("zh")["fuel"], words_of("en")["fuel"]), **names}
