"""Is a returned value in another unit, or did it change more than the form allows without a reason?

Witnesses are the area's own value of a near year and the sibling areas. Nothing is ever corrected: the finding proposes
a unit, the clerk decides.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ghg_inventory.activity.table import Activity
from ghg_inventory.areas import AreaTree
from ghg_inventory.checks.history import History, Peers, Rows
from ghg_inventory.checks.labels import (
    Asks,
    amount_text,
    area_name,
    ask_of,
    label,
    number_text,
    unit_text,
    words_of,
)
from ghg_inventory.checks.records import Mask, base_units, word_of
from ghg_inventory.checks.slips import Slip, likely_unit, slip_of, smallest_ratio
from ghg_inventory.checks.thresholds import threshold
from ghg_inventory.errors import Finding, finding
from ghg_inventory.tables import FloatArray

AGREE, CONTRADICT = "agree", "contradict"


@dataclass(frozen=True, slots=True)
class Suspicion:
    """A new record that is probably in another unit.

    before: the record it was compared with, -1 for peers only. ratio: to it, or to the median of the peers.
    peers: what the sibling areas say: "agree" (with the suspicion), "contradict" or nothing. median: theirs, in base
    units, NaN without any.
    """

    row: int
    before: int
    ratio: float
    slip: Slip
    peers: str
    median: float

    @property
    def factor(self) -> float:
        """What the slip multiplied the value by; a jump that is no known slip by all of the ratio."""
        if math.isinf(self.slip.high):
            return self.ratio
        return self.slip.factor if self.ratio > 1 else 1 / self.slip.factor


def suspicions(new: Activity, history: History) -> list[Suspicion]:
    """New records that are probably in another unit, in the order of the file."""
    usable = history.usable
    first = _slipped(new, history, usable, history.nearest(usable, later=True))
    # A wrong value makes the year after it look wrong too: what is suspected is no witness.
    sound = usable.copy()
    sound[list(first)] = False
    nearest = history.nearest(sound, later=True)
    nearest = np.where(nearest < 0, history.nearest(usable, later=True), nearest)
    slipped = _slipped(new, history, usable, nearest)
    witnesses = sound.copy()
    witnesses[list(slipped)] = False
    peers = Peers.of(history, witnesses)
    found = [_judged(history, row, int(nearest[row]), slip, peers) for row, slip in slipped.items()]
    found += _by_peers_only(new, history, nearest, peers)
    return sorted(found, key=lambda one: one.row)


def _slipped(new: Activity, history: History, usable: Mask, nearest: Rows) -> dict[int, Slip]:
    """New record → the slip that the ratio to its own reference betrays."""
    rows = np.flatnonzero(usable[: history.size] & (nearest >= 0))
    ratio = history.amount[rows] / history.amount[nearest[rows]]
    wide = np.abs(np.log(ratio)) >= math.log(smallest_ratio()) - 1e-9
    out = {}
    for row, one in zip(rows[wide].tolist(), ratio[wide].tolist(), strict=True):
        values = history.own_values(row, usable)
        slip = slip_of(
            one, word_of(new, "variable", row), word_of(new, "unit", row), stable=_is_stable(values)
        )
        if slip is not None:
            out[row] = slip
    return out


def _is_stable(values: FloatArray) -> bool:
    return len(values) >= threshold("peer_count") and float(values.max() / values.min()) <= threshold(
        "stable_span"
    )


def _judged(history: History, row: int, before: int, slip: Slip, peers: Peers) -> Suspicion:
    ratio = float(history.amount[row] / history.amount[before])
    others = peers.amounts(row)
    suspicion = Suspicion(row, before, ratio, slip, "", float(np.median(others)) if len(others) else math.nan)
    if not len(others):
        return suspicion
    span = threshold("peer_span")
    low, high = float(others.min()) / span, float(others.max()) * span
    is_inside, would_be = (
        low <= v <= high for v in (history.amount[row], history.amount[row] / suspicion.factor)
    )
    verdict = AGREE if would_be and not is_inside else CONTRADICT if is_inside and not would_be else ""
    return Suspicion(row, before, ratio, slip, verdict, suspicion.median)


def _by_peers_only(new: Activity, history: History, nearest: Rows, peers: Peers) -> Iterator[Suspicion]:
    """Records without own history that lie far beyond every sibling area and would be one of them in another unit."""
    span = threshold("peer_only_span")
    for row in np.flatnonzero(history.usable[: history.size] & (nearest < 0)).tolist():
        others = peers.amounts(row)
        if not len(others):
            continue
        low, high, amount = float(others.min()), float(others.max()), float(history.amount[row])
        if low / span <= amount <= high * span:
            continue
        ratio = amount / float(np.median(others))
        slip = slip_of(ratio, word_of(new, "variable", row), word_of(new, "unit", row), stable=False)
        if slip is None or not slip.certain:
            continue
        suspicion = Suspicion(row, -1, ratio, slip, AGREE, float(np.median(others)))
        if low / 2 <= amount / suspicion.factor <= high * 2:
            yield suspicion


# -- words --------------------------------------------------------------------------------------------------


def unit_findings(
    new: Activity, history: History, found: list[Suspicion], asks: Asks, areas: AreaTree | None
) -> list[Finding]:
    """One `unit-suspect` per suspicion. A reason in the note takes an error to a warning and silences a weak one."""
    out = []
    for one in found:
        reasoned = has_reason(history, one.row, one.before)
        if reasoned and not one.slip.certain:
            continue
        severe = _is_certain(one) and not reasoned
        out.append(_unit_suspect(new, history, one, asks, areas, "error" if severe else "warning"))
    return out


def _is_certain(one: Suspicion) -> bool:
    """Last year and the neighbours agree on a slip, or the ratio to last year is exactly that of a large one."""
    if one.before < 0 or one.peers == CONTRADICT or math.isinf(one.slip.high):
        return False
    is_exact = abs(one.ratio / one.factor - 1) <= threshold("slip_exact")
    return one.peers == AGREE or (one.slip.certain and is_exact)


def _unit_suspect(
    new: Activity, history: History, one: Suspicion, asks: Asks, areas: AreaTree | None, severity: str
) -> Finding:
    unit = word_of(new, "unit", one.row)
    ask = ask_of(new, one.row, asks)
    is_slip = not math.isinf(one.slip.high)
    likely = likely_unit(unit, 1 / one.factor, ask.units if ask else ()) if is_slip else ""
    values: dict[str, object] = {
        "value": amount_text(float(new.value[one.row]), unit), "year": int(new.year[one.row]),
    }  # fmt: skip
    for lang in ("zh", "en"):
        values |= {
            f"area_{lang}": area_name(word_of(new, "area_code", one.row), areas, lang),
            f"label_{lang}": label(new, one.row, asks, lang),
            f"compared_{lang}": _compared(history, one, unit, lang),
            f"guess_{lang}": _guess(one, likely, lang), f"advice_{lang}": _advice(one, likely, unit, lang),
        }  # fmt: skip
    return finding("unit-suspect", new.place(one.row), severity=severity, **values)


def _compared(history: History, one: Suspicion, unit: str, lang: str) -> str:
    """The witnesses, in words: last year's value and the median of the siblings."""
    words = words_of(lang)
    parts = []
    if one.before >= 0:
        parts.append(words["before"].format(
            year=int(history.year[one.before]), times=_times(one.ratio, lang),
            value=amount_text(float(history.value[one.before]), history.unit[one.before]),
        ))  # fmt: skip
    if not math.isnan(one.median):
        times = _times(float(history.amount[one.row] / one.median), lang)
        median = amount_text(float(f"{one.median / base_units(unit or '1'):.4g}"), unit)
        parts.append(words["peers"].format(median=median, times=times))
    return words["join"].join(parts)


def _times(ratio: float, lang: str) -> str:
    """A ratio in words: 10,000 倍, or 1/10,000."""
    if ratio < 1:
        return f"1/{number_text(float(f'{1 / ratio:.3g}'))}"
    return words_of(lang)["times"].format(ratio=number_text(float(f"{ratio:.3g}")))


def _guess(one: Suspicion, likely: str, lang: str) -> str:
    words = words_of(lang)
    if one.slip.zh:
        return one.slip.zh if lang == "zh" else one.slip.en
    return words["likely"].format(unit=likely) if likely else words["unclear"]


def _advice(one: Suspicion, likely: str, unit: str, lang: str) -> str:
    words = words_of(lang)
    if one.slip.do_zh:
        return one.slip.do_zh if lang == "zh" else one.slip.do_en
    shown = unit_text(unit) or words["pure"]
    advice = words["change_unit" if likely else "convert"].format(likely=likely, unit=shown)
    return advice + (words["last_year"] if one.peers == CONTRADICT else "")


# -- change from last year ----------------------------------------------------------------------------------


def change_findings(
    new: Activity, history: History, asks: Asks, areas: AreaTree | None, spoken: set[int]
) -> list[Finding]:
    """A `change-needs-reason` for every value that changed more than the form allows and whose note gives no reason.

    spoken: records about which more was said already.
    """
    nearest = history.nearest(~np.isnan(history.amount))
    out = []
    for row in np.flatnonzero((nearest >= 0) & ~np.isnan(history.amount[: history.size])).tolist():
        ask = ask_of(new, row, asks)
        if ask is None or ask.change is None or ask.use == "check" or row in spoken:
            continue
        before = int(nearest[row])
        now, last = float(history.amount[row]), float(history.amount[before])
        change = abs(now / last - 1) if last else (math.inf if now else 0.0)
        if change > ask.change * (1 + 1e-9) and not has_reason(history, row, before):
            out.append(_unexplained(new, history, row, before, ask.change, asks, areas))
    return out


def _unexplained(
    new: Activity, history: History, row: int, before: int, limit: float, asks: Asks, areas: AreaTree | None
) -> Finding:
    last, now = float(history.amount[before]), float(history.amount[row])
    return finding(
        "change-needs-reason", new.place(row), year=int(new.year[row]), before=int(history.year[before]),
        value=amount_text(float(new.value[row]), word_of(new, "unit", row)),
        last=amount_text(float(history.value[before]), history.unit[before]),
        change=f"{(now / last - 1) * 100:+,.0f} %" if last else "0 → +", limit=f"{limit * 100:g}",
        **{f"label_{lang}": label(new, row, asks, lang) for lang in ("zh", "en")},
        **{f"area_{lang}": area_name(word_of(new, "area_code", row), areas, lang) for lang in ("zh", "en")},
    )  # fmt: skip


def has_reason(history: History, row: int, before: int) -> bool:
    """True when the note says more than a word or two, and not what it said last year."""
    note = history.note[row].strip()
    return len(note) >= threshold("reason_length") and (before < 0 or note != history.note[before].strip())
