"""The words: both languages whole, every key that is used exists, every key that exists is used."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from markupsafe import Markup

from ghg_inventory.codes import Technologies
from ghg_inventory.errors import DataFileError
from ghg_inventory.factors import FactorLibrary
from ghg_inventory.paths import data_folder
from ghg_inventory.report.glyphs import coverage
from ghg_inventory.report.sections import BUILDERS
from ghg_inventory.report.wording import spaced, template_data, words

ROOM = Path(__file__).parents[2] / "ghg_inventory" / "report"
# Keys that are put together from data at run time.
FROM_DATA = ("chapter.", "section.", "month.", "assumed.", "fill.", "kind.", "technology.", "parameter.", "glossary.", "file.", "missing.", "origin.",
             "variable.", "severity.", "title.", "label.number_", "state.", "scheme.", "level.", "total_of.")  # fmt: skip


def test_both_languages_have_the_same_keys_and_blanks() -> None:
    zh, en = words("zh"), words("en")
    assert zh.entries.keys() == en.entries.keys()
    assert {k: zh.blanks(k) for k in zh.entries} == {k: en.blanks(k) for k in en.entries}


def test_an_unknown_language_is_refused() -> None:
    with pytest.raises(DataFileError, match="'fr'"):
        words("fr")


def test_every_key_in_the_code_exists_and_no_key_is_idle() -> None:
    sources = [p.read_text(encoding="utf-8") for p in sorted(ROOM.rglob("*.py"))]
    sources += [
        p.read_text(encoding="utf-8") for p in sorted(data_folder("report_templates").rglob("*.html"))
    ]
    used = {key for text in sources for key in re.findall(r"[\"']([a-z_]+\.[a-z0-9_]+)[\"']", text)}
    known = set(words("zh").entries)
    tables = {key.split(".")[0] for key in known}
    asked = {
        k for k in used if k.split(".")[0] in tables and not k.endswith((".csv", ".json", ".toml", ".txt"))
    }
    assert asked - known == set()
    assert {k for k in known - used if not k.startswith(FROM_DATA)} == set()


def test_every_section_and_chapter_of_the_outlines_has_words_and_a_builder() -> None:
    for kind, chapters in template_data("outline").items():
        for chapter in chapters:
            assert words("en").has(f"chapter.{chapter['id']}"), (kind, chapter["id"])
            for name in chapter["sections"]:
                assert name in BUILDERS, (kind, name)
                assert words("en").has(f"section.{name}"), name


def test_every_word_can_be_printed_with_our_fonts() -> None:
    for lang in ("zh", "en"):
        assert set("".join(words(lang).entries.values())) <= coverage()


@pytest.mark.parametrize(("text", "shown"), [
    ("在Mendoza的10万t", "在 Mendoza 的 10 万t"), ("Maipú温室", "Maipú 温室"), ("2012和2021", "2012 和 2021"), ("2021 年", "2021 年"), ("CO2e", "CO2e"),
    ("按品种（3种）", "按品种（3 种）"),
])  # fmt: skip
def test_chinese_and_latin_stand_apart(text: str, shown: str) -> None:
    assert spaced(text) == shown
    assert spaced(shown) == shown


def test_a_blank_is_escaped_and_a_star_is_bold() -> None:
    text = words("en")(
        "sentence.total", year=2022, area="<script>", total="1", unit=Markup("kt CO<sub>2</sub>e")
    )
    assert "&lt;script&gt;" in text
    assert "<strong>1 kt CO<sub>2</sub>e</strong>" in text


def test_lists_and_dates() -> None:
    assert words("zh").joined(["甲", "乙", "丙"]) == "甲、乙和丙"
    assert words("en").joined(["A"]) == "A"
    assert words("en").date("2026-11-23") == "23 November 2026"
    assert words("zh").date("2026-11-03") == "2026 年 11 月 3 日"
    assert words("zh").date("") == ""


def test_every_technology_of_the_factor_tables_has_a_name() -> None:
    shipped = {row.technology for row in FactorLibrary.load()[0].rows if row.technology}
    assert shipped
    named = {t for t in shipped if words("zh").has(f"technology.{t}") or t in Technologies.load()}
    assert shipped - named == set()
