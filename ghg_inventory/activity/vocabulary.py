"""Names that people write into variables, items and technologies of a long table, as our codes.

A method says what its variable may be about (methods/*.toml, [[variable]]): which kinds of item, which
technologies. A clerk may write the Chinese name; a word that means nothing here withholds its rows.
"""

from __future__ import annotations

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

Mask = npt.NDArray[np.bool_]


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
            one.rename("item", rows, context.fuels.find if context.fuels else lambda _: None)
            continue
        one.items(variable, rows)
        one.technologies(variable, rows)
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

    def items(self, variable: Variable, rows: Mask) -> None:
        """The item must be of a kind that the variable is about."""
        fuels = self.context.fuels
        if fuels is None or not variable.kinds or variable.id in FUEL_VARIABLES:
            return
        self.rename("item", rows, fuels.find)
        allowed = fuels.of_kinds(variable.kinds)
        for index, word in self._words("item", rows):
            mine = rows & (self.raw.texts["item"].codes == index)
            shown = {"variable": variable.id, "expected": _listed((c, fuels.name(c)) for c in allowed)}
            if not word:
                self._withhold("item", mine, "blank-item", **shown)
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
                self._withhold("technology", mine, "unknown-technology", text=words.shortened(word),
                               variable=variable.id, expected=shown)  # fmt: skip
            else:
                blank = mine & np.isnan(self.raw.value)  # a notation key needs no technology
                self._withhold(
                    "technology", mine & ~blank, "technology-missing", variable=variable.id, expected=shown
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


def _listed(pairs: Iterable[tuple[str, str]], most: int = 24) -> str:
    """Codes with their Chinese names, cut to what fits a message."""
    shown = [f"{code}（{name}）" if name != code else code for code, name in pairs]
    return "、".join(shown[:most]) + (" …" if len(shown) > most else "") if shown else "–"
