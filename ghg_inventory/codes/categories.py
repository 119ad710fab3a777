"""Categories of the inventory: the provincial list and the GPC references, in one depth-first numbering.

Two forests in one list: the provincial sectors 1, X, 2, 3, 4, 5, M, then the GPC sectors I to VI. In
depth-first order the descendants of a category are one contiguous range, so a total over a category is
a slice: rows `i` to `last_descendant[i]`, both included.

Roles: sector, group, leaf-group (both a sum and a place where data may be entered whole), leaf,
removal, emission, removal/emission, adjustment, of-which (part of its parent, never added), memo.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

from ghg_inventory.codes.words import closest, fold, shipped_rows, split_list
from ghg_inventory.tables import IntArray, Row

_PROVINCIAL = (
    "code", "parent", "level", "zh", "en", "role", "gases", "in_total", "ipcc2006", "crt", "gpc",
    "gpc_scope", "guide2011", "guide2011_confirmed", "activity_zh", "unit_zh", "department_zh", "notes",
)  # fmt: skip
_GPC = (
    "code", "parent", "level", "zh", "en", "role", "scope", "basic", "basic_plus", "territorial",
    "other_scope3", "ipcc2006", "crt", "notes",
)  # fmt: skip
_MAP = ("code", "scheme", "target", "cardinality", "note")


@dataclass(frozen=True, slots=True)
class Category:
    """One category.

    code, parent: text, "" for the parent of a root. level: 1 for a root.
    forest: "provincial" or "gpc".
    gases: gases or gas families it may emit; () means that the list does not restrict them (all GPC rows).
    in_total: "yes", "no" (reported beside the total), "memo" or "of-which" (inside its parent).
    ipcc2006, crt, gpc: codes of the counterparts, () when there is none (see `CategoryTree.counterparts`).
    gpc_scope: "1", "2", "3" or "" for the provincial list's counterpart; for a GPC reference its own scope.
    flags: for a GPC reference those of "basic", "basic_plus", "territorial", "other_scope3" that hold.
    guide2011: heading in the 2011 provincial guide, "" when not confirmed; unit_zh: units of the source form.
    """

    code: str
    parent: str
    level: int
    zh: str
    en: str
    role: str
    forest: str
    gases: tuple[str, ...] = ()
    in_total: str = "yes"
    ipcc2006: tuple[str, ...] = ()
    crt: tuple[str, ...] = ()
    gpc: tuple[str, ...] = ()
    gpc_scope: str = ""
    flags: tuple[str, ...] = ()
    guide2011: str = ""
    activity_zh: str = ""
    unit_zh: str = ""
    department_zh: str = ""
    notes: str = ""

    def name(self, lang: str = "zh") -> str:
        """The name in "zh" or "en"."""
        return self.zh if lang == "zh" else self.en

    @property
    def adds_to_parent(self) -> bool:
        """False for a row that its parent's total must not contain.

        Those are of-which rows, memo items (they overlap each other and have different units) and GPC
        references outside BASIC+ (territorial-only I.4.4, III.*.3 and other scope 3), so that the total of
        a GPC sector or subsector is its BASIC+ total.
        """
        if self.in_total in ("of-which", "memo"):
            return False
        return not (self.forest == "gpc" and self.role == "leaf" and "basic_plus" not in self.flags)


@dataclass(frozen=True, slots=True)
class Counterpart:
    """One line of the mapping provincial → other scheme.

    scheme: "ipcc2006", "crt" or "gpc". target: code there, "" for no counterpart. cardinality: "1:1", "1:n"
    (one of ours is several of theirs), "n:1", "n:m" or "none".
    """

    code: str
    scheme: str
    target: str
    cardinality: str
    note: str


class CategoryTree:
    """All categories in depth-first order, with the arrays that roll-ups need.

    codes: tuple of codes. index: code → position. parent_index: int32, -1 for a root. last_descendant:
    int32, inclusive end of the range of descendants. depth: int32, 1 for a root. adds: bool, as
    `adds_to_parent(code)`.
    """

    codes: tuple[str, ...]
    index: dict[str, int]
    parent_index: IntArray
    last_descendant: IntArray
    depth: IntArray
    adds: npt.NDArray[np.bool_]

    def __init__(self, categories: Iterable[Category], counterparts: Iterable[Counterpart] = ()) -> None:
        """Number the categories depth-first, keeping the given order among siblings.

        Raises: ValueError for an unknown parent, a repeated code or a cycle (our own data are wrong).
        """
        self._categories = _depth_first(list(categories))
        self.codes = tuple(c.code for c in self._categories)
        self.index = {code: number for number, code in enumerate(self.codes)}
        self.parent_index = np.array([self.index.get(c.parent, -1) for c in self._categories], dtype=np.int32)
        self.last_descendant = _last_descendants(self.parent_index)
        self.depth = np.array([c.level for c in self._categories], dtype=np.int32)
        self.adds = np.array([c.adds_to_parent for c in self._categories], dtype=np.bool_)
        self._counterparts = tuple(counterparts)
        self._names = _names_of(self._categories)

    @classmethod
    def load(cls) -> CategoryTree:
        """The shipped tree; read once per process."""
        return _shipped()

    @property
    def roots(self) -> tuple[str, ...]:
        """Codes of the sectors: provincial 1, X, 2, 3, 4, 5, M, then GPC I to VI."""
        return tuple(c.code for c in self._categories if not c.parent)

    def category(self, code: str) -> Category:
        """The category. Raises: KeyError for a code that is not in the tree; ask `find` first."""
        return self._categories[self.index[code]]

    def parent(self, code: str) -> str:
        """The code above, "" for a root."""
        return self.category(code).parent

    def adds_to_parent(self, code: str) -> bool:
        """False where the parent's total must not contain the category (see `Category.adds_to_parent`)."""
        return bool(self.adds[self.index[code]])

    def in_total(self, code: str) -> bool:
        """True for a part of the inventory's total: not land use, transfers, memo or of-which."""
        return self.category(code).in_total == "yes"

    def __contains__(self, code: object) -> bool:
        return code in self.index

    def __len__(self) -> int:
        return len(self.codes)

    def ancestors(self, code: str) -> tuple[str, ...]:
        """Codes above, nearest first, without the code itself."""
        above = []
        number = int(self.parent_index[self.index[code]])
        while number >= 0:
            above.append(self.codes[number])
            number = int(self.parent_index[number])
        return tuple(above)

    def chain(self, code: str) -> tuple[str, ...]:
        """The code and the codes above it, nearest first."""
        return (code, *self.ancestors(code))

    def path(self, code: str) -> tuple[str, ...]:
        """Codes from the root down to and including the code."""
        return (*reversed(self.ancestors(code)), code)

    def is_ancestor(self, above: str, code: str) -> bool:
        """True when `above` is `code` or contains it."""
        first, number = self.index[above], self.index[code]
        return first <= number <= int(self.last_descendant[first])

    def children(self, code: str) -> tuple[str, ...]:
        """Codes directly below, in order."""
        number = self.index[code]
        below = np.flatnonzero(self.parent_index == number)
        return tuple(self.codes[child] for child in below)

    def descendants(self, code: str) -> tuple[str, ...]:
        """The code and all codes below it, in order."""
        number = self.index[code]
        return self.codes[number : int(self.last_descendant[number]) + 1]

    def is_leaf(self, code: str) -> bool:
        """True when nothing that adds to the category lies below it."""
        return not any(self.category(child).adds_to_parent for child in self.children(code))

    def find(self, text: str) -> str | None:
        """The code a person meant: the code itself (any width and case), or a name only one category has."""
        if text in self.index:
            return text
        return self._names.get(fold(text)) or None

    def suggest(self, text: str) -> tuple[str, ...]:
        """Up to three codes near a misspelt code or name."""
        wanted = fold(text).strip(".")
        while "." in wanted:
            wanted = wanted.rpartition(".")[0]
            if wanted.upper() in self.index:
                return (wanted.upper(), *self.children(wanted.upper()))[:3]
        return closest(text, {name: code for name, code in self._names.items() if code})

    def counterparts(self, code: str, scheme: str) -> tuple[Counterpart, ...]:
        """The lines of the mapping for a provincial code; a line with target "" says there is none."""
        return tuple(c for c in self._counterparts if c.code == code and c.scheme == scheme)

    @property
    def mapping(self) -> tuple[Counterpart, ...]:
        """The whole mapping provincial → ipcc2006, crt, gpc."""
        return self._counterparts


def _depth_first(categories: list[Category]) -> tuple[Category, ...]:
    known = {c.code for c in categories}
    below: dict[str, list[Category]] = {}
    for category in categories:
        if category.parent and category.parent not in known:
            raise ValueError(f"category {category.code!r}: unknown parent {category.parent!r}")
        below.setdefault(category.parent, []).append(category)
    ordered: list[Category] = []
    stack = list(reversed(below.get("", [])))
    while stack:
        category = stack.pop()
        ordered.append(category)
        stack.extend(reversed(below.get(category.code, [])))
    if len(ordered) != len(categories) or len(known) != len(categories):
        raise ValueError("the category list has a repeated code or a cycle")
    return tuple(ordered)


def _last_descendants(parent_index: IntArray) -> IntArray:
    last = np.arange(len(parent_index), dtype=np.int32)
    for number in range(len(parent_index) - 1, -1, -1):
        parent = parent_index[number]
        if parent >= 0:
            last[parent] = max(last[parent], last[number])
    return last


def _names_of(categories: Sequence[Category]) -> dict[str, str]:
    """Folded code or name → code; "" for a name that several categories share (奶牛 is in 3.1 and 3.2)."""
    names = {fold(c.code): c.code for c in categories}
    for category in categories:
        for text in {fold(category.zh), fold(category.en)}:
            names[text] = "" if text in names and names[text] != category.code else category.code
    return names


@cache
def _shipped() -> CategoryTree:
    provincial = [_provincial(row) for row in shipped_rows("categories.csv", _PROVINCIAL)]
    references = [_reference(row) for row in shipped_rows("gpc_refs.csv", _GPC)]
    mapping = [Counterpart(*(row[c] for c in _MAP)) for row in shipped_rows("category_map.csv", _MAP)]
    return CategoryTree([*provincial, *references], mapping)


def _provincial(row: Row) -> Category:
    return Category(
        code=row["code"], parent=row["parent"], level=int(row["level"]), zh=row["zh"], en=row["en"],
        role=row["role"], forest="provincial", gases=split_list(row["gases"]), in_total=row["in_total"],
        ipcc2006=split_list(row["ipcc2006"]), crt=split_list(row["crt"]), gpc=split_list(row["gpc"]),
        gpc_scope=row["gpc_scope"], activity_zh=row["activity_zh"], unit_zh=row["unit_zh"],
        guide2011=row["guide2011"] if row["guide2011_confirmed"] == "yes" else "",
        department_zh=row["department_zh"], notes=row["notes"],
    )  # fmt: skip


def _reference(row: Row) -> Category:
    flags = tuple(f for f in ("basic", "basic_plus", "territorial", "other_scope3") if row[f] == "yes")
    counted = row["role"] != "leaf" or "basic_plus" in flags
    return Category(
        code=row["code"], parent=row["parent"], level=int(row["level"]), zh=row["zh"], en=row["en"],
        role=row["role"], forest="gpc", in_total="yes" if counted else "no",
        ipcc2006=split_list(row["ipcc2006"]), crt=split_list(row["crt"]), gpc=(row["code"],),
        gpc_scope=row["scope"], flags=flags, notes=row["notes"],
    )  # fmt: skip
