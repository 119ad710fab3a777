"""The PDF by its structure: archival and accessible, our fonts alone, data attached, same bytes, nothing cut off.

No validator (veraPDF) can be had from apt, PyPI or npm; what these tests hold to are the parts of PDF/A-3a and
PDF/UA-1 that a report can get wrong.
"""

from __future__ import annotations

import dataclasses
import hashlib
import io
import json
import logging
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pikepdf
import pytest

DATA = Path(__file__).parent / "data" / "report"
sys.path.insert(0, str(DATA))

import report_fixture as fixture  # noqa: E402
from report_gate import lost, page_texts  # noqa: E402

from ghg_inventory.report import AreaInfo, Name, Renderer, ReportInput, build  # noqa: E402
from ghg_inventory.report.attachments import attachments  # noqa: E402
from ghg_inventory.report.html import page as html_page  # noqa: E402

try:
    RENDERER: Renderer | None = Renderer.create()
except Exception as error:  # the reason is shown with every skipped test
    RENDERER, WHY = None, str(error)
else:
    WHY = ""

pytestmark = pytest.mark.skipif(RENDERER is None, reason=f"no PDF here: {WHY}")
DISTRICT = fixture.mendoza("AR-M-maipu")


def render(data: ReportInput, lang: str) -> bytes:
    assert RENDERER is not None
    return RENDERER.content(data, lang)[0]


@pytest.fixture(scope="module")
def zh() -> bytes:
    return render(DISTRICT, "zh")


@pytest.fixture(scope="module")
def sichuan() -> bytes:
    return render(fixture.sichuan(), "zh")


@pytest.fixture
def document(zh: bytes) -> pikepdf.Pdf:
    return pikepdf.open(io.BytesIO(zh))


def test_the_file_identifies_itself_as_pdfa_3a_and_pdfua_1(document: pikepdf.Pdf) -> None:
    packet = document.Root.Metadata.read_bytes().decode("utf-8")
    body = packet[packet.index("<rdf:RDF") : packet.index("</rdf:RDF>")]
    assert 'pdfaid:part="3"' in body
    assert 'pdfaid:conformance="A"' in body
    assert "<pdfuaid:part>1</pdfuaid:part>" in body
    assert "pdfaExtension:schemas" in body
    with document.open_metadata() as metadata:
        assert metadata.pdfa_status == "3A"


def test_language_title_marks_and_bookmarks(document: pikepdf.Pdf) -> None:
    assert str(document.Root.Lang) == "zh-CN"
    assert "Maipú" in str(document.docinfo["/Title"])
    assert bool(document.Root.MarkInfo.Marked)
    assert bool(document.Root.ViewerPreferences.DisplayDocTitle)
    with document.open_outline() as outline:
        titles = [item.title for item in outline.root]
    assert titles[:3] == ["编制说明", "目录", "图表目录"]
    assert "1 核算范围与口径" in titles


def tags(document: pikepdf.Pdf) -> list[pikepdf.Object]:
    found, queue = [], [document.Root.StructTreeRoot]
    while queue:
        node = queue.pop()
        if isinstance(node, pikepdf.Array):
            queue.extend(node)
        elif isinstance(node, pikepdf.Dictionary):
            found.append(node)
            if "/K" in node and "/MCID" not in node:
                queue.append(node.K)
    return found


def test_every_cell_names_its_headers_and_figures_have_words(document: pikepdf.Pdf) -> None:
    kinds: dict[str, list[pikepdf.Object]] = {}
    for tag in tags(document):
        kinds.setdefault(str(tag.get("/S", "")), []).append(tag)
    assert {"/H1", "/H2", "/P", "/Table", "/TR", "/TH", "/TD", "/Figure", "/TOC", "/Link"} & set(kinds) >= {
        "/H1", "/H2", "/P", "/Table", "/TR", "/TH", "/TD", "/Figure",
    }  # fmt: skip
    assert all(str(figure.get("/Alt", "")) for figure in kinds["/Figure"])
    heads = {str(head.ID) for head in kinds["/TH"]}
    assert len(heads) == len(kinds["/TH"])
    for cell in kinds["/TD"]:
        assert {str(head) for head in cell.A.Headers} <= heads
        assert len(cell.A.Headers) >= 1


def test_only_our_fonts_and_all_of_them_embedded(document: pikepdf.Pdf) -> None:
    names = set()
    for item in document.objects:
        if isinstance(item, pikepdf.Dictionary) and item.get("/Type") == "/FontDescriptor":
            assert "/FontFile2" in item or "/FontFile3" in item
            names.add(str(item.FontName).split("+")[1])
    assert names
    assert all(name.startswith(("Noto-Sans-SC", "Noto-Serif-SC", "Noto-Serif-Italic")) for name in names), names


def test_no_transparency_script_or_link_to_the_outside(document: pikepdf.Pdf, zh: bytes) -> None:
    for item in document.objects:
        if isinstance(item, pikepdf.Dictionary):
            assert item.get("/S") not in ("/JavaScript", "/Launch", "/URI")
            assert float(item.get("/ca", 1)) == 1
            assert float(item.get("/CA", 1)) == 1
    assert b"/Encrypt" not in zh


def test_the_attachments_are_the_data_with_dates_and_relationship(document: pikepdf.Pdf) -> None:
    expected = {f.name: f.content for f in attachments(DISTRICT)}
    assert {name: file.get_file().read_bytes() for name, file in document.attachments.items()} == expected
    for file in document.Root.AF:
        assert file.AFRelationship == "/Data"
        assert str(file.EF.F.Params.ModDate) == "D:20261123000000Z"
    manifest = json.loads(expected["manifest.json"])
    assert manifest["attachments"]["ledger.csv"] == hashlib.sha256(expected["ledger.csv"]).hexdigest()


def test_the_page_numbers_of_the_contents_are_true(document: pikepdf.Pdf, zh: bytes) -> None:
    pages = page_texts(zh)
    contents = next(text for text in pages if text.startswith("Maipú温室气体清单简报(2022年度)目录") or "目录编制说明" in text)
    first = next(number for number, text in enumerate(pages) if "摘要" in text[:80] and "GPCBASIC" in text)
    for title, mark in (("2排放总体情况", "2排放总体情况"), ("附录A排放因子与参数", "附录A排放因子与参数")):
        at = next(n for n, text in enumerate(pages) if n > first and mark in text[:120]) - first + 1
        line = contents[contents.index(title) + len(title) :].lstrip(".")
        assert line.startswith(str(at)), (title, at, line[:12])


def test_a_long_table_is_marked_as_continued(sichuan: bytes) -> None:
    pages = page_texts(sichuan)
    continued = [text for text in pages if "续表C-1" in text]
    assert continued
    starts = [text for text in pages if "表C-1本清单" in text and "图表目录" not in text[:80]]
    assert starts
    assert all("续表C-1" not in text for text in starts)


def texts_lost(data: ReportInput, lang: str, pdf: bytes) -> list[str]:
    return lost(html_page(build(data, lang), with_style=False), pdf)


def test_no_text_is_cut_off(zh: bytes, sichuan: bytes) -> None:
    assert texts_lost(DISTRICT, "zh", zh) == []
    assert texts_lost(DISTRICT, "en", render(DISTRICT, "en")) == []
    assert texts_lost(fixture.sichuan(), "zh", sichuan) == []


@pytest.mark.slow
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_no_text_is_cut_off_in_the_long_reports(lang: str) -> None:
    for data in (fixture.mendoza(), fixture.sichuan()):
        assert texts_lost(data, lang, render(data, lang)) == []


LONG = Name(
    "克孜勒苏柯尔克孜自治州阿图什市经济技术开发区暨高新技术产业示范区联合管理委员会辖区",
    "A" + "very" * 12 + " long district name" * 4,
)


@pytest.mark.parametrize("lang", ["zh", pytest.param("en", marks=pytest.mark.slow)])
def test_long_names_do_not_leave_the_page(lang: str) -> None:
    areas = {**DISTRICT.areas, "AR-M-maipu": AreaInfo(LONG, "district", "AR-M")}
    data = dataclasses.replace(DISTRICT, areas=areas)
    assert texts_lost(data, lang, render(data, lang)) == []


def test_the_gate_sees_text_beyond_the_paper(zh: bytes) -> None:
    page = html_page(build(DISTRICT, "zh"), with_style=False)
    assert lost(page.replace("</h1>", "</h1><p>这句话不在文件里</p>", 1), zh) == ["这句话不在文件里"]


def test_rendering_is_silent_and_gives_the_same_bytes(zh: bytes, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, logger="weasyprint"):
        assert render(DISTRICT, "zh") == zh
    assert caplog.records == []


def test_another_process_place_and_clock_give_the_same_bytes(zh: bytes, tmp_path: Path) -> None:
    code = (
        f"import sys; sys.path.insert(0, {str(DATA)!r}); import report_fixture as f; from pathlib import Path;"
        f"from ghg_inventory.report import render_pdf; render_pdf(f.mendoza('AR-M-maipu'), 'zh', Path('r.pdf'))"
    )
    env = {**os.environ, "TZ": "Asia/Shanghai", "LC_ALL": "C", "PYTHONHASHSEED": "7"}
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, env=env, check=True)
    assert (tmp_path / "r.pdf").read_bytes() == zh
    assert [path.name for path in tmp_path.iterdir()] == ["r.pdf"]


def test_the_network_and_the_disk_are_out_of_reach() -> None:
    assert RENDERER is not None
    for url in ("http://127.0.0.1:9/", "file:///etc/passwd", "data:text/plain,x"):
        with pytest.raises(ValueError, match="disallowed"):
            RENDERER.fetcher.fetch(url)


@pytest.mark.skipif(shutil.which("qpdf") is None, reason="qpdf is not installed")
def test_qpdf_finds_nothing_wrong(zh: bytes, tmp_path: Path) -> None:
    (tmp_path / "r.pdf").write_bytes(zh)
    result = subprocess.run(["qpdf", "--check", str(tmp_path / "r.pdf")], capture_output=True, text=True)
    assert result.returncode == 0, result.stdout + result.stderr
