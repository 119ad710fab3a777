"""Make a workspace: from answers, or as a copy of a shipped example."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import tomli

from ghg_inventory.errors import Finding, finding
from ghg_inventory.paths import examples_folder
from ghg_inventory.pipeline.workspace import FILE_NAME, Workspace, WorkspaceProblem, did_you_mean, understand

# Made by the program in a workspace; not part of an example.
_GENERATED = ("store", "runs", "reports", "returned", "templates", "__pycache__")


@dataclass(frozen=True, slots=True)
class NewInventory:
    """The answers `init_workspace` needs; nothing is assumed for the person who asks."""

    area: str
    years: tuple[int, ...]
    profiles: tuple[str, ...]
    gwp_set: str
    language: str
    name_zh: str = ""
    name_en: str = ""


def init_workspace(folder: Path, answers: NewInventory) -> Workspace:
    """Make a workspace with a commented inventory.toml and an empty inbox.

    Raises: WorkspaceProblem when the folder holds files, cannot be written, or an answer will not do.
    """
    _require_empty(folder)
    text = _filled_template(answers)
    understand(tomli.loads(text), folder.resolve())
    try:
        (folder / "inbox").mkdir(parents=True)
        (folder / FILE_NAME).write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        raise _cannot_write(folder, error) from error
    return Workspace.open(folder)


def example_names() -> tuple[str, ...]:
    """The shipped examples. Raises: WorkspaceProblem where the installation has none."""
    try:
        folders = examples_folder().iterdir()
    except FileNotFoundError as error:
        raise WorkspaceProblem([_unknown_example("–", ())]) from error
    return tuple(sorted(f.name for f in folders if (f / FILE_NAME).is_file()))


def copy_example(name: str, folder: Path) -> Workspace:
    """Copy a shipped example to a new folder. Raises: WorkspaceProblem."""
    known = example_names()
    if name not in known:
        raise WorkspaceProblem([_unknown_example(name, known)])
    _require_empty(folder)
    try:
        ignored = shutil.ignore_patterns(*_GENERATED)
        shutil.copytree(examples_folder() / name, folder, ignore=ignored, dirs_exist_ok=True)
    except (OSError, shutil.Error) as error:
        raise _cannot_write(folder, error) from error
    return Workspace.open(folder)


def _require_empty(folder: Path) -> None:
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise WorkspaceProblem([finding("workspace-exists", folder=folder)])


def _filled_template(answers: NewInventory) -> str:
    text = (Path(__file__).parent / "inventory_template.toml").read_text(encoding="utf-8")
    for key, value in (
        ("NAME_ZH", answers.name_zh), ("NAME_EN", answers.name_en), ("AREA", answers.area),
        ("YEARS", list(answers.years)), ("PROFILES", list(answers.profiles)),
        ("GWP_SET", answers.gwp_set), ("LANGUAGE", answers.language),
    ):  # fmt: skip
        # JSON's strings and lists are TOML's too.
        text = text.replace(f"@{key}@", json.dumps(value, ensure_ascii=False))
    return text


def _unknown_example(name: str, known: Sequence[str]) -> Finding:
    meant_zh, meant_en = did_you_mean(name, known)
    return finding(
        "example-unknown", example=name, known=", ".join(known) or "–", meant_zh=meant_zh, meant_en=meant_en
    )


def _cannot_write(folder: Path, error: Exception) -> WorkspaceProblem:
    reason = getattr(error, "strerror", None) or error
    return WorkspaceProblem([finding("workspace-cannot-write", folder=folder, reason=reason)])
