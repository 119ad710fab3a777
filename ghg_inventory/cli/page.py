"""Commands whose help is data, in two languages, and a group that loads a command only when it is called.

help/commands.toml lists the commands; help/<command>.toml has a page's text, examples and parameters.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any, cast

import click
import tomli

from ghg_inventory.cli.layout import pad, width, wrap
from ghg_inventory.cli.session import LANGUAGES, Session

_HELP = Path(__file__).parent / "help"
_COMMON = ("language", "workspace_folder", "debug", "help")


@cache
def read_help(name: str) -> dict[str, Any]:
    """A help file. Raises: FileNotFoundError for a command without one."""
    with (_HELP / f"{name}.toml").open("rb") as stream:
        return tomli.load(stream)


def words(lang: str) -> dict[str, str]:
    """The fixed words of help pages and messages in one language."""
    return {key: pair[LANGUAGES.index(lang)] for key, pair in read_help("words").items()}


def session_of(ctx: click.Context) -> Session:
    """The session of this call."""
    return ctx.ensure_object(Session)


def _keep(ctx: click.Context, param: click.Parameter, value: Any) -> None:
    if value:
        setattr(session_of(ctx), param.name or "", value)


def _common_options() -> list[click.Parameter]:
    keep: dict[str, Any] = {"expose_value": False, "is_eager": True, "callback": _keep}
    return [
        click.Option(["--lang", "language"], type=click.Choice(LANGUAGES), **keep),
        click.Option(
            ["-w", "--workspace", "workspace_folder"], metavar="DIR", type=click.Path(path_type=Path), **keep
        ),
        click.Option(["--debug"], is_flag=True, **keep),
    ]


@click.pass_context
def _help_when_alone(ctx: click.Context) -> None:
    if ctx.invoked_subcommand is None:
        raise click.exceptions.NoArgsIsHelpError(ctx)


class ReaderGone(Exception):
    """Whoever read our output has closed the pipe."""


class Page(click.Command):
    """A command whose help page comes from help/*.toml."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command. Raises: ReaderGone where click would make a closed pipe exit code 1 (findings)."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError as error:
            raise ReaderGone from error

    def __init__(self, *args: Any, **extra: Any) -> None:
        super().__init__(*args, **extra)
        self.params += _common_options()

    def format_help(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the page in the session's language."""
        formatter.write(page_text(self, ctx, session_of(ctx).lang, formatter.width))


class PageGroup(click.Group):
    """A group of pages; the commands are added in code. Called alone it shows its help and exits with 2."""

    command_class = Page

    def __init__(self, name: str) -> None:
        super().__init__(name, callback=_help_when_alone, invoke_without_command=True)
        self.params += _common_options()

    def format_help(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the page in the session's language."""
        formatter.write(page_text(self, ctx, session_of(ctx).lang, formatter.width))


class RootGroup(PageGroup):
    """`ghg` itself: names and short help from help/commands.toml; a command's module is imported on call."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """The commands in the order of the table."""
        return [*read_help("commands")]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Import the command's module, if the table has the command."""
        entry = read_help("commands").get(cmd_name)
        if entry is None:
            return None
        module = import_module(f"ghg_inventory.cli.commands.{entry['module']}")
        return cast(click.Command, module.COMMANDS[cmd_name])

    def main(self, args: Sequence[str] | None = None, prog_name: str | None = None, **extra: Any) -> Any:  # type: ignore[override]
        """Run a command line and exit with its code (see running.py)."""
        from ghg_inventory.cli.running import run

        return run(super().main, args, prog_name=prog_name or "ghg", **extra)


def command(name: str, **extra: Any) -> Callable[[Callable[..., Any]], Page]:
    """Declare a page: `@command("compile")`."""
    return click.command(name, cls=Page, **extra)


def group(name: str) -> PageGroup:
    """A group of pages."""
    return PageGroup(name)


json_option = click.option("--json", "as_json", is_flag=True)
pass_session = click.make_pass_decorator(Session, ensure=True)


# -- the page ------------------------------------------------------------------------------------------


def help_of(path: Sequence[str]) -> dict[str, Any]:
    """The help entry of a command by its path without `ghg`: () is the root, ("factors", "why") a child."""
    entry = read_help(path[0] if path else "ghg")
    for name in path[1:]:
        entry = entry["commands"][name]
    return entry


def page_text(page: click.Command, ctx: click.Context, lang: str, columns: int) -> str:
    """The whole help page."""
    path = ctx.command_path.split()[1:]
    entry, fixed = help_of(path), words(lang)
    usage = " ".join([ctx.command_path, *page.collect_usage_pieces(ctx)])
    parts = [fixed["usage"].replace("{line}", usage), *_paragraphs(entry[f"text_{lang}"], columns)]
    if isinstance(page, click.Group):
        parts.append(_section(fixed["commands"], _children(page, ctx, path, lang), columns))
    parts.append(_section(fixed["arguments"], _arguments(page, entry, lang), columns))
    parts.append(_section(fixed["options"], _options(page, ctx, entry, lang), columns))
    parts.append(_examples(entry, fixed["examples"], lang))
    return "\n\n".join(part for part in parts if part) + "\n"


def _paragraphs(text: str, columns: int) -> list[str]:
    return ["\n".join(wrap(" ".join(p.split("\n")), columns)) for p in text.strip().split("\n\n")]


def _children(page: click.Group, ctx: click.Context, path: Sequence[str], lang: str) -> list[tuple[str, str]]:
    if not path:
        return [(name, entry[lang]) for name, entry in read_help("commands").items()]
    children = help_of(path)["commands"]
    return [(name, children[name][f"short_{lang}"]) for name in page.list_commands(ctx)]


def _arguments(page: click.Command, entry: dict[str, Any], lang: str) -> list[tuple[str, str]]:
    said = entry.get("parameters", {})
    return [
        (p.make_metavar(ctx=click.Context(page)), said[p.name][LANGUAGES.index(lang)])
        for p in page.params if isinstance(p, click.Argument)
    ]  # fmt: skip


def _options(
    page: click.Command, ctx: click.Context, entry: dict[str, Any], lang: str
) -> list[tuple[str, str]]:
    said = {**words_of_common(), **entry.get("parameters", {})}
    rows = []
    for param in page.get_params(ctx):
        if isinstance(param, click.Option):
            names = ", ".join(param.opts + param.secondary_opts)
            metavar = "" if param.is_flag else " " + param.make_metavar(ctx=ctx)
            key = "help" if "--help" in param.opts else param.name or ""
            mark = words(lang)["required"] if param.required else ""
            rows.append((names + metavar, said[key][LANGUAGES.index(lang)] + mark))
    return rows


def words_of_common() -> dict[str, list[str]]:
    """The words of the options that every command has, and of --json."""
    fixed = read_help("words")
    return {name: fixed[f"option_{name}"] for name in (*_COMMON, "as_json")}


def _section(title: str, rows: Sequence[tuple[str, str]], columns: int) -> str:
    """A titled list of terms and what they mean; the meaning starts in one column."""
    if not rows:
        return ""
    left = min(max(width(term) for term, _ in rows), 30)
    lines = [title]
    for term, meaning in rows:
        wrapped = wrap(meaning, max(30, columns - left - 4))
        if width(term) > left:
            lines.append(f"  {term}")
            term = ""
        lines.append(f"  {pad(term, left)}  {wrapped[0]}".rstrip())
        lines += [" " * (left + 4) + line for line in wrapped[1:]]
    return "\n".join(lines)


def _examples(entry: dict[str, Any], title: str, lang: str) -> str:
    lines = [title]
    for line, zh, en in entry["examples"]:
        lines += [f"  $ {line}", f"      {zh if lang == 'zh' else en}"]
    return "\n".join(lines)
