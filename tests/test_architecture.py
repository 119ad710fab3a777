"""What holds the rooms together: the catalogue of findings, generated pages, public names, lean imports."""

from __future__ import annotations

import re
import subprocess
import sys

import pages
import pytest
from conftest import ROOT

from ghg_inventory.errors import NOWHERE, SEVERITIES, Place, catalogue, finding, has_errors, order

PACKAGE = ROOT / "ghg_inventory"
BLANK = re.compile(r"\{(\w+)\}")


@pytest.mark.parametrize("name", sorted(catalogue()))
def test_a_finding_says_the_same_in_both_languages(name: str) -> None:
    entry = catalogue()[name]
    assert entry["severity"] in SEVERITIES
    for part in ("what", "expected", "remedy"):
        zh, en = entry.get(f"{part}_zh", ""), entry.get(f"{part}_en", "")
        assert bool(zh) == bool(en), f"{part} in one language only"
        pairs = {b.removesuffix("_zh") for b in BLANK.findall(zh)}, {b.removesuffix("_en") for b in BLANK.findall(en)}
        assert pairs[0] == pairs[1], f"{part}: different blanks"
    if entry["severity"] == "error":
        assert entry.get("expected_en") or entry.get("remedy_en"), "an error says what was expected or what to do"


def test_every_finding_made_is_in_the_catalogue_and_every_entry_is_made() -> None:
    source = "\n".join(p.read_text(encoding="utf-8") for p in PACKAGE.rglob("*.py"))
    source += "\n".join(
        p.read_text(encoding="utf-8") for p in PACKAGE.rglob("*.toml") if "messages" not in p.parts
    )
    mentioned = set(re.findall(r"\"([a-z][a-z0-9]*(?:-[a-z0-9]+)+)\"", source))
    mentioned |= set(re.findall(r'finding\(\s*"([a-z]+)"', source))
    stems = set(re.findall(r'f"([a-z-]+-)\{', source))
    unused = sorted(n for n in catalogue() if n not in mentioned and not any(n.startswith(s) for s in stems))
    assert unused == []
    made = set(re.findall(r"\bfinding\(\s*\"([^\"]+)\"", source))
    assert sorted(made - catalogue().keys()) == []


def test_findings_are_ordered_by_severity_then_place() -> None:
    one = finding("children-sum", category="1", gap="2")
    two = finding("number-normalised", Place("a.csv", line=2), text="x", value="1", why="y")
    three = finding("number-normalised", Place("a.xlsx", "S", "AA1"), text="x", value="1", why="y")
    four = finding("number-normalised", Place("a.xlsx", "S", "B1"), text="x", value="1", why="y")
    assert order([three, four, two, one, one]) == (one, two, four, three)
    assert has_errors([one])
    assert not has_errors([two, three])
    assert str(NOWHERE) == ""
    assert one.line("en").startswith("error: ")
    assert "[children-sum]" in one.line("zh")


def test_blanks_with_braces_are_not_filled_twice() -> None:
    text = finding("not-a-number", text="{value}").text("en")
    assert "'{value}'" in text


@pytest.mark.parametrize("name", sorted(pages.PAGES))
def test_generated_pages_are_not_stale(name: str) -> None:
    assert (ROOT / "docs" / name).read_text(encoding="utf-8") == pages.PAGES[name](), "run make docs"


@pytest.mark.parametrize(
    ("module", "absent"),
    [
        ("ghg_inventory.inventory", ("click", "jinja2", "weasyprint", "sqlalchemy", "pint")),
        ("ghg_inventory.pipeline", ("weasyprint", "pint")),
        ("ghg_inventory.cli", ("numpy", "pandas", "sqlalchemy", "jinja2")),
    ],
)
def test_imports_stay_lean(module: str, absent: tuple[str, ...]) -> None:
    code = f"import sys, {module}; print([m for m in {absent!r} if m in sys.modules])"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"


def test_the_licences_are_there() -> None:
    assert "Apache License" in (ROOT / "LICENSE").read_text(encoding="utf-8")
    fonts = list((ROOT / "report_templates" / "fonts").glob("*.ttf"))
    texts = [p for p in (ROOT / "report_templates" / "fonts").iterdir() if "OFL" in p.name.upper()]
    assert fonts
    assert texts


def test_no_path_of_a_developers_machine_is_in_the_repository() -> None:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False)
    if listed.returncode:
        pytest.skip("not a git checkout")
    words = [b"/wo" + b"rk/", b"/sha" + b"red/reference"]
    for name in listed.stdout.decode().split("\0"):
        path = ROOT / name
        if name and path.is_file() and path.suffix in (".py", ".md", ".toml", ".csv", ".cfg", ".html", ".css", ".sh", ".txt"):
            content = path.read_bytes()
            assert not [w for w in words if w in content], name
