"""The factor library: all rows of the bundled sets and the user's files, and what answers a request."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from ghg_inventory.areas import AreaTree
from ghg_inventory.codes import CategoryTree, Fuels, Gases
from ghg_inventory.errors import DataFileError, Finding, Place, finding, order
from ghg_inventory.factors.boxes import boxes_of, matching_keys
from ghg_inventory.factors.derived import recomputed
from ghg_inventory.factors.explain import Candidate, explain_choice
from ghg_inventory.factors.loader import OWN_SETS, Vocabulary, measured_factor, read_factors, repeated
from ghg_inventory.factors.record import (
    MEASURED_SET,
    USER_SET,
    Factor,
    Parameter,
    Source,
    read_parameters,
    read_sources,
    read_words,
)  # fmt: skip
from ghg_inventory.factors.regions import Region, read_regions
from ghg_inventory.factors.resolve import Key, Requests, Resolution, paint
from ghg_inventory.paths import data_folder
from ghg_inventory.tables import IntArray


@dataclass(frozen=True, slots=True)
class FactorLibrary:
    """Every factor that loaded.

    rows: bundled sets in order of folder, file and line, then the user's files. sha256: identity of the
    factor set: hash of every file of the data folder and of the user's files, by sorted relative path.
    """

    rows: tuple[Factor, ...]
    sha256: str
    sources: Mapping[str, Source]
    parameters: Mapping[str, Parameter]
    regions: Mapping[str, Region]
    _index: Mapping[tuple[str, str], tuple[int, ...]] = field(repr=False)

    @classmethod
    def load(
        cls, folder: Path | None = None, user_files: Sequence[Path] = ()
    ) -> tuple[FactorLibrary, tuple[Finding, ...]]:
        """The bundled sets of `folder` (the shipped one by default) and the user's files.

        Raises: DataFileError when sources.toml or another shipped list is broken.
        """
        root = folder or data_folder("emission_factors")
        words = _vocabulary(root)
        rows: list[Factor] = []
        findings: list[Finding] = []
        for path in tables_of(root):
            name = f"emission_factors/{path.relative_to(root).as_posix()}"
            found, problems = read_factors(path, name, path.parent.relative_to(root).parts[0], words)
            rows += found
            findings += problems
        for path in user_files:
            found, problems = read_factors(path, path.name, USER_SET, words)
            rows += found
            findings += problems
        findings += repeated(rows)
        rows, problems = recomputed(rows, root)
        findings += problems
        library = cls.of(rows, content_hash(root, user_files), words.sources, read_regions(root))
        return library, order(findings)

    @classmethod
    def of(
        cls, rows: Iterable[Factor], sha256: str, sources: Mapping[str, Source], regions: Mapping[str, Region]
    ) -> FactorLibrary:
        """A library of rows that are already understood."""
        ordered = tuple(rows)
        return cls(ordered, sha256, sources, read_parameters(), regions, _indexed(ordered))

    def with_measured(
        self, values: Iterable[tuple[Mapping[str, str], Place]]
    ) -> tuple[FactorLibrary, tuple[Finding, ...]]:
        """This library and the values that returns state: cells by column of a factor table, and their place.

        sha256 stays: the returns have hashes of their own.
        """
        words = Vocabulary(
            self.parameters, self.sources, frozenset(), CategoryTree.load(), Fuels.load(), Gases.load()
        )
        rows, findings = [], []
        for cells, place in values:
            row, problems = measured_factor(cells, place, words)
            findings += problems
            rows += [row] if row is not None else []
        joined = (*self.rows, *rows)
        library = FactorLibrary(
            joined, self.sha256, self.sources, self.parameters, self.regions, _indexed(joined)
        )
        return library, tuple(findings)

    # --- looking up -------------------------------------------------------------------------------
    @property
    def sets(self) -> tuple[str, ...]:
        """Names of the factor sets, in order of first row; "user" last when the user gave rows."""
        return tuple(dict.fromkeys(row.set for row in self.rows))

    def position(self, factor_id: str) -> int:
        """The position of a row. Raises: KeyError for an unknown id."""
        for position, row in enumerate(self.rows):
            if row.factor_id == factor_id:
                return position
        raise KeyError(factor_id)

    def source_title(self, factor: Factor) -> str:
        """The title of the row's source; a user's source is its own title."""
        source = self.sources.get(factor.source)
        return source.title if source and factor.set != USER_SET else factor.source

    def search(self, text: str) -> tuple[Factor, ...]:
        """Rows that contain every word of `text` in any of their cells or their set, ignoring case."""
        words = text.casefold().split()
        return tuple(row for row in self.rows if all(word in _all_text(row) for word in words))

    def candidates(self, parameter: str, gas: str, sets: Iterable[str]) -> tuple[int, ...]:
        """Positions of the rows of a parameter and gas in these sets and among the user's rows."""
        allowed = {*sets, *OWN_SETS}
        return tuple(row for row in self._index.get((parameter, gas), ()) if self.rows[row].set in allowed)

    def check_areas(self, areas: AreaTree) -> tuple[Finding, ...]:
        """A finding for every user's row whose area nobody knows: it could never be used."""
        return tuple(
            finding("factor-area-unknown", row.place, factor_id=row.factor_id, area=row.area_code)
            for row in self.rows
            if row.set == USER_SET and row.area_code
            and row.area_code not in areas and row.area_code not in self.regions
        )  # fmt: skip

    # --- resolution -------------------------------------------------------------------------------
    def resolve(
        self, requests: Requests, areas: AreaTree, categories: CategoryTree, fuels: Fuels
    ) -> Resolution:
        """The most specific row for each request; see `resolve.paint` and `boxes.Specificity`.

        Raises: KeyError for an unknown parameter, ValueError for nearest_year where it is not allowed.
        """
        parameter = self.parameters[requests.parameter]
        if requests.nearest_year and not parameter.may_lag:
            raise ValueError(f"the nearest year may not stand in for a {parameter.en}")
        rows = self.candidates(requests.parameter, requests.gas, requests.sets)
        boxes = boxes_of(rows, self.rows, areas, fuels, self.regions)

        def matches(key: Key) -> Iterable[Key]:
            return matching_keys(key, categories, fuels, parameter.borrow)

        return paint(requests, boxes, areas, matches)

    def resolve_product(
        self, requests: Sequence[Requests], groups: Sequence[Sequence[str]], areas: AreaTree,
        categories: CategoryTree, fuels: Fuels,
    ) -> tuple[tuple[Resolution, ...], IntArray]:  # fmt: skip
        """Resolve the parameters of one product from one group of sets: published sets are never mixed.

        requests: one per parameter, same length and order of entries; their own `sets` are not used.
        groups: sets that belong together, in order of preference. An entry takes the first group in which
        every parameter has an answer or a tie, else the first group (and its gaps).
        Gives the resolutions and, per entry, the number of the group (-1 when none is complete).
        """
        size = len(requests[0])
        rows = [np.full(size, -1, dtype=np.int32) for _ in requests]
        lags = [np.zeros(size, dtype=np.int32) for _ in requests]
        group = np.full(size, -1, dtype=np.int32)
        for number, sets in enumerate(groups):
            found = [self.resolve(r.within(sets), areas, categories, fuels) for r in requests]
            complete = np.logical_and.reduce([f.row != -1 for f in found])
            mine = (group == -1) & complete
            group[mine] = number
            taken = mine if number else np.ones(size, dtype=np.bool_)
            for row, lag, one in zip(rows, lags, found, strict=True):
                row[taken] = one.row[taken]
                lag[taken] = one.lag[taken]
        both = tuple(Resolution(row, lag) for row, lag in zip(rows, lags, strict=True))
        return both, group

    def explain_choice(
        self, requests: Requests, areas: AreaTree, categories: CategoryTree, fuels: Fuels
    ) -> list[Candidate]:
        """Every row of the parameter and gas for the first entry of `requests`, best first, and why."""
        return explain_choice(self, requests, areas, categories, fuels)

    def unused(self, used: Iterable[int]) -> tuple[Finding, ...]:
        """A finding for every user's row that no resolution chose, and one per parameter of measured values.

        used: positions that were chosen.
        """
        chosen = {int(row) for row in used}
        idle = [
            row for position, row in enumerate(self.rows) if row.set in OWN_SETS and position not in chosen
        ]
        stated: dict[str, list[Factor]] = {}
        for row in idle:
            if row.set == MEASURED_SET:
                stated.setdefault(row.parameter, []).append(row)
        return (
            *(
                finding("user-factor-unused", r.place, factor_id=r.factor_id)
                for r in idle
                if r.set == USER_SET
            ),
            *(
                finding("measured-unused", rows[0].place, parameter=parameter, count=len(rows))
                for parameter, rows in stated.items()
            ),
        )


def tables_of(root: Path) -> list[Path]:
    """The factor tables of a data folder: every CSV in a subfolder, sorted."""
    return sorted(root.glob("*/**/*.csv"))


def content_hash(root: Path, user_files: Sequence[Path] = ()) -> str:
    """sha256 over name and content of every data file (CSV, TOML), by sorted relative path."""
    paths = [path for kind in ("csv", "toml") for path in root.rglob(f"*.{kind}")]
    files = {path.relative_to(root).as_posix(): path for path in paths}
    files |= {f"{USER_SET}/{number}": path for number, path in enumerate(user_files) if path.is_file()}
    digest = hashlib.sha256()
    for name in sorted(files):
        content = hashlib.sha256(files[name].read_bytes()).hexdigest()
        digest.update(f"{name}\0{content}\n".encode())
    return digest.hexdigest()


def _vocabulary(root: Path) -> Vocabulary:
    sources = root / "sources.toml"
    if not sources.is_file():
        raise DataFileError(f"{root}: there is no sources.toml")
    distributions = frozenset(read_words()["distribution"])
    return Vocabulary(
        read_parameters(), read_sources(sources), distributions, CategoryTree.load(), Fuels.load(),
        Gases.load(),
    )  # fmt: skip


def _indexed(rows: Sequence[Factor]) -> dict[tuple[str, str], tuple[int, ...]]:
    index: dict[tuple[str, str], list[int]] = {}
    for position, row in enumerate(rows):
        index.setdefault((row.parameter, row.gas), []).append(position)
    return {key: tuple(positions) for key, positions in index.items()}


def _all_text(row: Factor) -> str:
    parts = (
        row.factor_id, row.parameter, row.category, row.item, row.technology, row.sector, row.area_code,
        row.years, row.gas, row.value_text, row.unit_text, row.source, row.locator, row.note, row.set,
    )  # fmt: skip
    return " ".join(parts).casefold()
