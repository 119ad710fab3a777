"""What a change of emission factors means: sentences in Chinese and English, and the effect on golden totals.

`make factors-diff` (BASE=git revision, HEAD by default) compares `emission_factors/` there with the working tree.
`make golden` writes tests/golden/<example>.totals.csv; a test compares them with what the examples give today.

The totals of both sides are computed by today's program and today's methods: only the factors differ.
"""

from __future__ import annotations

import argparse
import csv
import io
import json
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import tomli

ROOT = Path(__file__).resolve().parent.parent
FOLDER = "emission_factors"
GOLDEN = ROOT / "tests" / "golden"
AT = "2026-11-23T10:00:00+08:00"
LONG = 12
"""A new or removed table with more rows than this is one sentence, unless --all is given."""

Cells = dict[str, str]
Key = tuple[str, ...]

_WORDS = {
    "category": ("类别", "category"), "item": ("品种", "item"), "technology": ("技术", "technology"),
    "sector": ("行业", "sector"), "area_code": ("地区", "area"), "valid_from": ("起始年", "first year"),
    "valid_to": ("终止年", "last year"), "gas": ("气体", "gas"), "unit": ("单位", "unit"), "lower": ("下限", "lower bound"),
    "upper": ("上限", "upper bound"), "distribution": ("分布", "distribution"), "tier": ("层级", "tier"),
    "source": ("来源", "source"), "locator": ("出处", "locator"), "confidence": ("可信度", "confidence"),
    "parameter": ("参数", "parameter"), "note": ("备注", "note"), "value": ("数值", "value"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Sentence:
    """One change, said twice. where: the file it concerns, from the data folder."""

    where: str
    zh: str
    en: str


# -- reading both sides -----------------------------------------------------------------------------------


def tables(root: Path) -> dict[str, dict[Key, Cells]]:
    """Every CSV of a data folder: file → key of the row → cells. The key is factor_id, or all words of a list."""
    out = {}
    for path in sorted(root.rglob("*.csv")):
        lines = [
            line for line in path.read_text("utf-8").splitlines(keepends=True) if not line.startswith("#")
        ]
        rows = list(csv.DictReader(io.StringIO("".join(lines), newline="")))
        file = path.relative_to(root).as_posix()
        out[file] = {_key(file, row): dict(row) for row in rows}
    return out


def _key(file: str, row: Mapping[str, str]) -> Key:
    """A factor may move to another file; a row of any other list is known by its file and its words."""
    if "/" in file:
        return (row["factor_id"],)
    names = (
        ("gwp_set", "gas", "origin")
        if "gwp_set" in row
        else ("factor_id",)
        if "factor_id" in row
        else tuple(row)
    )
    return (file, *(row[name] for name in names))


def _name(key: Key) -> str:
    return " ".join(filter(None, key[1:] or key))


def sources(root: Path) -> dict[str, Cells]:
    """The entries of sources.toml."""
    return tomli.loads((root / "sources.toml").read_text("utf-8"))


# -- sentences --------------------------------------------------------------------------------------------


def compare(old: Path, new: Path, *, every: bool = False) -> list[Sentence]:
    """All differences of two data folders. every: also list each row of a long table that came or went."""
    before, after = tables(old), tables(new)
    out = [*_sources(sources(old), sources(new))]
    was = {key: (file, row) for file, rows in before.items() for key, row in rows.items()}
    now = {key: (file, row) for file, rows in after.items() for key, row in rows.items()}
    gone = {key: was[key] for key in was if key not in now}
    came = {key: now[key] for key in now if key not in was}
    out += list(_renamed(gone, came))
    for word, some, files in (("removed", gone, after), ("added", came, before)):
        for file in dict.fromkeys(file for file, _ in some.values()):
            mine = {key: row for key, (f, row) in some.items() if f == file}
            whole = file not in files
            if len(mine) > LONG and not every:
                out.append(_many(word, file, len(mine), whole))
            else:
                out += [_one(word, file, key, row) for key, row in mine.items()]
    for key in now.keys() & was.keys():
        out += list(_changed(key, was[key], now[key]))
    return sorted(out, key=lambda s: s.where)


def _sources(old: Mapping[str, Cells], new: Mapping[str, Cells]) -> Iterator[Sentence]:
    where = "sources.toml"
    for key in sorted(old.keys() | new.keys()):
        if key not in new:
            yield Sentence(where, f"删除来源“{key}”。", f"the source '{key}' was removed.")
        elif key not in old:
            title = new[key]["title"]
            yield Sentence(where, f"新增来源“{key}”：{title}。", f"a source was added, '{key}': {title}.")
        elif old[key] != new[key]:
            fields = ", ".join(sorted(f for f in old[key] | new[key] if old[key].get(f) != new[key].get(f)))
            yield Sentence(where, f"来源“{key}”有改动：{fields}。", f"the source '{key}' changed: {fields}.")


def _renamed(gone: dict[Key, tuple[str, Cells]], came: dict[Key, tuple[str, Cells]]) -> Iterator[Sentence]:
    """Rows that only changed their id or moved; they are taken out of both tables."""
    by_content: dict[Key, Key] = {}
    for key, (_, row) in gone.items():
        if len(key) == 1:
            by_content.setdefault(_content(row), key)
    for key, (file, row) in list(came.items()):
        earlier = by_content.pop(_content(row), None) if row.get("factor_id") else None
        if earlier is not None:
            del gone[earlier], came[key]
            zh = f"{earlier[0]} 改名为 {key[0]}，数值不变。"
            yield Sentence(file, zh, f"{earlier[0]} is now called {key[0]}; its value is the same.")


def _content(row: Mapping[str, str]) -> Key:
    return tuple(
        value for name, value in row.items() if name not in ("factor_id", "note", "source", "locator")
    )


def _many(word: str, file: str, count: int, whole: bool) -> Sentence:
    if word == "added":
        zh = f"新增表，共 {count} 行。" if whole else f"新增 {count} 行。"
        return Sentence(file, zh, f"a new table of {count} rows." if whole else f"{count} rows were added.")
    zh = f"删除整张表，共 {count} 行。" if whole else f"删除 {count} 行。"
    return Sentence(
        file, zh, f"the table was removed, {count} rows." if whole else f"{count} rows were removed."
    )


def _one(word: str, file: str, key: Key, row: Mapping[str, str]) -> Sentence:
    name = _name(key)
    what = f" = {row['value']} {row.get('unit', '')}".rstrip() if row.get("value") else ""
    from_zh = f"（来源 {row['source']}，{row['locator']}）" if row.get("locator") else ""
    from_en = f" (source {row['source']}, {row['locator']})" if row.get("locator") else ""
    if word == "added":
        return Sentence(file, f"新增 {name}{what}{from_zh}。", f"added: {name}{what}{from_en}.")
    return Sentence(file, f"删除 {name}{what}{from_zh}。", f"removed: {name}{what}{from_en}.")


def _changed(key: Key, old: tuple[str, Cells], new: tuple[str, Cells]) -> Iterator[Sentence]:
    (file_before, before), (file, after) = old, new
    parts = (
        []
        if file_before == file
        else [(f"由 {file_before} 移至 {file}", f"moved from {file_before} to {file}")]
    )
    fields = [name for name in after if before.get(name, "") != after[name] and name != "factor_id"]
    for name in fields:
        zh, en = _WORDS.get(name, (name, name))
        a, b = before.get(name, ""), after[name]
        by = _by(before, after) if name == "value" or (name == "unit" and "value" not in fields) else ""
        unit = (
            f" {after.get('unit', '')}" if name == "value" and before.get("unit") == after.get("unit") else ""
        )
        zh_by, en_by = (f"（{by}）", f" ({by})") if by else ("", "")
        parts.append((f"{zh}由 {a or '空白'} 改为 {b or '空白'}{unit}{zh_by}",
                      f"the {en} changed from {a or 'blank'} to {b or 'blank'}{unit}{en_by}"))  # fmt: skip
    if parts:
        name = " ".join(key) if len(key) < 5 else key[0]
        yield Sentence(
            file, f"{name}：{'；'.join(p[0] for p in parts)}。", f"{name}: {'; '.join(p[1] for p in parts)}."
        )


def _by(before: Mapping[str, str], after: Mapping[str, str]) -> str:
    """The relative change in the same unit, "" where there is none to give."""
    from ghg_inventory.units import UnitError, factor_between, parse_unit

    try:
        a, b = float(before["value"]), float(after["value"])
        if before.get("unit") != after.get("unit"):
            b *= factor_between(parse_unit(after["unit"]), parse_unit(before["unit"]))
    except (UnitError, ValueError, KeyError):
        return ""
    return percent(a, b)


def percent(a: float, b: float) -> str:
    """The change from a to b: "+3.2 %", "×0" has none."""
    if a == b:
        return "±0 %"
    return f"{(b / a - 1) * 100:+.3g} %".replace("-", "−") if a else "0 → " + f"{b:g}"


# -- totals -----------------------------------------------------------------------------------------------


def examples() -> list[str]:
    """The shipped examples that can be compiled."""
    return sorted(path.parent.name for path in (ROOT / "examples").glob("*/inventory.toml"))


def totals_now(names: Iterable[str]) -> list[Cells]:
    """Totals of the root area of each example, by profile, year, category (two levels) and gas."""
    from ghg_inventory.pipeline import Workspace, compile_run, import_files

    out: list[Cells] = []
    for name in names:
        with tempfile.TemporaryDirectory() as folder:
            ignored = shutil.ignore_patterns("store", "runs", "reports", "__pycache__")
            home = shutil.copytree(ROOT / "examples" / name, Path(folder) / "ws", ignore=ignored)
            ws = Workspace.open(home)
            import_files(ws, ws.inbox_files(), at=AT)
            run = compile_run(ws, at=AT, record=False)
            for profile, inventory in run.inventories.items():
                frame = inventory.totals()
                mine = frame[(frame["area_code"] == ws.area) & (frame["category"].str.count(r"\.") < 2)]
                out += [
                    {"example": name, "profile": profile, "year": str(r.year), "category": r.category, "gas": r.gas,
                     "origin": r.origin, "mass_t": f"{r.mass_t:.12g}", "co2e_t": f"{r.co2e_t:.12g}"}
                    for r in mine.itertuples()
                ]  # fmt: skip
    return out


def totals_with(factors: Path, names: Iterable[str]) -> list[Cells]:
    """`totals_now` in a process of its own that finds the data folder at `factors`."""
    done = subprocess.run(
        [sys.executable, __file__, "--totals", str(factors), *names],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise SystemExit(f"{FOLDER} of the other side does not compile:\n{done.stderr[-2000:]}")
    rows: list[Cells] = json.loads(done.stdout)
    return rows


def use_folder(factors: Path) -> None:
    """Make the program of this process read its factors there; call before anything else is imported."""
    import ghg_inventory.paths as paths

    shipped = paths.data_folder
    paths.data_folder = lambda name: factors if name == FOLDER else shipped(name)


def effects(before: list[Cells], after: list[Cells]) -> list[Sentence]:
    """One sentence per example, profile, category and gas whose total moves, with the years in which it does."""
    old, new = _amounts(before), _amounts(after)
    moved: dict[tuple[str, ...], list[tuple[str, float | None, float | None]]] = {}
    for key in sorted(old.keys() | new.keys()):
        a, b = old.get(key), new.get(key)
        if a is None or b is None or abs(a - b) > 1e-9 * max(abs(a), abs(b)):
            moved.setdefault(key[:-1], []).append((key[-1], a, b))
    return [_effect(key, years) for key, years in moved.items()]


def _amounts(rows: list[Cells]) -> dict[tuple[str, ...], float]:
    """Tonnes by example, profile, category, gas, origin and year; for whole sectors also as "CO2e"."""
    out: dict[tuple[str, ...], float] = {}
    for row in rows:
        head, tail = (
            (row["example"], row["profile"], row["category"]),
            (row["gas"], row["origin"], row["year"]),
        )
        out[(*head, *tail)] = float(row["mass_t"])
        if "." not in row["category"] and row.get("co2e_t") not in (None, "", "nan"):
            key = (*head, "CO2e", "any", row["year"])
            out[key] = out.get(key, 0.0) + float(row["co2e_t"])
    return out


def _effect(key: tuple[str, ...], years: list[tuple[str, float | None, float | None]]) -> Sentence:
    """The latest year in numbers; of several years also how far the change goes."""
    example, profile, category, gas, origin = key
    name = gas if origin == "any" else f"{gas} ({origin})"
    year, a, b = years[-1]
    by = percent(a, b) if a is not None and b is not None else ""
    zh_by, en_by = (f"（{by}）", f" ({by})") if by else ("", "")
    zh = f"{year} 年类别 {category} 的 {name}：{_tonnes(a, '无')} → {_tonnes(b, '无')}{zh_by}"
    en = f"{name} of category {category} in {year}: {_tonnes(a, 'none')} → {_tonnes(b, 'none')}{en_by}"
    shares = [y / x - 1 for _, x, y in years if x and y is not None]
    if len(years) > 1:
        spread = (
            f"{min(shares) * 100:+.3g} % … {max(shares) * 100:+.3g} %".replace("-", "−") if shares else "–"
        )
        zh += f"；{years[0][0]}–{year} 年共 {len(years)} 年变化 {spread}"
        en += f"; {len(years)} years from {years[0][0]} change by {spread}"
    return Sentence(f"{example}（{profile}）", zh + "。", en + ".")


def _tonnes(value: float | None, none: str) -> str:
    return none if value is None else f"{value:,.0f} t" if abs(value) >= 1000 else f"{value:.4g} t"


def golden_path(example: str) -> Path:
    """Where the golden totals of an example are."""
    return GOLDEN / f"{example}.totals.csv"


def write_golden(rows: list[Cells]) -> list[Path]:
    """One file per example. Gives the paths."""
    paths = []
    for name in dict.fromkeys(row["example"] for row in rows):
        mine = [{k: v for k, v in row.items() if k != "example"} for row in rows if row["example"] == name]
        with golden_path(name).open("w", encoding="utf-8", newline="") as stream:
            writer = csv.DictWriter(stream, list(mine[0]), lineterminator="\n")
            writer.writeheader()
            writer.writerows(mine)
        paths.append(golden_path(name))
    return paths


def read_golden(example: str) -> list[Cells]:
    """The golden totals of an example."""
    with golden_path(example).open(encoding="utf-8", newline="") as stream:
        return [{"example": example, **row} for row in csv.DictReader(stream)]


# -- the command ------------------------------------------------------------------------------------------


def at_revision(base: str, folder: Path) -> Path:
    """The data folder as it was at a revision, written below `folder`."""
    done = subprocess.run(["git", "archive", base, FOLDER], cwd=ROOT, capture_output=True, check=False)
    if done.returncode:
        raise SystemExit(f"git cannot give {FOLDER} at {base}: {done.stderr.decode().strip()}")
    with tarfile.open(fileobj=io.BytesIO(done.stdout)) as archive:
        archive.extractall(folder, filter="data")
    return folder / FOLDER


def show(title: str, sentences: Iterable[Sentence], nothing: str) -> None:
    """Print sentences below the file (or example) that they are about."""
    print(f"== {title}")
    where = ""
    for one in sentences:
        if one.where != where:
            where = one.where
            print(f"\n{where}")
        print(f"  {one.zh}\n    {one.en}")
    print("" if where else nothing)


def main(words: list[str]) -> int:
    """Print the differences; with --golden write the golden totals instead."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("base", nargs="?", default="HEAD", help="git revision to compare with")
    parser.add_argument("--all", action="store_true", help="list every row of long tables that came or went")
    parser.add_argument("--golden", action="store_true", help="write the golden totals")
    options = parser.parse_args(words)
    if options.golden:
        print("\n".join(str(p.relative_to(ROOT)) for p in write_golden(totals_now(examples()))))
        return 0
    with tempfile.TemporaryDirectory() as folder:
        old = at_revision(options.base, Path(folder))
        sentences = compare(old, ROOT / FOLDER, every=options.all)
        show(f"因子变化 / factors: {options.base} → working tree", sentences, "没有变化 / nothing changed")
        names = examples()
        moved = effects(totals_with(old, names), totals_with(ROOT / FOLDER, names)) if sentences else []
    show("对示例合计的影响 / effect on golden totals", moved, "合计不变 / no total moves")
    return 0


if __name__ == "__main__":
    if sys.argv[1:2] == ["--totals"]:
        use_folder(Path(sys.argv[2]))
        print(json.dumps(totals_now(sys.argv[3:])))
        raise SystemExit(0)
    raise SystemExit(main(sys.argv[1:]))
