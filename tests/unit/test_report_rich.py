"""Formulas and powers in words; nothing of the text is lost, nothing of a file name becomes markup."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup

from ghg_inventory.report.rich import pieces, rich


@pytest.mark.parametrize(("text", "html"), [
    ("CO2", "CO<sub>2</sub>"), ("万t CO2e", "万t CO<sub>2</sub>e"), ("kgCH4/TJ", "kgCH<sub>4</sub>/TJ"),
    ("N2O", "N<sub>2</sub>O"), ("10^4 m3", "10<sup>4</sup> m<sup>3</sup>"), ("GJ/10^4Nm3", "GJ/10<sup>4</sup>Nm3"),
    ("10^-3", "10<sup>\u22123</sup>"), ("km2", "km<sup>2</sup>"), ("m30", "m30"), ("HFC-134a", "HFC-134a"),
    ("<b>", "&lt;b&gt;"), ("C2F6 & SF6", "C<sub>2</sub>F<sub>6</sub> &amp; SF<sub>6</sub>"),
])  # fmt: skip
def test_rich(text: str, html: str) -> None:
    assert rich(text) == html


@given(st.text(alphabet="CHNOe2346m3^10 kg/t<>&", max_size=30))
def test_no_character_is_lost(text: str) -> None:
    joined = "".join(part for _, part in pieces(text))
    assert joined.replace("\u2212", "-").replace("^", "") == text.replace("\u2212", "-").replace("^", "")
    assert rich(text).striptags().replace(" ", "") == joined.replace(" ", "")


def test_markup_passes_once() -> None:
    once = rich("CO2 < 3")
    assert rich(once) is once
    assert isinstance(once, Markup)
