"""What official forms look like: data of activity_templates/forms, loaded and checked once."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from pathlib import Path

from ghg_inventory.activity.layouts import normalise_label
from ghg_inventory.errors import DataFileError
from ghg_inventory.paths import data_folder
from ghg_inventory.tables import Row, read_rows, read_toml, require_keys

SHAPES = ("rows_by_energy", "energies_by_role", "rows_by_year")
TAKES = ("self", "parts", "closed", "aside")
INPUTS = ("", "burnt", "converted")
KINDS = (
    "total", "industrial", "nonindustrial", "feedstock", "within", "input", "input_burnt", "input_converted", "aside",
    "unit", "name", "value", "other_year", "share", "part_year",
)  # fmt: skip
# "A、全行业用电合计": the letter of a block is numbering too.
_LETTER = re.compile(r"^(?:\[\d+\])?[A-Za-z]\s*[、.．,，]")


@lru_cache(maxsize=65536)
def label_key(text: str) -> str:
    """A label without what printings differ in: numbering (A、 一、 1.), of-which marks, spaces, punctuation.

    >>> label_key("　B、城乡居民生活用电合计"), label_key("其中：1.农副食品加工业")
    ('城乡居民生活用电合计', '农副食品加工业')
    """
    plain = unicodedata.normalize("NFKC", text).strip()
    return normalise_label(_LETTER.sub("", plain))


@dataclass(frozen=True, slots=True)
class Part:
    """A row or an energy that a form may show, and its place among totals and parts.

    parent: what it is part of; partition: which division of the parent it belongs to (a total may be divided
    twice); target: category, or item of an energy; "" for what must be divided further.
    take: "self" (its own number counts), "parts" (its parts do), "closed" (its parts where they add up to it,
    else itself), "aside" (never counted).
    converts: energies that this industry turns into other energies; inputs: what its input to transformation
    is, "burnt", "converted" or "" (unknown). use: of an energy that is not burnt where it is used: "energy".
    """

    id: str
    parent: str
    partition: str
    target: str
    take: str
    zh: str
    en: str
    converts: frozenset[str] = frozenset()
    inputs: str = ""
    use: str = ""


@dataclass(frozen=True, slots=True)
class Role:
    """What a column holds; `kind` says what the reader does with it."""

    id: str
    kind: str
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Label:
    """A wording of a row, an energy or a role, with the years it was in use (0, 9999: open)."""

    id: str
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class FormKind:
    """One form: how it is laid out and recognised. item: the energy of the whole form, "" when it names several."""

    id: str
    version: str
    first: int
    last: int
    shape: str
    title_zh: str
    title_en: str
    title_words: tuple[str, ...]
    places: Mapping[str, Part]
    place_names: Mapping[str, tuple[Label, ...]]
    item: str
    nil_marks: frozenset[str]


@dataclass(frozen=True, slots=True)
class Forms:
    """Everything known about official forms. Names are looked up by `label_key`."""

    kinds: tuple[FormKind, ...]
    energies: Mapping[str, Part]
    energy_names: Mapping[str, tuple[Label, ...]]
    roles: Mapping[str, Role]
    role_names: Mapping[str, tuple[Label, ...]]


def named(names: Mapping[str, tuple[Label, ...]], text: str) -> str:
    """The id that a wording stands for; "" when nothing is called so."""
    labels = names.get(label_key(text), ()) if text else ()
    return labels[0].id if labels else ""


def in_year(forms: Forms, year: int) -> Forms:
    """The forms with the wordings of one year: a renamed energy is found by the name it had then."""
    names = {
        key: tuple(label for label in labels if label.first <= year <= label.last)
        for key, labels in forms.energy_names.items()
    }
    return replace(forms, energy_names=names)


@cache
def load_forms() -> Forms:
    """The shipped forms. Raises: DataFileError naming the file that is wrong."""
    return read_forms(data_folder("activity_templates") / "forms")


def read_forms(folder: Path) -> Forms:
    """The forms of a folder. Raises: DataFileError."""
    energies, energy_names = _energies(folder)
    roles, role_names = _roles(folder)
    kinds = tuple(_kind(path, folder) for path in sorted(folder.glob("*.toml")))
    return Forms(kinds, energies, energy_names, roles, role_names)


def _kind(path: Path, folder: Path) -> FormKind:
    entry = read_toml(path)
    keys = ("id", "version", "valid_from", "valid_to", "shape", "title_zh", "title_en", "title_words", "rows",
            "item", "nil_marks", "source", "confidence")  # fmt: skip
    require_keys(entry, keys, (), path.name)
    if entry["shape"] not in SHAPES:
        raise DataFileError(f"{path.name}: shape must be one of {', '.join(SHAPES)}")
    places: dict[str, Part] = {}
    names: dict[str, tuple[Label, ...]] = {}
    for name in entry["rows"]:
        _places(folder / name, places, names)
    _check_parents(places, path.name)
    titles = tuple(sorted((label_key(word) for word in entry["title_words"]), key=len, reverse=True))
    return FormKind(
        entry["id"], entry["version"], entry["valid_from"], entry["valid_to"], entry["shape"], entry["title_zh"],
        entry["title_en"], titles, places, names, entry["item"], frozenset(entry["nil_marks"]),
    )  # fmt: skip


def _places(path: Path, places: dict[str, Part], names: dict[str, tuple[Label, ...]]) -> None:
    """Rows of one file; a row that an earlier file has (工业) keeps the meaning and the names it has there."""
    columns = ("row", "parent", "partition", "category", "take", "converts", "inputs", "zh", "en", "aliases")
    for line in _lines(path, columns):
        if line["row"] in places:
            continue
        if line["take"] not in TAKES or line["inputs"] not in INPUTS:
            raise DataFileError(f"{line.place}: unknown take or inputs")
        places[line["row"]] = Part(
            line["row"], line["parent"], line["partition"], line["category"], line["take"], line["zh"], line["en"],
            frozenset(line["converts"].split()), line["inputs"],
        )  # fmt: skip
        _name(names, line, (line["zh"], line["en"], *line["aliases"].split("|")), line["row"])


def _energies(folder: Path) -> tuple[dict[str, Part], dict[str, tuple[Label, ...]]]:
    parts: dict[str, Part] = {}
    names: dict[str, tuple[Label, ...]] = {}
    columns = ("energy", "parent", "item", "use", "take", "zh", "en", "aliases")
    for line in _lines(folder / "energies.csv", columns):
        code = line["energy"]
        if line["take"] not in TAKES:
            raise DataFileError(f"{line.place}: unknown take")
        parts[code] = Part(
            code, line["parent"], "parts", line["item"], line["take"], line["zh"], line["en"], use=line["use"]
        )
        _name(names, line, (line["zh"], line["en"], *line["aliases"].split("|")), code)
    _check_parents(parts, "energies.csv")
    for line in _lines(folder / "renames.csv", ("label", "energy", "valid_from", "valid_to", "source")):
        if line["energy"] not in parts:
            raise DataFileError(f"{line.place}: no such energy: {line['energy']}")
        years = int(line["valid_from"] or 0), int(line["valid_to"] or 9999)
        known = names.get(label_key(line["label"]), ())
        names[label_key(line["label"])] = (Label(line["energy"], *years), *known)
    return parts, names


def _roles(folder: Path) -> tuple[dict[str, Role], dict[str, tuple[Label, ...]]]:
    roles: dict[str, Role] = {}
    names: dict[str, tuple[Label, ...]] = {}
    for line in _lines(folder / "roles.csv", ("role", "kind", "zh", "en", "aliases")):
        if line["kind"] not in KINDS:
            raise DataFileError(f"{line.place}: unknown kind {line['kind']!r}")
        roles[line["role"]] = Role(line["role"], line["kind"], line["zh"], line["en"])
        _name(names, line, (line["zh"], line["en"], *line["aliases"].split("|")), line["role"])
    return roles, names


def _name(names: dict[str, tuple[Label, ...]], line: Row, labels: tuple[str, ...], code: str) -> None:
    for label in labels:
        key = label_key(label)
        if key and names.setdefault(key, (Label(code, 0, 9999),))[0].id != code:
            raise DataFileError(f"{line.place}: the label {label!r} names two rows")


def _check_parents(parts: Mapping[str, Part], where: str) -> None:
    lost = sorted({part.parent for part in parts.values() if part.parent} - parts.keys())
    if lost:
        raise DataFileError(f"{where}: parents that are not listed: {', '.join(lost)}")


def _lines(path: Path, columns: tuple[str, ...]) -> list[Row]:
    lines, findings = read_rows(path, columns)
    if findings:
        raise DataFileError(findings[0].line("en"))
    return lines
