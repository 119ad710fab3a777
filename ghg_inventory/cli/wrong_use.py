"""Click's usage errors in the language of the call, each with a way out."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

import click

from ghg_inventory.cli.page import words


def usage_message(error: click.ClickException, lang: str) -> str:
    """What is wrong with the command line, what was perhaps meant, and where the help is."""
    fixed = words(lang)
    lines = [fixed["error"].replace("{text}", _what(error, lang))]
    ctx = getattr(error, "ctx", None)
    if ctx is not None:
        lines.append("  " + fixed["see_help"].replace("{command}", ctx.command_path))
    return "\n".join(lines)


def _what(error: click.ClickException, lang: str) -> str:
    fixed = words(lang)
    if isinstance(error, click.exceptions.NoSuchCommand):
        text = fixed["no_command"].replace("{word}", error.command_name)
        return text + meant(error.command_name, _siblings(error.ctx), lang)
    if isinstance(error, click.NoSuchOption):
        return fixed["no_option"].replace("{word}", error.option_name) + _one_of(error.possibilities, lang)
    if isinstance(error, click.MissingParameter):
        return fixed["missing"].replace("{word}", _name(error.param, error.ctx))
    if isinstance(error, click.BadParameter):
        text = fixed["bad_value"].replace("{word}", _name(error.param, error.ctx))
        return text.replace("{reason}", error.message)
    return error.format_message()


def meant(word: str, known: Iterable[str], lang: str) -> str:
    """The question "Did you mean …?" for the known words nearest to `word`, "" when none is near."""
    return _one_of(difflib.get_close_matches(word, [*known], n=3, cutoff=0.6), lang)


def _one_of(choices: Iterable[str] | None, lang: str) -> str:
    listed = [*(choices or ())]
    if not listed:
        return ""
    comma = "、" if lang == "zh" else ", "
    return words(lang)["meant"].replace("{choices}", comma.join(listed))


def _siblings(ctx: click.Context | None) -> list[str]:
    """The commands there are where one was not found."""
    if ctx is None or not isinstance(ctx.command, click.Group):
        return []
    return ctx.command.list_commands(ctx)


def _name(param: click.Parameter | None, ctx: click.Context | None) -> str:
    if param is None:
        return ""
    if isinstance(param, click.Argument) and ctx is not None:
        return param.make_metavar(ctx=ctx)
    return param.opts[0]
