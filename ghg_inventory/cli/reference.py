"""docs/cli.md from the help pages: `python -m ghg_inventory.cli.reference`."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import click

from ghg_inventory.cli import main
from ghg_inventory.cli.page import page_text
from ghg_inventory.cli.session import LANGUAGES

TARGET = Path(__file__).resolve().parents[2] / "docs" / "cli.md"
COLUMNS = 100
_HEAD = """# Command line / 命令行

Generated from the help pages by `python -m ghg_inventory.cli.reference`; do not edit.
由帮助页生成，请勿手改。
"""


def pages() -> Iterator[tuple[click.Command, click.Context]]:
    """Every command with its context, in the order of the help pages, `ghg` itself first."""
    root = click.Context(main, info_name="ghg")
    yield main, root
    yield from _below(main, root)


def _below(group: click.Group, ctx: click.Context) -> Iterator[tuple[click.Command, click.Context]]:
    for name in group.list_commands(ctx):
        command = group.get_command(ctx, name)
        if command is None:
            raise LookupError(f"the command {name!r} is listed and cannot be loaded")
        child = click.Context(command, info_name=name, parent=ctx)
        yield command, child
        if isinstance(command, click.Group):
            yield from _below(command, child)


def text() -> str:
    """The whole reference."""
    parts = [_HEAD]
    for command, ctx in pages():
        parts.append(f"## {ctx.command_path}\n")
        for lang in LANGUAGES:
            parts.append(f"```text\n{page_text(command, ctx, lang, COLUMNS)}```\n")
    return "\n".join(parts)


if __name__ == "__main__":
    TARGET.write_text(text(), encoding="utf-8", newline="\n")
    sys.stdout.write(f"{TARGET}\n")
