"""The HTML page: self-contained, escaped, the same bytes; the room loads without WeasyPrint or Pango."""

from __future__ import annotations

import dataclasses
import json
import re
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

DATA = Path(__file__).parents[1] / "data" / "report"
sys.path.insert(0, str(DATA))

import report_fixture as fixture  # noqa: E402

from ghg_inventory.areas import AreaTree  # noqa: E402
from ghg_inventory.codes import CategoryTree, Fuels  # noqa: E402
from ghg_inventory.report import AreaInfo, Name, render_html  # noqa: E402
from ghg_inventory.report.attachments import attachments, csv_bytes  # noqa: E402
from ghg_inventory.report.glyphs import coverage, missing_glyphs  # noqa: E402


def test_the_page_is_self_contained_and_the_same_twice() -> None:
    data = fixture.mendoza("AR-M-maipu")
    page = render_html(data, "zh")
    assert page == render_html(data, "zh")
    assert "<script" not in page
    assert not re.findall(r'(?:src|href)="(?!#)', page)
    assert "url(" not in page
    assert '<html lang="zh-CN"' in page


def test_a_name_from_the_data_cannot_become_markup() -> None:
    data = fixture.mendoza("AR-M-maipu")
    evil = "<img src=x onerror=alert(1)>"
    areas = {**data.areas, "AR-M-maipu": AreaInfo(Name(evil, evil), "district", "AR-M")}
    page = render_html(dataclasses.replace(data, areas=areas), "en")
    assert "<img" not in page
    assert "&lt;img" in page


def test_demonstration_data_are_named_on_every_page() -> None:
    data = fixture.mendoza("AR-M-maipu")
    assert 'data-demonstration="示例数据"' in render_html(data, "zh")
    assert 'data-demonstration=""' in render_html(dataclasses.replace(data, demonstration=False), "zh")


def test_every_area_category_and_fuel_name_can_be_printed() -> None:
    names = [area.name_zh + area.name_en for area in AreaTree.registry().areas]
    tree = CategoryTree.load()
    names += [tree.category(code).zh + tree.category(code).en for code in tree.codes]
    names += [fuel.zh + fuel.en for fuel in Fuels.load()]
    assert sorted(set("".join(names)) - coverage()) == []


def test_a_character_without_a_glyph_is_a_finding_with_its_place() -> None:
    found = missing_glyphs("<p>煤矿 &#x2A6A5; 一号</p><style>/* \U0001f600 */</style>", "r.pdf")
    assert [f.name for f in found] == ["font-missing-glyph"]
    assert dict(found[0].values)["code"] == "U+2A6A5"
    assert "煤矿" in found[0].text("zh")
    assert found[0].place.file == "r.pdf"
    assert missing_glyphs("<p>煤矿 CO<sub>2</sub> − × ≤ ° ‰ Σ → ▲</p>", "r.pdf") == ()


def test_csv_reads_back_exactly_and_holds_no_formula() -> None:
    frame = pd.DataFrame({"name": ["=1+1", "甲,乙", ""], "value": [0.1 + 0.2, 1e-300, float("nan")], "year": [1, 2, 3]})
    text = csv_bytes(frame).decode("utf-8")
    assert text == 'name,value,year\n\'=1+1,0.30000000000000004,1\n"甲,乙",1e-300,2\n,,3\n'


def test_attachments_are_deterministic_and_the_manifest_names_their_hashes() -> None:
    data = fixture.mendoza("AR-M-maipu")
    files = {f.name: f.content for f in attachments(data)}
    assert files == {f.name: f.content for f in attachments(data)}
    assert list(files) == sorted(files)
    manifest = json.loads(files["manifest.json"])
    assert set(manifest["attachments"]) == set(files) - {"manifest.json"}
    assert manifest["run_id"] == data.run.run_id
    assert len(files["ledger.csv"].splitlines()) == len(data.ledger) + 1


CHECK = """
import sys
import ghg_inventory.report
assert "weasyprint" not in sys.modules, "importing the room loads WeasyPrint"
from ghg_inventory.errors import MissingLibrary
from ghg_inventory.report import Renderer
try:
    Renderer.create()
except MissingLibrary as error:
    print(error)
"""


def test_without_pango_html_is_made_and_pdf_names_the_packages(tmp_path: Path) -> None:
    # What WeasyPrint does on a machine without Pango: its import raises OSError.
    (tmp_path / "weasyprint").mkdir()
    (tmp_path / "weasyprint" / "__init__.py").write_text("raise OSError('cannot load library libpango-1.0-0')\n")
    code = f"import sys; sys.path.insert(0, {str(tmp_path)!r})\n{CHECK}"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    for package in ("libpango-1.0-0", "libpangoft2-1.0-0", "libharfbuzz-subset0", "brew install pango", "MSYS2"):
        assert package in result.stdout


@pytest.mark.parametrize("kind", ["region", "district"])
def test_both_kinds_render_in_both_languages(kind: str) -> None:
    data = fixture.mendoza() if kind == "region" else fixture.mendoza("AR-M-capital")
    assert data.kind == kind
    for lang in ("zh", "en"):
        page = render_html(data, lang)
        assert page.count("<h1") >= 10
        assert "nan" not in re.sub(r"<[^>]*>", " ", page).lower().split()
        assert "None" not in re.sub(r"<[^>]*>", " ", page).split()
