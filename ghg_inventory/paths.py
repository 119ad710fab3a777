"""Where the data folders are: inside the package in a wheel, beside it in an editable install."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def data_folder(name: str) -> Path:
    """Folder `emission_factors`, `activity_templates` or `report_templates`.

    Raises: FileNotFoundError when the installation lacks it.
    """
    for folder in (_PACKAGE / name, _PACKAGE.parent / name):
        if folder.is_dir():
            return folder
    raise FileNotFoundError(f"the data folder {name!r} is missing from this installation")


def examples_folder() -> Path:
    """Folder of the shipped examples (present in a source checkout)."""
    folder = _PACKAGE.parent / "examples"
    if folder.is_dir():
        return folder
    raise FileNotFoundError("the examples are part of the source checkout, not of the installed package")
