"""Printing: JSON, findings, data frames."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import click

from ghg_inventory.cli.page import words
from ghg_inventory.errors import SEVERITIES, Finding, has_errors

if TYPE_CHECKING:
    import pandas as pd

SHOWN = 60


def print_json(value: Any) -> None:
    """Print JSON: indented, Chinese as it is, NaN as null."""
    click.echo(json.dumps(_plain(value), ensure_ascii=False, indent=1))


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _plain(v) for key, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(v) for v in value]
    if hasattr(value, "item"):  # a numpy number
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value if isinstance(value, (str, int, float, bool, type(None))) else str(value)


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """The rows of a data frame, for `print_json`."""
    return [{str(key): v for key, v in row.items()} for row in frame.to_dict("records")]


def print_findings(
    findings: Sequence[Finding], lang: str, *, infos: bool = True, limit: int = SHOWN, err: bool = False
) -> None:
    """Print findings (at most `limit`, 0 for all), then how many there are of each severity."""
    fixed = words(lang)
    listed = [f for f in findings if infos or f.severity != "info"]
    shown = listed if limit == 0 else listed[:limit]
    for finding in shown:
        click.echo(finding.line(lang), err=err)
    if len(listed) > len(shown):
        click.echo(fixed["findings_more"].replace("{count}", str(len(listed) - len(shown))), err=err)
    click.echo(summary(findings, lang), err=err)


def summary(findings: Iterable[Finding], lang: str) -> str:
    """How many findings of each severity, in one line."""
    listed, fixed = [*findings], words(lang)
    if not listed:
        return fixed["findings_none"]
    text = fixed["findings_sum"]
    for severity in SEVERITIES:
        text = text.replace("{" + severity + "s}", str(sum(f.severity == severity for f in listed)))
    return text


def code_of(findings: Iterable[Finding]) -> int:
    """The exit code: 1 when there is a finding of severity error."""
    return 1 if has_errors(findings) else 0
