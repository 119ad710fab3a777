"""Forty and more mistakes that county clerks make, each at one place of a filled workbook, and what must be said of it.

Every mistake is told by name (of the finding), sheet and cell, and by words that a clerk understands.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable
from dataclasses import dataclass

from clerk import REASON, Answer, Book, Place

from ghg_inventory.activity.returns.marker import COVER

Spot = tuple[str, str]
"""Sheet name and cell."""


@dataclass(frozen=True)
class Mistake:
    """What a clerk does, and what must be found. cell: "" where the finding is about the whole sheet or file."""

    title: str
    area: str
    make: Callable[[Book], Spot]
    finding: str
    words: str


def typed(place: Place, value: object) -> Callable[[Book], Spot]:
    """Something else is typed into the input cell."""

    def make(book: Book) -> Spot:
        cell = book.cell(place)
        cell.value = value
        if not place[2]:
            book.cell(place, "notation").value = None
        return cell.parent.title, cell.coordinate

    return make


def scaled(place: Place, factor: float, note: str | None = None) -> Callable[[Book], Spot]:
    """The number is right in another unit than the one that stands beside it."""

    def make(book: Book) -> Spot:
        cell = book.cell(place)
        cell.value = cell.value * factor
        if note is not None:
            book.cell(place, "note").value = note
        return cell.parent.title, cell.coordinate

    return make


def noted(place: Place, **roles: object) -> Callable[[Book], Spot]:
    """Several columns of the row are filled; the first one named is where the finding must be."""

    def make(book: Book) -> Spot:
        for role, value in roles.items():
            book.cell(place, role).value = value
        cell = book.cell(place, next(iter(roles)))
        return cell.parent.title, cell.coordinate

    return make


def unit(place: Place, text: str | None) -> Callable[[Book], Spot]:
    """The unit cell is changed."""

    def make(book: Book) -> Spot:
        cell = book.unit_cell(place)
        cell.value = text
        return cell.parent.title, cell.coordinate

    return make


def not_estimated(place: Place, key: str, note: str | None) -> Callable[[Book], Spot]:
    """A notation key in place of the number, with or without a reason."""

    def make(book: Book) -> Spot:
        book.cell(place).value = None
        book.cell(place, "notation").value = key
        cell = book.cell(place, "note")
        cell.value = note
        return cell.parent.title, cell.coordinate

    return make


def cover(row: str, value: object) -> Callable[[Book], Spot]:
    """Something on the cover."""

    def make(book: Book) -> Spot:
        page = book.page(COVER)
        number = next(cell.row for cell in page["A"] if cell.value == row)
        header = next(cell.row for cell in page["A"] if cell.value == "#columns")
        column = next(cell.column for cell in page[header] if cell.value == "value")
        cell = page.cell(number, column)
        cell.value = value
        return page.title, cell.coordinate

    return make


def row_deleted(place: Place) -> Callable[[Book], Spot]:
    """A row of the form is deleted."""

    def make(book: Book) -> Spot:
        cell = book.cell(place)
        cell.parent.delete_rows(cell.row)
        return cell.parent.title, ""

    return make


def row_added(sheet: str, label: str, value: float) -> Callable[[Book], Spot]:
    """A row of the clerk's own below the table, without a key."""

    def make(book: Book) -> Spot:
        page = book.page(sheet)
        last = book.sheet(sheet).asks[-1]
        below = book.cell((sheet, last.row, last.column)).row + 1
        page.cell(below, 2).value = label
        cell = page.cell(below, book.cell((sheet, last.row, last.column)).column)
        cell.value = value
        return page.title, cell.coordinate

    return make


def keys_lost(sheet: str) -> Callable[[Book], Spot]:
    """The hidden column is emptied below the marker."""

    def make(book: Book) -> Spot:
        page = book.page(sheet)
        for cell in page["A"][1:]:
            cell.value = None
        return page.title, ""

    return make


def page_deleted(sheet: str) -> Callable[[Book], Spot]:
    """A sheet is deleted."""

    def make(book: Book) -> Spot:
        page = book.page(sheet)
        book.book.remove(page)
        # The list on the cover still names it.
        return book.page(COVER).title, ""

    return make


def marker_of(sheet: str, old: str, new: str) -> Callable[[Book], Spot]:
    """A sheet pasted from another workbook: another county, another year, an older form."""

    def make(book: Book) -> Spot:
        page = book.page(sheet)
        assert old in page["A1"].value
        page["A1"].value = page["A1"].value.replace(old, new)
        # One sheet of another county makes the whole workbook doubtful; an old form is one sheet's trouble.
        return ("" if old.startswith("area") else page.title), ""

    return make


def label(place: Place, text: str) -> Callable[[Book], Spot]:
    """The name of a row is written over."""

    def make(book: Book) -> Spot:
        cell = book.cell(place, "label")
        cell.value = text
        return cell.parent.title, cell.coordinate

    return make


def blanked(place: Place) -> Callable[[Book], Spot]:
    """Neither a number nor a key."""

    def make(book: Book) -> Spot:
        for role in ("value", "notation"):
            if role == "value" or not place[2]:
                book.cell(place, role).value = None
        cell = book.cell(place)
        return cell.parent.title, cell.coordinate

    return make


SWINE = ("livestock", "swine_scale", "")
A, B, C, D, E, F, G, H, J = (
    "510703", "510704", "510705", "510722", "510723", "510725", "510726", "510727", "510781",
)  # fmt: skip

MISTAKES = (
    # 涪城区: units
    Mistake("头 under 万头", A, scaled(SWINE, 1e4), "unit-suspect", "头"),
    Mistake("亩 under 公顷", A, scaled(("crops", "rice_single", ""), 15, ""), "unit-suspect", "亩"),
    Mistake("吨 under 万吨", A, scaled(("transport", "private_gasoline", ""), 1e4), "unit-suspect", "吨"),
    Mistake("万千瓦时 under 亿千瓦时", A, scaled(("electricity", "services", ""), 1e4), "unit-suspect", "万千瓦时"),
    Mistake("万元 under 亿元", A, scaled(("society", "gdp", ""), 1e4), "unit-suspect", "万元"),
    Mistake("a unit that is not offered", A, unit(("crops", "maize", ""), "斤"), "return-unit-other", "万吨"),
    # 游仙区: blanks and keys
    Mistake("a blank", B, blanked(("crops", "wheat", "")), "return-blank", "NO"),
    Mistake("无", B, typed(("crops", "peanut", ""), "无"), "return-nothing-word", "NO"),
    Mistake("a dash", B, typed(("crops", "soybean", ""), "—"), "return-nothing-word", "NO"),
    Mistake("NE without a reason", B, not_estimated(("crops", "lime", ""), "NE", None), "return-reason", "原因"),
    Mistake("a number and a key", B, noted(("crops", "urea", ""), value=0.361, notation="NO"), "return-value-and-notation", "NO"),
    Mistake("an unknown key", B, noted(("crops", "rapeseed", ""), notation="XX", value=None),
            "return-notation-unknown", "NA"),
    Mistake("无 in a matrix", B, typed(("industry_energy", "minerals", "raw_coal"), "无"), "return-nothing-word", "NO"),
    # 安州区: what stands in the number cell
    Mistake("words", C, typed(("livestock", "buffalo", ""), "约两千头"), "return-not-a-number", "约两千头"),
    Mistake("a number with its unit", C, typed(("livestock", "ducks", ""), "52.2万只"), "return-unit-in-value", "万只"),
    Mistake("见附件", C, typed(("livestock", "goat_scale", ""), "见附件"), "return-not-a-number", "见附件"),
    Mistake("two points", C, typed(("livestock", "hen_scale", ""), "77.3.1"), "return-not-a-number", "77.3.1"),
    Mistake("an error value", C, typed(("livestock", "broiler_scale", ""), "#REF!"), "cell-error", "#REF!"),
    Mistake("a formula never computed", C, typed(("livestock", "dairy_scale", ""), "=1+1"), "cell-uncomputed", "公式"),
    Mistake("a date", C, typed(("livestock", "cattle_scale", ""), datetime.date(2024, 3, 12)), "cell-date", "日期"),
    Mistake("true", C, typed(("livestock", "swine_household", ""), True), "cell-bool", "TRUE"),
    Mistake("a negative herd", C, typed(("livestock", "goat_household", ""), -1.2), "outside-limits", "-1.2"),
    Mistake("a slip of many zeros", C, typed(("crops", "maize", ""), 6.2e12), "unit-suspect", "万吨"),
    # 三台县: sums and what must agree
    Mistake("a total that is not the sum", D, scaled(("livestock", "swine_total", ""), 1.1), "return-total", "相加"),
    Mistake("two departments, two herds", D, scaled(("statistics_check", "goats", ""), 1.2), "sheets-disagree", "山羊"),
    Mistake("routes of waste", D, scaled(("municipal_waste", "routes_total", ""), 0.7),
            "return-total", "相加"),
    Mistake("two populations", D, scaled(("domestic_wastewater", "residents", ""), 1.2, "统计范围调整"),
            "sheets-disagree", "人口"),
    Mistake("a change without a reason", D, scaled(("crops", "peanut", ""), 1.8, ""), "change-needs-reason", "原因"),
    # 盐亭县: the form itself
    Mistake("a deleted row", E, row_deleted(("crops", "tubers", "")), "return-row-missing", "薯类"),
    Mistake("a row of one's own", E, row_added("land", "其他转入", 12.5), "return-astray", "12.5"),
    Mistake("a renamed row", E, label(("crops", "rice", ""), "大豆产量"), "return-label-changed", "大豆产量"),
    Mistake("the hidden column emptied", E, keys_lost("forest"), "return-keys-lost", "隐藏"),
    Mistake("a deleted sheet", E, page_deleted("refrigerants"), "return-sheet-gone", "制冷剂"),
    Mistake("an unknown unit", E, unit(("electricity", "industry", ""), "亿度电量"), "unknown-unit", "亿度电量"),
    Mistake("no unit", E, unit(("electricity", "transport", ""), None), "return-unit-blank", "单位"),
    # 梓潼县: the cover
    Mistake("nobody filled it", F, cover("filled_by", None), "return-cover-blank", "填报人"),
    Mistake("a date that is none", F, cover("date", "三月底"), "return-cover-date", "三月底"),
    # 北川: whose it is
    Mistake("copied for another county", G, cover("area", "510727 平武县"), "return-cover-area", "510727"),
    # 平武: pasted from elsewhere
    Mistake("a sheet of another county", H, marker_of("crops", "area=510727", "area=510726"), "return-mixed", "510726"),
    Mistake("an older form", F, marker_of("land", "@1 ", "@0 "), "return-template-older", "版"),
    # 江油市: measured values
    Mistake("percent as a share", J, typed(("measured_fuels", "power_coal_oxidation", ""), 98.9), "parameter-outside", "98.9"),
    Mistake("kcal under GJ", J, typed(("measured_fuels", "power_coal_ncv", ""), 4880), "parameter-outside", "4,880"),
    Mistake("goods as sold, not pure", J, scaled(("crops", "nitrogen", ""), 1 / 0.3, ""), "unit-suspect", "折纯"),
)  # fmt: skip

__all__ = ["MISTAKES", "REASON", "Answer", "Mistake", "Spot"]
