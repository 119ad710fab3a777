"""Run a command line: exit codes, errors as sentences, ^C, and a reader that closes the pipe.

0 done · 1 findings of severity error · 2 wrong use, no workspace, the store refused, a library is missing ·
3 a mistake in the program · 130 stopped by ^C · 141 the reader of our output went away.
"""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Callable, Sequence
from typing import Any

import click

from ghg_inventory.cli.page import ReaderGone, words
from ghg_inventory.cli.session import LANGUAGES, Session

USAGE, BUG, STOPPED, PIPE = 2, 3, 130, 141


def run(main: Callable[..., Any], args: Sequence[str] | None, **extra: Any) -> None:
    """Run `main` (click's) and exit the process. Raises: SystemExit, always."""
    line = list(sys.argv[1:] if args is None else args)
    session = early_session(line)
    _never_fail_to_print()
    extra.pop("standalone_mode", None)
    try:
        code = main(args=line, standalone_mode=False, obj=session, **extra)
        sys.stdout.flush()
        sys.exit(code if isinstance(code, int) else 0)
    except (BrokenPipeError, ReaderGone):
        _silence_stdout()
        sys.exit(PIPE)
    except (KeyboardInterrupt, click.exceptions.Abort):
        _say(words(session.lang)["stopped"])
        sys.exit(STOPPED)
    except Exception as error:
        sys.exit(explain_failure(error, session))


def early_session(line: Sequence[str]) -> Session:
    """The session as far as --lang and --debug tell before the line is parsed: help and errors need them."""
    session = Session(debug="--debug" in line)
    for number, word in enumerate(line):
        value = word[7:] if word.startswith("--lang=") else ""
        if word == "--lang" and number + 1 < len(line):
            value = line[number + 1]
        if value in LANGUAGES:
            session.language = value
    return session


def explain_failure(error: Exception, session: Session) -> int:
    """Say what went wrong on stderr. Returns: the exit code."""
    from ghg_inventory.cli.wrong_use import usage_message
    from ghg_inventory.errors import GhgError

    if session.debug and not isinstance(error, click.ClickException):
        import traceback

        _say(traceback.format_exc().rstrip())
    lang = session.lang
    if isinstance(error, click.exceptions.NoArgsIsHelpError) and error.ctx is not None:
        _say(error.ctx.get_help())
        return USAGE
    if isinstance(error, click.ClickException):
        _say(usage_message(error, lang))
        return USAGE
    if isinstance(error, GhgError):
        _say("\n".join(sentences(error, lang)))
        return USAGE
    if isinstance(error, OSError):
        text = words(lang)["file_trouble"].replace("{file}", str(error.filename or "–"))
        _say(text.replace("{reason}", error.strerror or str(error)))
        return USAGE
    reason = f"{type(error).__name__}: {error}".splitlines()[0]
    _say(words(lang)["bug"].replace("{reason}", reason))
    return BUG


def sentences(error: Exception, lang: str) -> list[str]:
    """An error of ours as lines for a person: its findings in the language, else its own sentence."""
    findings = getattr(error, "findings", None)
    if findings is None and callable(getattr(error, "finding", None)):
        findings = [error.finding()]  # type: ignore[attr-defined]
    if not findings:
        return [words(lang)["error"].replace("{text}", str(error))]
    return [f.line(lang) for f in findings]


def _say(text: str) -> None:
    click.echo(text, err=True)


def _never_fail_to_print() -> None:
    """A terminal that lacks a character shows ? in its place."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def _silence_stdout() -> None:
    """Nobody reads stdout any more: let Python's last flush go nowhere instead of failing."""
    try:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except (OSError, ValueError):
        return
