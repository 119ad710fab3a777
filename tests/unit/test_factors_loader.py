"""Factor tables: what loads, and every way a row is refused, with its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from ghg_inventory.errors import DataFileError
from ghg_inventory.factors import COLUMNS, OPTIONAL, FactorLibrary
from ghg_inventory.factors.loader import unit_of_gas
from ghg_inventory.factors.record import read_parameters, read_sources
from ghg_inventory.factors.regions import read_regions
from ghg_inventory.units import UnitError, parse_unit

SOURCES = '[book]\ntitle = "A book"\npublisher = "P"\nedition = "1"\nyear = "2006"\nlicence = "facts"\n'
GOOD = {
    "factor_id": "x.1", "parameter": "emission_factor", "category": "1.1.2;I.3", "item": "coke", "gas": "CH4",
    "value": "10", "unit": "kg/TJ", "lower": "3", "upper": "30", "source": "book", "locator": "Table 1",
    "confidence": "A",
}  # fmt: skip

FRACTION = {"parameter": "oxidation_factor", "gas": "", "lower": "", "upper": ""}


def line(**cells: str) -> str:
    row = GOOD | cells
    return ",".join('"' + row.get(column, "") + '"' for column in COLUMNS)


def bundled(tmp_path: Path, *lines: str, sources: str = SOURCES) -> Path:
    """A data folder with one set of one table."""
    (tmp_path / "set_a").mkdir()
    (tmp_path / "set_a" / "table.csv").write_text("\n".join([",".join(COLUMNS), *lines]) + "\n", "utf-8")
    (tmp_path / "sources.toml").write_text(sources, "utf-8")
    return tmp_path


def user_file(tmp_path: Path, header: str, *lines: str) -> Path:
    path = tmp_path / "mine.csv"
    path.write_text("\n".join([header, *lines]) + "\n", "utf-8")
    return path


def test_a_good_row_loads_whole(tmp_path):
    library, findings = FactorLibrary.load(bundled(tmp_path, line(valid_from="2010", note="n")))
    (row,) = library.rows
    assert findings == ()
    assert (row.factor_id, row.categories, row.item, row.gas) == ("x.1", ("1.1.2", "I.3"), "coke", "CH4")
    assert (row.value, row.value_text, row.lower, row.upper) == (10.0, "10", 3.0, 30.0)
    assert (row.valid_from, row.valid_to, row.years) == (2010, 9999, "2010–")
    assert (row.unit, row.unit_text) == (parse_unit("kg CH4/TJ"), "kg/TJ")
    assert (row.set, str(row.place)) == ("set_a", "emission_factors/set_a/table.csv:2")
    assert library.source_title(row) == "A book"


@pytest.mark.parametrize(("cells", "name"), [
    ({"factor_id": ""}, "factor-cell-blank"),
    ({"value": ""}, "factor-cell-blank"),
    ({"source": ""}, "factor-cell-blank"),
    ({"locator": ""}, "factor-cell-blank"),
    ({"source": "other"}, "factor-source-unknown"),
    ({"confidence": "D"}, "factor-confidence-refused"),
    ({"confidence": ""}, "factor-unknown-word"),
    ({"confidence": "E"}, "factor-unknown-word"),
    ({"parameter": "emission_facto"}, "factor-unknown-word"),
    ({"gas": "CO3"}, "factor-unknown-word"),
    ({"item": "cokes"}, "factor-unknown-word"),
    ({"category": "1.1.99"}, "factor-unknown-word"),
    ({"tier": "4"}, "factor-unknown-word"),
    ({"distribution": "gaussian"}, "factor-unknown-word"),
    ({"gas": ""}, "factor-gas"),
    ({"parameter": "carbon_content", "unit": "t C/TJ"}, "factor-gas"),
    ({"value": "3-30"}, "factor-number"),
    ({"value": "1,000"}, "factor-number"),
    ({"lower": "about 3"}, "factor-number"),
    ({"value": "nan"}, "factor-number"),
    ({"value": "31"}, "factor-range"),
    ({"lower": "11"}, "factor-range"),
    ({"value": "-1", "lower": ""}, "factor-limits"),
    ({"unit": "kg/Tj?"}, "unknown-unit"),
    ({"unit": ""}, "unit-missing"),
    ({"unit": "t C/TJ"}, "factor-unit-gas"),
    ({"unit": "kg N2O-N/kg N", "gas": "N2O"}, "factor-unit-gas"),
    ({"unit": "kg CO2/TJ"}, "factor-unit-gas"),
    ({"unit": "kg CO2e/TJ"}, "factor-unit-gas"),
    ({"unit": "GJ/TJ"}, "unit-substance"),
    ({"parameter": "carbon_content", "gas": "", "unit": "t/TJ"}, "factor-unit-dimension"),
    ({"parameter": "net_calorific_value", "gas": "", "unit": "kg/GJ"}, "factor-unit-dimension"),
    (FRACTION | {"unit": "1", "value": "98"}, "factor-limits"),
    ({"valid_from": "2012", "valid_to": "2010"}, "factor-years"),
    ({"valid_from": "12"}, "factor-year"),
    ({"category": "1.1;1.1.2"}, "factor-category-nested"),
    ({"category": "1.1;1.1"}, "factor-category-nested"),
])  # fmt: skip
def test_a_bad_row_is_refused_with_its_line(tmp_path, cells, name):
    library, findings = FactorLibrary.load(bundled(tmp_path, line(factor_id="ok"), line(**cells)))
    assert [row.factor_id for row in library.rows] == ["ok"]
    assert name in {f.name for f in findings}
    assert {f.place.line for f in findings} == {3}
    assert all("{" not in f.text("zh") + f.text("en") for f in findings)


def test_every_problem_of_a_row_is_told_at_once(tmp_path):
    _, findings = FactorLibrary.load(
        bundled(tmp_path, line(item="cokes", gas="CO3", locator="", valid_to="soon"))
    )
    assert [f.name for f in findings] == [
        "factor-cell-blank",
        "factor-unknown-word",
        "factor-unknown-word",
        "factor-year",
    ]
    assert "coke" in next(f for f in findings if ("text", "cokes") in f.values).text("en")


def test_percent_is_within_the_limits_of_a_fraction(tmp_path):
    library, findings = FactorLibrary.load(bundled(tmp_path, line(**FRACTION, unit="%", value="98")))
    assert (len(library.rows), findings) == (1, ())


def test_a_repeated_id_names_the_first_place(tmp_path):
    _, findings = FactorLibrary.load(bundled(tmp_path, line(), line(item="lignite")))
    (one,) = findings
    assert (one.name, one.place.line) == ("factor-repeated", 3)
    assert "emission_factors/set_a/table.csv:2" in one.text("en")


def test_a_bundled_table_must_have_every_column(tmp_path):
    root = bundled(tmp_path)
    (root / "set_a" / "table.csv").write_text(",".join(COLUMNS[:-1]) + "\n", "utf-8")
    library, findings = FactorLibrary.load(root)
    assert (library.rows, [f.name for f in findings]) == ((), ["csv-header"])


# --- the user's own file -----------------------------------------------------------------------------


def test_a_users_file_may_leave_optional_columns_out(tmp_path):
    columns = [c for c in COLUMNS if c not in OPTIONAL]
    cells = GOOD | {"source": "Our own measurement 2023", "value": "1 000"}
    path = user_file(tmp_path, ",".join(columns), ",".join(cells.get(c, "") for c in columns))
    library, findings = FactorLibrary.load(bundled(tmp_path), [path])
    (row,) = library.rows
    assert (row.set, row.confidence, row.lower, row.value) == ("user", "", None, 1000.0)
    assert library.source_title(row) == "Our own measurement 2023"
    assert [(f.name, f.severity) for f in findings] == [("number-normalised", "info")]


@pytest.mark.parametrize(("change", "name"), [
    (("locator", "page"), "csv-header"), (("value", "amount"), "csv-header"),
    (("note", "remark"), "csv-header"),
])  # fmt: skip
def test_a_users_header_is_strict_on_names(tmp_path, change, name):
    header = ",".join(COLUMNS).replace(*change)
    library, findings = FactorLibrary.load(bundled(tmp_path), [user_file(tmp_path, header, line())])
    assert (library.rows, [f.name for f in findings]) == ((), [name])


def test_a_users_row_needs_a_source_and_is_refused_with_confidence_d(tmp_path):
    path = user_file(tmp_path, ",".join(COLUMNS), line(source=""), line(confidence="D"))
    library, findings = FactorLibrary.load(bundled(tmp_path), [path])
    assert library.rows == ()
    assert [(f.name, str(f.place)) for f in findings] == [
        ("factor-cell-blank", "mine.csv:2"), ("factor-confidence-refused", "mine.csv:3"),
    ]  # fmt: skip


def test_a_users_id_must_not_repeat_a_bundled_one(tmp_path):
    path = user_file(tmp_path, ",".join(COLUMNS), line(source="mine"))
    _, findings = FactorLibrary.load(bundled(tmp_path, line()), [path])
    assert [(f.name, f.place.file) for f in findings] == [("factor-repeated", "mine.csv")]


# --- shipped lists -----------------------------------------------------------------------------------


@pytest.mark.parametrize("broken", [
    SOURCES.replace("title", "titel"), SOURCES.replace('"2006"', "2006"), SOURCES + "x = \n",
    SOURCES.replace('"A book"', '""'),
])  # fmt: skip
def test_a_broken_sources_list_is_refused(tmp_path, broken):
    with pytest.raises(DataFileError, match=r"sources\.toml"):
        FactorLibrary.load(bundled(tmp_path, sources=broken))


def test_a_data_folder_without_sources_is_refused(tmp_path):
    with pytest.raises(DataFileError, match=r"no sources\.toml"):
        FactorLibrary.load(tmp_path)


def test_sources_are_read_with_their_optional_fields(tmp_path):
    path = tmp_path / "sources.toml"
    path.write_text(SOURCES + 'url = "https://example.org"\n', "utf-8")
    source = read_sources(path)["book"]
    assert (source.key, source.title, source.url, source.doi) == ("book", "A book", "https://example.org", "")


def test_parameters_say_what_may_lag_and_what_may_be_borrowed():
    parameters = read_parameters()
    assert [name for name, p in parameters.items() if p.may_lag] == ["grid_emission_factor"]
    assert parameters["net_calorific_value"].borrow == "ncv"
    assert parameters["carbon_content"].borrow == "broader"
    assert [name for name, p in parameters.items() if p.needs_gas] == ["emission_factor"]


@pytest.mark.parametrize("cells", ["a,x,x,1,maybe,no,no,,", "a,x,x,1,no,all,no,,"])
def test_a_broken_parameter_list_is_refused(tmp_path, cells):
    path = tmp_path / "parameters.csv"
    path.write_text(f"parameter,zh,en,units,gas,borrow,may_lag,minimum,maximum\n{cells}\n", "utf-8")
    with pytest.raises(DataFileError, match=r"parameters\.csv:2"):
        read_parameters(tmp_path)
    path.write_text("parameter,zh\n", "utf-8")
    with pytest.raises(DataFileError, match="wrong header"):
        read_parameters(tmp_path)


def test_regions_need_a_source_and_a_name(tmp_path):
    header = "region,area_code,valid_from,valid_to,source,locator,note\n"
    (tmp_path / "regions.csv").write_text("region,zh,en\ng,网,Grid\n", "utf-8")
    (tmp_path / "grid_regions.csv").write_text(header + "g,510000,2010,,s,l,\n", "utf-8")
    (member,) = read_regions(tmp_path)["g"].members
    assert (member.area_code, member.valid_from, member.valid_to) == ("510000", 2010, 9999)
    (tmp_path / "grid_regions.csv").write_text(header + "g,510000,,,,l,\n", "utf-8")
    with pytest.raises(DataFileError, match=r"grid_regions\.csv:2"):
        read_regions(tmp_path)
    (tmp_path / "grid_regions.csv").write_text("region,area\n", "utf-8")
    with pytest.raises(DataFileError, match="wrong header"):
        read_regions(tmp_path)
    (tmp_path / "grid_regions.csv").write_text(header + "h,510000,,,s,l,\n", "utf-8")
    with pytest.raises(DataFileError, match=r"not in regions\.csv: h"):
        read_regions(tmp_path)


@pytest.mark.parametrize(("text", "gas", "expected"), [
    ("kg/TJ", "CH4", "kg CH4/TJ"), ("t/t", "CO2", "t CO2/t"), ("lb CO2/MWh", "CO2", "lb CO2/MWh"),
    ("m3 CH4/t", "CH4", "m3 CH4/t"), ("kg CH4/head/yr", "CH4", "kg CH4/head/yr"),
])  # fmt: skip
def test_the_gas_column_says_what_a_bare_mass_is_of(text, gas, expected):
    unit = unit_of_gas(text, gas)
    assert unit is not None
    assert (unit.factor, unit.dimension) == (parse_unit(expected).factor, parse_unit(expected).dimension)


@pytest.mark.parametrize(
    ("text", "gas"), [("kg N2O-N/kg N", "N2O"), ("t C/TJ", "CO2"), ("kg CO2e/TJ", "CO2")]
)
def test_another_substance_is_never_taken_for_the_gas(text, gas):
    assert unit_of_gas(text, gas) is None


def test_a_unit_without_mass_or_volume_cannot_be_one_of_a_gas():
    with pytest.raises(UnitError):
        unit_of_gas("GJ/TJ", "CH4")
