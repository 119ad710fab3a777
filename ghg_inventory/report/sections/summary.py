"""The one-page summary: four key figures, sentences made from the numbers, one chart."""

from __future__ import annotations

from collections import Counter

from markupsafe import Markup

from ghg_inventory.report.blocks import Block, Card, Cards, Figure, Paragraph
from ghg_inventory.report.numerals import percent, ratio, signed_percent, significant
from ghg_inventory.report.rich import rich
from ghg_inventory.report.sections import areas as area_sections
from ghg_inventory.report.sections import energy, totals
from ghg_inventory.report.sections.common import Missing, missing
from ghg_inventory.report.view import View


def summary(view: View) -> list[Block] | Missing:
    """Key figures, text and the chart of the years (or the ring of the only year)."""
    total = view.headline()
    if total is None:
        return missing(view, "totals")
    blocks: list[Block] = [
        *_incomplete(view),
        _paragraph([_total(view, total), _change(view, total), _coverage(view), _net(view), _indirect(view)]),
        Cards(tuple(_cards(view, total)[:4])),
        _paragraph([_groups(view, total), _gases(view, total), _fuels(view, total)]),
    ]
    years = view.years()
    w = view.words
    if len(years) > 1:
        caption = w("figure.series", area=view.area, first=years[0], last=years[-1])
        blocks.append(Figure("summary-series", caption, totals.bars(view)))
    else:
        ring = totals.structure(view)
        if not isinstance(ring, Missing):
            blocks += ring
    blocks.append(_paragraph([_areas(view), _reference(view), _findings(view), _jumps(view)]))
    return blocks


def _paragraph(sentences: list[Markup]) -> Paragraph:
    # Chinese sentences follow each other without a space, English ones with one; the words carry it.
    return Paragraph(Markup("").join(sentences).strip())


def _total(view: View, total: float) -> Markup:
    key = "sentence.total_basic" if view.is_gpc else (
        "sentence.total_gross" if view.roots("lulucf") else "sentence.total"
    )  # fmt: skip
    return view.words(key, year=view.input.year, area=view.area, total=view.scale.text(total), unit=view.unit)


def _before(view: View) -> int | None:
    earlier = [y for y in view.years() if y < view.input.year]
    return earlier[-1] if earlier else None


def _change(view: View, total: float) -> Markup:
    before = _before(view)
    change = ratio(total - (view.headline(year=before) or 0.0), view.headline(year=before)) if before else None
    if before is None or change is None:
        return Markup("")
    key = "sentence.up" if change > 0 else "sentence.down" if change < 0 else "sentence.same"
    return view.words(key, before=before, change=percent(abs(change)))


def _coverage(view: View) -> Markup:
    """Which sectors the total holds, when it does not hold all: a blank is not zero."""
    held, lacking = view.coverage()
    if not lacking:
        return Markup("")
    names = [rich(view.words.joined([view.category(c) for c in codes])) for codes in (held, lacking)]
    return view.words("sentence.coverage", held=names[0], lacking=names[1])


def _net(view: View) -> Markup:
    land = view.roots("lulucf")
    value = view.sum(land) if land and not view.is_gpc else None
    if value is None:
        return Markup("")
    key = "sentence.net_removal" if value < 0 else "sentence.net_emission"
    net = view.sum((*view.counted, *land))
    return view.words(key, land=view.scale.text(abs(value)), net=view.scale.text(net), unit=view.unit)


def _indirect(view: View) -> Markup:
    parts = view.roots("indirect")
    value = view.sum(parts) if parts and not view.is_gpc else None
    if value is None:
        return Markup("")
    key = "sentence.indirect_out" if value < 0 else "sentence.indirect_in"
    return view.words(key, value=view.scale.text(abs(value)), unit=view.unit)


def _shares(view: View, parts: list[tuple[str, float]], total: float, limit: int = 3) -> Markup:
    """"A 69.5%, B 19.4% and C 7.6%" of the largest parts."""
    largest = sorted((p for p in parts if p[1] > 0), key=lambda p: (-p[1], p[0]))[:limit]
    named = [view.words.plain("format.share", name=name, share=percent(ratio(v, total))) for name, v in largest]
    return rich(view.words.joined(named))


def _groups(view: View, total: float) -> Markup:
    parts = [(view.category(c), view.group(c) or 0.0) for c in view.groups]
    if len([p for p in parts if p[1] > 0]) < 2:
        return Markup("")
    return view.words("sentence.groups", shares=_shares(view, parts, total))


def _gases(view: View, total: float) -> Markup:
    parts = [(head, view.sum(view.counted, gases) or 0.0) for head, gases in view.gas_columns()]
    if len(parts) < 2:
        return Markup("")
    return view.words("sentence.gases", shares=_shares(view, parts, total, 4))


def _fuels(view: View, total: float) -> Markup:
    data = energy.by_fuel(view)
    if len(data) < 2:
        return Markup("")
    parts = [(view.fuel(r.item), float(r.co2e_t)) for r in data.itertuples()]
    return view.words("sentence.fuels", shares=_shares(view, parts, total))


def _areas(view: View) -> Markup:
    ordered = area_sections.ordered_areas(view)
    if len(ordered) < 4:
        return Markup("")
    top = ordered[:3]
    share = percent(ratio(sum(value for _, value in top), view.headline()))
    names = rich(view.words.joined([name for name, _ in top]))
    return view.words("sentence.areas", count=len(ordered), names=names, share=share)


def _reference(view: View) -> Markup:
    frame = view.input.reference
    if not len(frame):
        return Markup("")
    frame = frame[(frame["year"] == view.input.year) & frame["item"].isin(["", "total"])]
    if not len(frame) or frame["difference_pct"].isna().all():
        return Markup("")
    gap = float(frame["difference_pct"].iloc[0]) / 100
    key = "sentence.reference_above" if gap >= 0 else "sentence.reference_below"
    return view.words(key, gap=percent(abs(gap)))


def _findings(view: View) -> Markup:
    counts = Counter(f.severity for f in set(view.findings))
    return view.words("sentence.findings", error=counts["error"], warning=counts["warning"], info=counts["info"])


def _incomplete(view: View) -> list[Block]:
    """A total that lacks data must not be read without that being read first."""
    count = sum(f.severity == "error" for f in view.findings)
    return [Paragraph(view.words("text.incomplete", count=count), "alarm")] if count else []


def _jumps(view: View) -> Markup:
    """A leader reads this page alone: years that cannot be compared are said here too."""
    count = sum(f.name == "magnitude-jump" for f in view.findings)
    return view.words("text.jumps", count=count) if count else Markup("")


def _cards(view: View, total: float) -> list[Card]:
    """Candidates for the four key figures, best first."""
    w = view.words
    unit = view.unit
    headline = "headline.basic" if view.is_gpc else "headline.gross" if view.roots("lulucf") else "headline.total"
    cards = [Card(w(headline), rich(view.scale.text(total)), unit, rich(view.input.gwp.name(view.lang)))]
    land = view.roots("lulucf")
    if land and not view.is_gpc:
        net = view.sum((*view.counted, *land))
        cards.append(Card(w("headline.net"), rich(view.scale.text(net)), unit, w("card.with_land")))
    cards += _indicator_cards(view)
    before = _before(view)
    if before is not None:
        base = view.headline(year=before)
        change = None if base is None else ratio(total - base, base)
        cards.append(Card(w("card.change", before=before), rich(signed_percent(change)), Markup(""),
                          w("card.base", value=view.scale.text(base), unit=unit)))  # fmt: skip
    indirect = view.roots("indirect")
    if indirect and not view.is_gpc and view.sum(indirect) is not None:
        cards.append(Card(w("card.indirect"), rich(view.scale.text(view.sum(indirect))), unit, w("card.beside")))
    parts = sorted(((view.group(c) or 0.0, c) for c in view.groups), key=lambda p: (-p[0], p[1]))
    if parts:
        value, code = parts[0]
        cards.append(Card(w("card.largest"), rich(percent(ratio(value, total))), Markup(""), rich(view.category(code))))
    cards.append(Card(w("card.co2"), rich(percent(ratio(view.headline("CO2"), total))), Markup(""), w("card.co2_note")))
    fuels = energy.by_fuel(view)
    if len(fuels):
        top = fuels.iloc[0]
        cards.append(Card(w("card.fuel"), rich(percent(ratio(float(top["co2e_t"]), total))), Markup(""),
                          rich(view.fuel(str(top["item"])))))  # fmt: skip
    return cards


def _indicator_cards(view: View) -> list[Card]:
    """Emission per person and per unit of product, where the inventory has them for this year."""
    frame = view.input.indicators
    if not len(frame):
        return []
    cards = []
    for part in ("per_capita", "per_gdp"):
        rows = frame[
            frame["id"].str.contains(part) & frame["id"].str.startswith("co2e") & (frame["year"] == view.input.year)
            & ~frame["missing"].astype(bool)
        ]  # fmt: skip
        if len(rows):
            r = rows.iloc[0]
            cards.append(Card(rich(str(r[f"name_{view.lang}"])), rich(significant(float(r["value"]), 3)),
                              rich(str(r["unit"])), rich(_base(view, r["price_base"]))))  # fmt: skip
    return cards


def _base(view: View, base: object) -> str:
    return view.words.plain("format.price_base", base=base) if isinstance(base, str) and base else ""
