"""All methods, models, variables and profiles, read from the TOML files of this folder."""

from __future__ import annotations

import gc
import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from ghg_inventory.errors import DataFileError
from ghg_inventory.methods.loader import SECTIONS, Tables, profiles_of
from ghg_inventory.methods.record import Method, Profile, SeriesModel, Variable
from ghg_inventory.tables import read_toml, require_keys

_FOLDER = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class MethodLibrary:
    """All profiles and methods, with the sha256 of the files they were read from."""

    profiles: dict[str, Profile]
    methods: dict[str, Method]
    sha256: str
    variables: dict[str, Variable] = field(default_factory=dict)
    models: dict[str, SeriesModel] = field(default_factory=dict)

    def profile(self, name: str) -> Profile:
        """Raises: DataFileError naming the profiles there are."""
        if name not in self.profiles:
            raise DataFileError(
                f"there is no profile {name!r}; there are: {', '.join(sorted(self.profiles))}"
            )
        return self.profiles[name]


@cache
def load_methods(folder: Path = _FOLDER) -> MethodLibrary:
    """Every *.toml of the folder. Each method's formula is parsed and its units are checked.

    Raises: DataFileError naming file and entry for anything that does not compile.
    """
    tables = Tables()
    digest = hashlib.sha256()
    with _without_collecting():
        for path in sorted(folder.glob("*.toml")):
            digest.update(path.name.encode() + b"\0" + path.read_bytes())
            document = read_toml(path)
            require_keys(document, (), SECTIONS, path.name)
            tables.read(document, path.name)
        profiles = profiles_of(tables)
    return MethodLibrary(profiles, tables.methods, digest.hexdigest(), tables.variables, tables.models)


@contextmanager
def _without_collecting() -> Iterator[None]:
    """Everything that is read stays: looking for garbage among it costs a third of the time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
