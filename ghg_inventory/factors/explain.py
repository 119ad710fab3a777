"""Why a factor answers a request and the others do not: every row of the parameter, best first, in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from ghg_inventory.areas import AreaTree
from ghg_inventory.codes import CategoryTree, Fuels
from ghg_inventory.factors.boxes import Box, Specificity, boxes_of, categories_above, items_above
from ghg_inventory.factors.record import USER_SET, Factor, read_words
from ghg_inventory.factors.resolve import Requests

if TYPE_CHECKING:
    from ghg_inventory.factors.library import FactorLibrary

Words = tuple[str, str]
"""The same sentence in Chinese and English."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """One row considered for a request.

    matched: it holds for the request (in the year it is asked for, or the year that stands in).
    chosen: it is the answer. reasons: why, or why not, one sentence each in Chinese and English.
    """

    factor: Factor
    matched: bool
    chosen: bool
    reasons: tuple[Words, ...]

    def why(self, lang: str = "zh") -> str:
        """The reasons as one line."""
        language = 0 if lang == "zh" else 1
        return ("；", "; ")[language].join(words[language] for words in self.reasons)


@dataclass(frozen=True, slots=True)
class _Case:
    """One request with what is needed to judge rows. year: the year whose factors compete."""

    library: FactorLibrary
    requests: Requests
    areas: AreaTree
    year: int
    allowed: Mapping[str, tuple[str, ...]]
    asked: Mapping[str, str]


def explain_choice(
    library: FactorLibrary, requests: Requests, areas: AreaTree, categories: CategoryTree, fuels: Fuels
) -> list[Candidate]:
    """Every row of the parameter and gas, best first, for the first entry of `requests`.

    Rows of sets that were not chosen are listed too, with that as their reason.
    """
    answer = library.resolve(requests, areas, categories, fuels)
    row, lag = int(answer.row[0]), int(answer.lag[0])
    case = _case(library, requests, areas, (categories, fuels), int(requests.year[0]) + lag)
    positions = library.candidates(requests.parameter, requests.gas, library.sets)
    boxes: dict[int, list[Box]] = {position: [] for position in positions}
    for box in boxes_of(positions, library.rows, areas, fuels, library.regions):
        boxes[box.row].append(box)
    judged = [(position, *_judge(library.rows[position], boxes[position], case)) for position in positions]
    holding = [(position, rank) for position, rank, _ in judged if rank is not None]
    best = max((rank for _, rank in holding), default=None)
    winners = [position for position, rank in holding if rank == best]
    found = []
    for position, rank, misses in judged:
        factor = library.rows[position]
        if rank is None or best is None:
            order = (2, len(misses), Specificity(0, 0, 0, 0, 0, 0, 0))
            found.append((order, position, Candidate(factor, False, False, tuple(misses))))
            continue
        others = [library.rows[w].factor_id for w in winners if w != position]
        words = _outcome(factor, rank, best, others, lag, case)
        order = (0 if rank == best else 1, 0, Specificity(*(-part for part in rank)))
        found.append((order, position, Candidate(factor, True, position == row, (words,))))
    return [candidate for _, _, candidate in sorted(found, key=lambda entry: entry[:2])]


def _case(
    library: FactorLibrary, requests: Requests, areas: AreaTree, codes: tuple[CategoryTree, Fuels], year: int
) -> _Case:
    names = ("category", "item", "technology", "sector", "area")
    asked = {name: getattr(requests, name).texts()[0] for name in names}
    categories, fuels = codes
    allowed = {
        "set": (*requests.sets, USER_SET),
        "category": tuple(categories_above(asked["category"], categories)),
        "item": tuple(items_above(asked["item"], fuels, library.parameters[requests.parameter].borrow)),
        "technology": (asked["technology"], ""),
        "sector": (asked["sector"], ""),
    }
    asked |= {"set": ", ".join(requests.sets), "years": str(requests.year[0])}
    return _Case(library, requests, areas, year, allowed, asked)


def _judge(factor: Factor, boxes: list[Box], case: _Case) -> tuple[Specificity | None, list[Words]]:
    """The rank of the row's best box that holds for the request, or None and every reason against it."""
    misses = []
    for name in ("set", "item", "technology", "sector"):
        if getattr(factor, name) not in case.allowed[name]:
            misses.append(_miss(name, getattr(factor, name), case))
    if factor.categories and not set(factor.categories) & set(case.allowed["category"]):
        misses.append(_miss("category", factor.category, case))
    code = case.asked["area"]
    node = case.areas.index(code, case.requests.year[0]) if code in case.areas else -1
    here = [box for box in boxes if box.first_area <= node <= box.last_area]
    if not here:
        misses.append(_miss("area", factor.area_code, case))
    now = [box for box in here if box.first_year <= case.year <= box.last_year]
    if not factor.valid_from <= case.year <= factor.valid_to or (here and not now):
        misses.append(_miss("years", factor.years, case))
    if misses:
        return None, misses
    return max(box.rank for box in now if box.category in case.allowed["category"]), []


def _miss(name: str, row: str, case: _Case) -> Words:
    blank = _words()["outcome"]["blank"]
    zh, en = (
        _fill(_words()["mismatch"][name][lang], row=row or blank[lang], asked=case.asked[name] or blank[lang])
        for lang in ("zh", "en")
    )
    return zh, en


def _outcome(
    factor: Factor, rank: Specificity, best: Specificity, others: list[str], lag: int, case: _Case
) -> Words:
    """Why a row that holds was chosen, is tied, or lost."""
    words = _words()
    name = "lost" if rank < best else "tie" if others else "chosen_lag" if lag else "chosen"
    part = next((f for f, mine, top in zip(rank._fields, rank, best, strict=True) if mine != top), "")
    zh, en = (
        _fill(
            words["outcome"][name][lang], other=", ".join(others), row=factor.years, lag=str(abs(lag)),
            asked=case.asked["years"], reason=words["specificity"][part][lang] if part else "",
        )
        for lang in ("zh", "en")
    )  # fmt: skip
    return zh, en


@cache
def _words() -> Mapping[str, Mapping[str, Mapping[str, str]]]:
    """The sentences of words.toml; read once."""
    return read_words()


def _fill(template: str, **blanks: str) -> str:
    for key, value in blanks.items():
        template = template.replace("{" + key + "}", value)
    return template
