"""A workspace: the folder with inventory.toml, the inbox, the store and the results.

    inventory.toml   settings (this module)         store/   database and files handed in
    inbox/           files to be imported           runs/    results, one folder per run

Everything that a run depends on is in inventory.toml or in a file it names; there are no defaults for the
area, the years, the profiles or the GWP set.
"""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Callable, Container, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import tomli

from ghg_inventory.errors import Finding, Place, WorkspaceError, finding

if TYPE_CHECKING:
    from ghg_inventory.store import Store

FILE_NAME = "inventory.toml"
DEFAULT_STORE = "sqlite:///store/ghg.sqlite"
LANGUAGES = ("zh", "en")
_SQLITE = "sqlite:///"


class WorkspaceProblem(WorkspaceError):
    """What is wrong with the workspace; `findings` has it in both languages."""

    def __init__(self, findings: Iterable[Finding]) -> None:
        self.findings = tuple(findings)
        super().__init__("; ".join(f.text("en").replace("\n", " ") for f in self.findings))


@dataclass(frozen=True, slots=True)
class Workspace:
    """Settings of an inventory; every path is absolute.

    area: code of the root area. years: ascending. profiles, gwp_set: as written, checked by the rooms
    that know them. language: "zh", "en" or "" when not set. assumptions, report: the tables as written
    (dates as ISO text). fills: the [[fill]] entries as written. targets_file: None where none is named.
    review: True when a submission counts only after somebody has accepted it.
    """

    folder: Path
    area: str
    years: tuple[int, ...]
    profiles: tuple[str, ...]
    gwp_set: str
    name_zh: str
    name_en: str
    language: str
    areas_file: Path | None
    factor_files: tuple[Path, ...]
    inbox: Path
    store_url: str
    assumptions: dict[str, Any] = field(default_factory=dict)
    report: dict[str, Any] = field(default_factory=dict)
    fills: tuple[dict[str, Any], ...] = ()
    targets_file: Path | None = None
    review: bool = False

    @classmethod
    def open(cls, folder: Path) -> Workspace:
        """The workspace in this folder. Raises: WorkspaceProblem, with all that is wrong."""
        home = folder.resolve()
        return understand(_read(home), home)

    @classmethod
    def find(cls, start: Path) -> Workspace:
        """The workspace that `start` is in: the nearest folder upwards with an inventory.toml."""
        here = start.resolve()
        for folder in (here, *here.parents):
            if (folder / FILE_NAME).is_file():
                return cls.open(folder)
        raise WorkspaceProblem([finding("workspace-none", folder=here)])

    @property
    def runs_folder(self) -> Path:
        """Where results go, one folder per run id."""
        return self.folder / "runs"

    @property
    def store_folder(self) -> Path:
        """Where the store keeps files."""
        return self.folder / "store"

    def name(self, lang: str) -> str:
        """The inventory's name in `lang`, else in the other language."""
        first, second = (self.name_zh, self.name_en) if lang == "zh" else (self.name_en, self.name_zh)
        return first or second

    def inbox_files(self) -> tuple[Path, ...]:
        """The files in the inbox and its folders, sorted; hidden and lock files (~$…) left out."""
        found = (p for p in self.inbox.rglob("*") if p.is_file())
        return tuple(sorted(p for p in found if not p.name.startswith((".", "~$"))))

    def file_name(self, path: Path) -> str:
        """The name a file goes by in the store: its path from the workspace, else its folder and name."""
        resolved = path.resolve()
        if resolved.is_relative_to(self.folder):
            return resolved.relative_to(self.folder).as_posix()
        return f"{resolved.parent.name}/{resolved.name}".lstrip("/")

    @property
    def has_store(self) -> bool:
        """False when nothing was ever imported here; a database server counts as a store."""
        if not self.store_url.startswith(_SQLITE):
            return True
        return Path(self.store_url.removeprefix(_SQLITE)).is_file()

    def open_store(self) -> Store:
        """The store of this workspace, made if need be. Raises: StoreError."""
        from ghg_inventory.store import Store

        return Store.open(self.store_url, folder=self.store_folder, runs=self.runs_folder)


# -- reading inventory.toml ----------------------------------------------------------------------------


def _read(folder: Path) -> dict[str, Any]:
    path = folder / FILE_NAME
    place = Place(FILE_NAME)
    if not path.is_file():
        raise WorkspaceProblem([finding("workspace-none", folder=folder)])
    try:
        return tomli.loads(path.read_text(encoding="utf-8-sig"))
    except UnicodeDecodeError as error:
        raise WorkspaceProblem([finding("workspace-encoding", place)]) from error
    except tomli.TOMLDecodeError as error:
        where = re.search(r"line (\d+)", str(error))
        line = int(where[1]) if where else len(path.read_text(encoding="utf-8-sig").splitlines())
        place = Place(FILE_NAME, line=line)
        raise WorkspaceProblem([finding("workspace-toml", place, at=line, reason=error)]) from error


@dataclass(frozen=True, slots=True)
class _Key:
    """A key of inventory.toml: whether it must be there, when its value will do, an example of one."""

    fits: Callable[[Any], bool]
    example: str
    required: bool = False


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and value.strip() == value


def _is_filled(value: Any) -> bool:
    return _is_text(value) and value != ""


def _is_texts(value: Any) -> bool:
    return isinstance(value, list) and all(map(_is_filled, value)) and len(set(value)) == len(value)


def _is_years(value: Any) -> bool:
    if not isinstance(value, list) or not value:
        return False
    whole = all(isinstance(year, int) and 1950 <= year <= 2100 for year in value)
    return whole and len(set(value)) == len(value)


def _is_date(value: Any) -> bool:
    if isinstance(value, str):
        return re.fullmatch(r"\d{4}-\d\d-\d\d", value) is not None and _is_calendar(value)
    return type(value) is date


def _is_calendar(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


_KEYS: dict[str, dict[str, _Key]] = {
    "inventory": {
        "name_zh": _Key(_is_text, 'name_zh = "四川省"'),
        "name_en": _Key(_is_text, 'name_en = "Sichuan"'),
        "area": _Key(_is_filled, 'area = "510000"', required=True),
        "years": _Key(_is_years, "years = [2012, 2021]", required=True),
        "profiles": _Key(lambda v: _is_texts(v) and v, 'profiles = ["cn2011", "ipcc2006"]', required=True),
        "gwp_set": _Key(_is_filled, 'gwp_set = "ar5"', required=True),
        "language": _Key(lambda v: v in LANGUAGES, 'language = "zh"'),
    },
    "files": {
        "areas": _Key(_is_filled, 'areas = "areas.csv"'),
        "factors": _Key(_is_texts, 'factors = ["factors.csv"]'),
        "inbox": _Key(_is_filled, 'inbox = "inbox"'),
        "targets": _Key(_is_filled, 'targets = "targets.csv"'),
    },
    "review": {"required": _Key(lambda v: isinstance(v, bool), "required = true")},
    "store": {"url": _Key(lambda v: _is_filled(v) and "://" in v, f'url = "{DEFAULT_STORE}"')},
    "report": {
        "issue_date": _Key(_is_date, "issue_date = 2026-12-31"),
        "version": _Key(_is_filled, 'version = "1.0"'),
        "compiler_zh": _Key(_is_filled, 'compiler_zh = "某市生态环境局"'),
        "compiler_en": _Key(_is_filled, 'compiler_en = "Bureau of Ecology"'),
        "languages": _Key(lambda v: _is_texts(v) and set(v) <= set(LANGUAGES), 'languages = ["zh", "en"]'),
        "areas": _Key(_is_texts, 'areas = ["510000"]'),
        "demonstration": _Key(lambda v: isinstance(v, bool), "demonstration = true"),
    },
}
_FREE = ("assumptions",)
_LISTS = ("fill",)


def understand(tables: dict[str, Any], home: Path) -> Workspace:
    """The settings of a parsed inventory.toml. Raises: WorkspaceProblem, with all that is wrong."""
    problems = [*_unknown_tables(tables)]
    for name, keys in _KEYS.items():
        problems += _table_problems(name, tables.get(name, {}), keys)
    if problems:
        raise WorkspaceProblem(problems)
    inventory, files = tables.get("inventory", {}), tables.get("files", {})
    problems = [*_missing_files(files, home)]
    if problems:
        raise WorkspaceProblem(problems)
    return Workspace(
        folder=home, area=inventory["area"], years=tuple(sorted(inventory["years"])),
        profiles=tuple(inventory["profiles"]), gwp_set=inventory["gwp_set"],
        name_zh=inventory.get("name_zh", ""), name_en=inventory.get("name_en", ""),
        language=inventory.get("language", ""),
        areas_file=home / files["areas"] if "areas" in files else None,
        factor_files=tuple(home / name for name in files.get("factors", [])),
        inbox=home / files.get("inbox", "inbox"),
        store_url=_store_url(tables.get("store", {}).get("url", DEFAULT_STORE), home),
        assumptions=tables.get("assumptions", {}),
        report={key: str(v) if type(v) is date else v for key, v in tables.get("report", {}).items()},
        fills=tuple(tables.get("fill", ())),
        targets_file=home / files["targets"] if "targets" in files else None,
        review=tables.get("review", {}).get("required", False),
    )  # fmt: skip


def _unknown_tables(tables: dict[str, Any]) -> list[Finding]:
    known = [*_KEYS, *_FREE, *_LISTS]
    problems = [_unknown_key(name, f"[{name}]", known) for name in tables if name not in known]
    for name in _LISTS:
        given = tables.get(name, [])
        if not isinstance(given, list) or not all(isinstance(entry, dict) for entry in given):
            values = {"key": name, "value": _shown(given), "example": f"[[{name}]]"}
            problems.append(finding("workspace-bad-value", Place(FILE_NAME), **values))
    for name in (*_KEYS, *_FREE):
        if not isinstance(tables.get(name, {}), dict):
            values = {"key": name, "value": _shown(tables[name]), "example": f"[{name}]"}
            problems.append(finding("workspace-bad-value", Place(FILE_NAME), **values))
    return problems


def _table_problems(table: str, given: Any, keys: dict[str, _Key]) -> list[Finding]:
    if not isinstance(given, dict):
        return []
    place = Place(FILE_NAME)
    problems = [_unknown_key(key, f"[{table}] {key}", [*keys]) for key in given if key not in keys]
    for name, key in keys.items():
        shown = f"[{table}] {name}"
        if name not in given and key.required:
            problems.append(finding("workspace-missing-key", place, key=shown, example=key.example))
        elif name in given and not key.fits(given[name]):
            value = _shown(given[name])
            problems.append(
                finding("workspace-bad-value", place, key=shown, value=value, example=key.example)
            )
    return problems


def _unknown_key(key: str, shown: str, known: Sequence[str]) -> Finding:
    meant_zh, meant_en = did_you_mean(key, known)
    return finding(
        "workspace-unknown-key", Place(FILE_NAME), key=shown, known=", ".join(known),
        meant_zh=meant_zh, meant_en=meant_en,
    )  # fmt: skip


def did_you_mean(word: str, known: Iterable[str]) -> tuple[str, str]:
    """The end of a sentence that names the likeliest word meant, in Chinese and English; "" when none is."""
    close = difflib.get_close_matches(word.lower(), list(known), n=1, cutoff=0.6)
    return (f"，是否想写“{close[0]}”？", f"; did you mean '{close[0]}'?") if close else ("", "")


def _missing_files(files: dict[str, Any], home: Path) -> list[Finding]:
    named = [(f"[files] {key}", files.get(key)) for key in ("areas", "targets")]
    named += [("[files] factors", name) for name in files.get("factors", [])]
    return [
        finding("workspace-file-missing", Place(FILE_NAME), key=key, path=name)
        for key, name in named if name and not (home / name).is_file()
    ]  # fmt: skip


def require_known_words(
    ws: Workspace, *, areas: Container[str], profiles: Iterable[str], gwp_sets: Iterable[str]
) -> None:
    """Raises: WorkspaceProblem for an area, a profile or a GWP set that nobody knows, with the likeliest meant."""
    problems = []
    if ws.area not in areas:
        problems.append(_unknown_word("[inventory] area", ws.area, ()))
    known = tuple(profiles)
    problems += [
        _unknown_word("[inventory] profiles", name, known) for name in ws.profiles if name not in known
    ]
    sets = tuple(gwp_sets)
    if ws.gwp_set not in sets:
        problems.append(_unknown_word("[inventory] gwp_set", ws.gwp_set, sets))
    if problems:
        raise WorkspaceProblem(problems)


def _unknown_word(key: str, text: str, known: Sequence[str]) -> Finding:
    meant_zh, meant_en = did_you_mean(text, known)
    return finding(
        "workspace-unknown-word", Place(FILE_NAME), key=key, text=text, meant_zh=meant_zh, meant_en=meant_en,
        known_zh=", ".join(known) or "行政区划代码表或 areas.csv 中的代码",
        known_en=", ".join(known) or "a code of the register of areas or of areas.csv",
    )  # fmt: skip


def _store_url(url: str, home: Path) -> str:
    """A relative SQLite path starts from the workspace, wherever the command is run."""
    if not url.startswith(_SQLITE):
        return url
    return _SQLITE + str((home / url.removeprefix(_SQLITE)).resolve())


def _shown(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)
