"""`ghg units`: convert, show, list."""

from __future__ import annotations

import unicodedata
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import click

from ghg_inventory.cli import layout
from ghg_inventory.cli.output import print_json
from ghg_inventory.cli.page import command, group, json_option, pass_session, words
from ghg_inventory.cli.session import Session
from ghg_inventory.cli.wrong_use import meant

if TYPE_CHECKING:
    from ghg_inventory.units import Unit

# What the base dimensions are measured in; a substance or a count is its own symbol.
_BASE_SYMBOLS = {"mass": "kg", "length": "m", "time": "s", "amount": "mol"}


units = group("units")


@command("convert")
@click.argument("amount")
@click.argument("source")
@click.argument("target")
@json_option
@pass_session
def convert(session: Session, /, amount: str, source: str, target: str, as_json: bool) -> None:
    """Convert an amount exactly."""
    from ghg_inventory.units import exact_factor_between, parse_unit

    given, wanted = parse_unit(source), parse_unit(target)
    number = exact_number(amount, session.lang)
    result = number * exact_factor_between(given, wanted)
    if as_json:
        print_json({
            "amount": amount, "source": given.text, "target": wanted.text,
            "value": float(result), "exact": str(result),
        })  # fmt: skip
    else:
        click.echo(f"{decimal_text(number)} {given.text} = {decimal_text(result)} {wanted.text}")


def exact_number(text: str, lang: str) -> Fraction:
    """The number a person typed, exactly. Raises: click.BadParameter."""
    plain = unicodedata.normalize("NFKC", text).strip().replace(",", "").replace("−", "-")
    try:
        return Fraction(plain)
    except (ValueError, ZeroDivisionError) as error:
        raise click.BadParameter(words(lang)["not_a_number"].replace("{text}", text)) from error


def decimal_text(value: Fraction) -> str:
    """The fraction as a decimal: exact where it ends within 15 digits, else rounded and marked ≈."""
    shown = format(float(value), ".15g")
    if Fraction(shown) == value:
        return f"{Fraction(shown).numerator:,}" if value.denominator == 1 else _grouped(shown)
    return "≈ " + _grouped(format(float(value), ".10g"))


def _grouped(text: str) -> str:
    whole, point, rest = text.partition(".")
    return f"{int(whole):,}{point}{rest}" if whole.lstrip("-").isdigit() and whole != "-0" else text


@command("show")
@click.argument("unit")
@json_option
@pass_session
def show(session: Session, /, unit: str, as_json: bool) -> None:
    """Say how a unit is understood."""
    from ghg_inventory.units import kind, parse_unit

    parsed, lang = parse_unit(unit), session.lang
    facts: dict[str, Any] = {
        "unit": parsed.text, "kind": kind(parsed), "factor": str(parsed.factor),
        "dimension": dict(parsed.dimension), "items": list(parsed.items),
    }  # fmt: skip
    if as_json:
        print_json(facts)
        return
    fixed = words(lang)
    base = " · ".join(_base_text(name, power) for name, power in parsed.dimension) or "1"
    rows = [
        (fixed["unit"], parsed.text),
        (fixed["kind"], _kind_text(parsed, lang)),
        (fixed["base"], f"{decimal_text(parsed.factor)} {base}"),
    ]
    if parsed.items:
        rows.append((fixed["ignored"], ", ".join(parsed.items)))
    click.echo(layout.table(rows))


def _base_text(name: str, power: int) -> str:
    symbol = _BASE_SYMBOLS.get(name, name)
    return f"{symbol}^{power}" if power != 1 else symbol


def _kind_text(unit: Unit, lang: str) -> str:
    from ghg_inventory.units import kind, kind_word

    name, dimension = kind(unit), unit.dimension_text(lang)
    word = kind_word(name, lang) if name else dimension
    return word if word == dimension else f"{word} ({dimension})"


@command("list")
@click.argument("text", required=False, default="")
@json_option
@pass_session
def list_units(session: Session, /, text: str, as_json: bool) -> None:
    """List units and spellings."""
    from ghg_inventory.units.table import table

    known = table()
    spellings: dict[str, list[str]] = {}
    for spelling, name in known.spellings.items():
        spellings.setdefault(name, []).append(spelling)
    names = [*known.units, *(name for name in spellings if name not in known.units)]
    rows = [(name, ", ".join(spellings.get(name, []))) for name in names]
    found = [row for row in rows if text.casefold() in f"{row[0]}, {row[1]}".casefold()]
    if as_json:
        print_json([{"unit": name, "spellings": spellings.get(name, [])} for name, _ in found])
        return
    if not found:
        fixed = words(session.lang)["nothing_found"].replace("{text}", text)
        raise click.UsageError(fixed + meant(text, [*known.units, *known.spellings], session.lang))
    click.echo(layout.table(found, [words(session.lang)["unit"], words(session.lang)["spellings"]]))


for page in (convert, show, list_units):
    units.add_command(page)

COMMANDS = {"units": units}
