"""Names that people write into variables, items and technologies of a long table, as our codes.

A method says what its variable may be about (methods/*.toml, [[variable]]): which kinds of item, which
technologies. A clerk may write the Chinese name; a word that means nothing here withholds its rows.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

import numpy as np
import numpy.typing as npt

from ghg_inventory.activity import words
from ghg_inventory.activity.context import FUEL_VARIABLES, Context
from ghg_inventory.activity.raw import RawTable
from ghg_inventory.codes.words import fold
from ghg_inventory.errors import Finding, finding
from ghg_inventory.methods import Variable
from ghg_inventory.tables import Column
from ghg_inventory.units import UnitError, parse_unit

Mask = npt.NDArray[np.bool_]
# Refrigerant numbers of the 400 and 500 series are mixtures, whatever stands before them.
_BLEND = re.compile(r"(?:R|HFC|HFO)?[-\s]*[45]\d\d[A-J]?", re.IGNORECASE)
_FAMILIES = frozenset(
    map(
        fold,
        ("HFC", "HFCs", "PFC", "PFCs", "HCFC", "HCFCs", "CFC", "CFCs", "F-gas", "含氟气体", "氢氟碳化物",
         "全氟碳化物", "氢氟烃", "全氟烃", "制冷剂"),
    )
)  # fmt: skip
# A category named after an animal takes that animal only: 3.1.5 山羊 is no place for pigs.
_NAMED_KINDS = frozenset({"livestock"})
_PURE, _PHYSICAL = ("折纯", "pure nutrient"), ("实物", "as sold")


def recode(raw: RawTable, context: Context) -> tuple[Mask, list[Finding]]:
    """Replace names by codes in `raw.texts`; give the rows to withhold and what was found."""
    held = np.zeros(len(raw), dtype=bool)
    if not len(raw) or not context.known:
        return held, []
    one = _Recoder(raw, context, held)
    one.variables()
    for index, word in enumerate(raw.texts["variable"].words):
        variable = context.known.get(word)
        if variable is None and word not in context.parameters:
            continue
        rows = raw.texts["variable"].codes == index
        if not rows.any():
            continue
        if variable is None:
            one.parameter_items(word, rows)
            continue
        swapped = one.swapped(variable, rows)
        one.items(variable, rows & ~swapped)
        one.technologies(variable, rows & ~swapped)
        one.category_items(variable, rows & ~held)
        one.nutrients(variable, rows & ~held)
    return held, one.findings


class _Recoder:
    """Works on the columns of one table."""

    def __init__(self, raw: RawTable, context: Context, held: Mask) -> None:
        self.raw, self.context, self.held = raw, context, held
        self.findings: list[Finding] = []

    def variables(self) -> None:
        """Names and aliases of variables and parameters."""
        names: dict[str, str] = {}
        for code, variable in self.context.known.items():
            for text in (code, variable.zh, variable.en, *variable.aliases):
                names.setdefault(fold(text), code)
        for code, parameter in self.context.parameters.items():
            for text in (code, parameter.zh, parameter.en):
                names.setdefault(fold(text), code)
        for code, social in self.context.variables.items():
            names[fold(code)] = code
            names.setdefault(fold(social.zh), code)
        self.rename("variable", np.ones(len(self.raw), dtype=bool), lambda text: names.get(fold(text)))

    def parameter_items(self, parameter: str, rows: Mask) -> None:
        """The item of a measured value: a misspelt one would match no record, and the default would stand."""
        fuels = self.context.fuels
        if fuels is None:
            return
        self.rename("item", rows, fuels.find)
        for index, word in self._words("item", rows):
            if not word or word in fuels:
                continue
            near = [(code, fuels.name(code)) for code in fuels.suggest(word[:40])]
            if near:
                self._withhold("item", rows & (self.raw.texts["item"].codes == index), "unknown-item",
                               text=words.shortened(word), variable=self._said(parameter), expected=_listed(near),
                               **words.meant(near))  # fmt: skip

    def swapped(self, variable: Variable, rows: Mask) -> Mask:
        """Rows whose item is one of the variable's technologies and whose technology is an item."""
        fuels, known = self.context.fuels, self.context.technologies
        none = np.zeros(len(rows), dtype=bool)
        if fuels is None or not variable.kinds or not variable.technologies:
            return none
        item, technology = self.raw.texts["item"], self.raw.texts["technology"]
        is_mode = [bool(w) and known.find(w, variable.technologies) is not None for w in item.words]
        is_item = [
            fuels.kind(fuels.find(w) or "") in variable.kinds if w else False for w in technology.words
        ]
        mask: Mask = rows & np.asarray(is_mode)[item.codes] & np.asarray(is_item)[technology.codes]
        if mask.any():
            first = int(np.flatnonzero(mask)[0])
            self._withhold(
                "item", mask, "item-technology-swapped", variable=self._said(variable.id),
                item=item.words[item.codes[first]], technology=technology.words[technology.codes[first]],
            )  # fmt: skip
        return mask

    def category_items(self, variable: Variable, rows: Mask) -> None:
        """Where each animal has its category, another animal's category is a slip."""
        categories, fuels = self.context.categories, self.context.fuels
        if categories is None or fuels is None or not _NAMED_KINDS & set(variable.kinds):
            return
        texts = self.raw.texts
        for index, category in self._words("category", rows):
            if category not in categories:
                continue
            here = rows & (texts["category"].codes == index)
            for number, item in self._words("item", here):
                wrong = self._belongs(item, category)
                if wrong is not None:
                    self._withhold(
                        "category", here & (texts["item"].codes == number), "item-category",
                        item=fuels.name(item), variable=self._said(variable.id), category=category,
                        name_zh=categories.category(category).zh, name_en=categories.category(category).en, right=wrong,
                    )  # fmt: skip

    def _belongs(self, item: str, category: str) -> str | None:
        """The categories where an item belongs, when `category` is not one of them; None when it may stand there."""
        categories, fuels = self.context.categories, self.context.fuels
        if categories is None or fuels is None or fuels.kind(item) not in _NAMED_KINDS:
            return None
        family = categories.parent(category) or category
        named = fuels.find(categories.category(category).zh) or ""
        fits = named in fuels.chain(item) or (named in fuels and item in fuels.chain(named))
        if fits:
            return None
        beside = categories.children(family) if categories.is_leaf(category) else ()
        own = [code for code in beside if (fuels.find(categories.category(code).zh) or "") == item]
        if not own and fuels.kind(named) not in _NAMED_KINDS:
            return None
        return _listed((code, categories.category(code).zh) for code in own)

    def nutrients(self, variable: Variable, rows: Mask) -> None:
        """Pure nutrient and goods as sold differ several times: what unit or basis says must be what is asked."""
        wrong = next(
            (ours for ours, other in ((_PHYSICAL, _PURE), (_PURE, _PHYSICAL)) if other[0] in variable.zh),
            None,
        )
        if wrong is None:
            return
        for column in ("unit", "basis"):
            for index, word in self._words(column, rows):
                said = wrong[0] in word if column == "basis" else wrong[1] in _annotations(word)
                if said:
                    self._withhold(column, rows & (self.raw.texts[column].codes == index), "nutrient-basis", text=word,
                                   variable=self._said(variable.id))  # fmt: skip

    def _said(self, code: str) -> str:
        """A variable or parameter as a clerk knows it: its Chinese name beside the code."""
        known = self.context.known.get(code) or self.context.parameters.get(code)
        return f"{code}（{known.zh}）" if known is not None else code

    def items(self, variable: Variable, rows: Mask) -> None:
        """The item must be of a kind that the variable is about."""
        fuels = self.context.fuels
        if fuels is None or not variable.kinds or variable.id in FUEL_VARIABLES:
            return
        self.rename("item", rows, fuels.find)
        allowed = fuels.of_kinds(variable.kinds)
        for index, word in self._words("item", rows):
            mine = rows & (self.raw.texts["item"].codes == index)
            shown = {
                "variable": self._said(variable.id),
                "expected": _listed((c, fuels.name(c)) for c in allowed),
            }
            if not word:
                self._withhold("item", mine, "blank-item", **shown)
            elif word not in fuels and "gas" in variable.kinds and _mixture(word):
                self._withhold("item", mine, _mixture(word), text=words.shortened(word))
            elif word not in fuels:
                near = [c for c in fuels.suggest(word[:40]) if c in allowed]
                meant = words.meant((c, fuels.name(c)) for c in near)
                self._withhold("item", mine, "unknown-item", text=words.shortened(word), **shown, **meant)
            elif fuels.kind(word) not in variable.kinds:
                self._withhold("item", mine, "item-kind", text=fuels.name(word), **shown)

    def technologies(self, variable: Variable, rows: Mask) -> None:
        """The technology must be one that the variable names, where it names any."""
        if not variable.technologies:
            return
        known, allowed = self.context.technologies, variable.technologies
        self.rename("technology", rows, lambda text: known.find(text, allowed))
        shown = _listed((code, known.name(code)) for code in allowed)
        for index, word in self._words("technology", rows):
            mine = rows & (self.raw.texts["technology"].codes == index)
            if word in allowed or (not word and not variable.technology_required):
                continue
            if word:
                near = words.meant((code, known.name(code)) for code in known.suggest(word[:40], allowed))
                self._withhold("technology", mine, "unknown-technology", text=words.shortened(word),
                               variable=self._said(variable.id), expected=shown, **near)  # fmt: skip
            else:
                blank = mine & np.isnan(self.raw.value)  # a notation key needs no technology
                self._withhold(
                    "technology",
                    mine & ~blank,
                    "technology-missing",
                    variable=self._said(variable.id),
                    expected=shown,
                )

    def rename(self, column: str, rows: Mask, code_of: Callable[[str], str | None]) -> None:
        """Words of these rows that are names become codes; each is said once."""
        texts = self.raw.texts[column]
        replaced = {}
        for index, word in self._words(column, rows):
            code = code_of(word) if word else None
            if code is not None and code != word:
                replaced[index] = code
                mine = np.flatnonzero(rows & (texts.codes == index))
                place = self.raw.place(int(mine[0]), column)
                self.findings.append(
                    finding("word-alias", place, text=words.shortened(word), code=code, count=len(mine))
                )
        if not replaced:
            return
        merged = Column.of([*texts.words, *replaced.values()])
        size = len(texts.words)
        target = merged.codes[:size].copy()
        target[list(replaced)] = merged.codes[size:]
        codes = np.where(rows, target[texts.codes], merged.codes[:size][texts.codes])
        self.raw.texts[column] = Column(codes.astype(np.int32), merged.words)

    def _words(self, column: str, rows: Mask) -> list[tuple[int, str]]:
        texts = self.raw.texts[column]
        present = np.bincount(texts.codes[rows], minlength=len(texts.words)) > 0
        return [(index, word) for index, word in enumerate(texts.words) if present[index]]

    def _withhold(self, column: str, rows: Mask, name: str, /, **values: object) -> None:
        numbers = np.flatnonzero(rows)
        if len(numbers):
            place = self.raw.place(int(numbers[0]), column)
            self.findings.append(finding(name, place, severity="", **values, count=len(numbers)))
            self.held |= rows


def _mixture(word: str) -> str:
    """The finding for a name that is no single gas: a blend or a whole family; "" for any other word."""
    if _BLEND.fullmatch(word.strip()):
        return "gas-blend"
    return "gas-family" if fold(word) in _FAMILIES else ""


def _annotations(unit: str) -> tuple[str, ...]:
    """What a unit says it is a quantity of; () for text that is no unit."""
    try:
        return parse_unit(unit).items if unit else ()
    except UnitError:
        return ()


def _listed(pairs: Iterable[tuple[str, str]], most: int = 24) -> str:
    """Codes with their Chinese names, cut to what fits a message."""
    shown = [f"{code}（{name}）" if name != code else code for code, name in pairs]
    return "、".join(shown[:most]) + (" …" if len(shown) > most else "") if shown else "–"
