"""One pass over a normalised unit text: the longest known word at each place, numbers, powers, parentheses.

Groups are separated by "/" (or "per", 每); inside a group a product of numbers, units, substances and item
words, joined by a space, "·" or "*"; powers m2, m^2, m**2, ha-1. What stands between two slashes belongs
together: "tCO2/10^4 Nm3" divides by ten thousand cubic metres.
"""

from __future__ import annotations

import re
from fractions import Fraction

from ghg_inventory.units.errors import ambiguous_error, choices_error, syntax_error, unknown_error
from ghg_inventory.units.model import Part, carries_substance
from ghg_inventory.units.table import Table, table

MAX_DEPTH = 5
MAX_POWER = 30

_NUMBER = re.compile(
    r"(\d+(?:\.\d+)?)(?:[eE]([+-]?\d{1,3})(?![A-Za-z\d])|\s?(?:\^|\*\*)\s?\(?([+-]?\d{1,3})\)?)?"
)
_LOST_SUPERSCRIPT = re.compile(r"10(?:[2-9]|1[0-2])")
_POWER = re.compile(r"\s?(?:\^|\*\*)\s?(?:\(([+-]?\d{1,2})\)|([+-]?\d{1,2}))|(-[1-9])(?!\d)")
_RUN = re.compile(r"[A-Za-z_][A-Za-z0-9_\-]*|[^\sA-Za-z0-9/·*()\[\]^]+")
_BRACKETED = re.compile(r"\[([^\]]*)\]")
_MULTIPLIERS = {
    "百万": 10**6, "千万": 10**7, "十万": 10**5, "万": 10**4, "亿": 10**8, "千": 10**3, "百": 100, "十": 10,
}  # fmt: skip
_PER = re.compile(r"(?:per|PER|Per)(?![A-Za-z0-9\-])\s*|每")


class Scanner:
    """One pass over one text; `parts` grow left to right."""

    def __init__(self, plain: str, shown: str, depth: int) -> None:
        self.plain, self.shown, self.depth = plain, shown, depth
        self.at = 0
        self.known: Table = table()
        self.parts: list[Part] = []
        self.number = Fraction(1)
        self.symbols: list[tuple[str, int]] = []
        self.last: tuple[int, int] | None = None  # the symbols a power applies to
        self.sign = 1
        self.filled = False  # the group holds something
        self.joined = False  # a dot or star waits for its right side
        self.same_as: list[str] = []  # texts of remarks (=GJ/t), to be verified

    def run(self) -> list[Part]:
        """Scan to the end. Raises: UnitError."""
        while self.at < len(self.plain):
            self.step()
        self.close_group()
        return self.parts

    def step(self) -> None:
        """Read one token at the current position."""
        character = self.plain[self.at]
        if character == " ":
            self.at += 1
        elif character == "/":
            self.slash(1)
        elif character == "·":
            self.join(1)
        elif _POWER.match(self.plain, self.at):
            self.power()
        elif character == "*":
            self.star()
        elif character == "(":
            self.parenthesis()
        elif character == "[":
            self.bracket()
        elif character.isdigit() and character.isascii():
            self.read_number()
        else:
            self.word()

    def slash(self, width: int) -> None:
        """Close the group; the next one divides."""
        self.close_group()
        self.sign = -1
        self.at += width

    def close_group(self) -> None:
        """Store the group. Raises: UnitError unit-syntax when it is empty or ends in a dot."""
        if not self.filled or self.joined:
            why_zh, why_en = "“/”或“·”旁缺少单位", "a unit is missing beside '/' or '·'"
            raise syntax_error(self.shown, why_zh, why_en)
        self.parts.append(Part(self.sign, self.number, tuple(self.symbols)))
        self.number, self.symbols, self.last = Fraction(1), [], None
        self.filled = False

    def join(self, width: int) -> None:
        """A product sign. Raises: UnitError when nothing stands before it."""
        if not self.filled or self.joined:
            raise syntax_error(self.shown, "“·”前缺少单位", "a unit is missing before '·'")
        self.joined = True
        self.at += width

    def star(self) -> None:
        """ "*" multiplies; after a slash it could mean two things and is refused."""
        if self.sign < 0:
            left, right = self.plain[: self.at].strip(), self.plain[self.at + 1 :].strip()
            above, _, below = left.rpartition("/")
            choices = (f"{above}/({below}·{right})", f"{above}·{right}/{below}")
            why_zh, why_en = "“/”之后的“*”有两种读法", "'*' after '/' can be read in two ways"
            raise choices_error(self.shown, choices, why_zh, why_en)
        self.join(1)

    def power(self) -> None:
        """Raise what came last. Raises: UnitError when there is nothing to raise or the power is large."""
        found = _POWER.match(self.plain, self.at)
        assert found is not None  # noqa: S101
        exponent = int(found[1] or found[2] or found[3])
        if self.last is None or not 0 < abs(exponent) <= MAX_POWER:
            raise syntax_error(self.shown, "指数有误", "a power without a unit, or too large")
        start, end = self.last
        self.symbols[start:end] = [(name, old * exponent) for name, old in self.symbols[start:end]]
        self.last = None
        self.at = found.end()

    def parenthesis(self) -> None:
        """A group in parentheses, or item words as a remark: kg/TJ (NCV), 吨(折纯)."""
        end = _closing(self.plain, self.at)
        if end < 0:
            raise syntax_error(self.shown, "括号不成对", "parentheses do not match")
        inner = self.plain[self.at + 1 : end].strip()
        self.at = end + 1
        if inner in self.known.items and self.filled:
            return self.add_item(self.known.items[inner])
        if self.symbols and not self.joined:
            return self.remark(inner)
        if not inner:
            raise syntax_error(self.shown, "括号内为空", "the parentheses are empty")
        return self.merge(read(inner, self.shown, self.depth + 1))

    def remark(self, inner: str) -> None:
        """The unit said twice, at the end: 百万千焦(GJ), TJ/Gg (=GJ/t); the caller verifies it."""
        if self.plain[self.at :].strip():
            why_zh, why_en = "括号前缺少“·”或“/”", "'·' or '/' is missing before the parenthesis"
            raise syntax_error(self.shown, why_zh, why_en)
        self.same_as.append(inner.removeprefix("=").strip())

    def bracket(self) -> None:
        """[C]: a substance on its own. Raises: UnitError for anything else in brackets."""
        found = _BRACKETED.match(self.plain, self.at)
        name = found[1].strip() if found else ""
        name = self.known.spellings.get(name, name)
        if not found or not self.known.is_substance(name):
            raise syntax_error(self.shown, "方括号内应为物质", "brackets hold one substance, e.g. [C]")
        self.at = found.end()
        self.add_symbol(f"[{name}]")

    def read_number(self) -> None:
        """A number before the unit: 10^4, 1e4, 1000. Raises: UnitError for 10e4, 104 and kg 10^4."""
        found = _NUMBER.match(self.plain, self.at)
        assert found is not None  # noqa: S101
        self.refuse_late_number()
        if len(found[1]) > 30:
            raise syntax_error(self.shown, "数字过长", "the number is too long")
        if found[0] == found[1] and _LOST_SUPERSCRIPT.fullmatch(found[1]):
            why_zh, why_en = "可能是丢失了上标的 10 的幂", "a power of ten may have lost its superscript"
            choices = (f"10^{found[1][2:]}", f"1.{found[1][1:]}e{len(found[1]) - 1}")
            raise choices_error(self.shown, choices, why_zh, why_en)
        value = Fraction(found[1])
        if found[2]:
            value *= self.scientific(found[1], int(found[2]))
        elif found[3]:
            if not value or abs(int(found[3])) > 30:
                raise syntax_error(self.shown, "指数有误", "the power is too large")
            value **= int(found[3])
        self.multiply(value)
        self.at = found.end()

    def refuse_late_number(self) -> None:
        """Raises: UnitError when a number follows a unit in its group."""
        if self.symbols:
            why_en = "a number stands before the unit, not after it"
            raise syntax_error(self.shown, "数字应写在单位之前", why_en)

    def scientific(self, mantissa: str, exponent: int) -> Fraction:
        """10^exponent. Raises: UnitError for 10e4, which people write for 10^4 but computers read as 10^5."""
        if mantissa == "10":
            choices = (f"10^{exponent}", f"10^{exponent + 1}")
            why_zh, why_en = "“10e”易与“10^”混淆", "'10e' is easily taken for '10^'"
            raise choices_error(self.shown, choices, why_zh, why_en)
        if abs(exponent) > 30:
            raise syntax_error(self.shown, "指数有误", "the power is too large")
        return Fraction(10) ** exponent

    def multiply(self, value: Fraction) -> None:
        """A number into the group. Raises: UnitError for zero."""
        if not value:
            raise syntax_error(self.shown, "单位的倍数不能为零", "a unit cannot be multiplied by zero")
        self.number *= value
        self.filled, self.joined = True, False

    def word(self) -> None:
        """The longest known word here, a glued pair (tCO2), or a Chinese multiplier."""
        word = self.longest()
        if word:
            self.at += len(word)
            return self.add_known(word)
        per = _PER.match(self.plain, self.at)
        return self.slash(per.end() - self.at) if per else self.split_run()

    def longest(self) -> str:
        """The longest known spelling at this position that ends where a word ends, or ""."""
        plain, at = self.plain, self.at
        for length in self.known.lengths.get(plain[at], ()):
            word = plain[at : at + length]
            if word in self.known.words and len(word) == length and self.ends_word(word, at + length):
                return word
        return ""

    def ends_word(self, word: str, end: int) -> bool:
        """A Latin word ends before anything but a letter, a digit or an inner hyphen ("N2O" in "N2O-N")."""
        if end >= len(self.plain) or not word[-1].isascii():
            return True
        after = self.plain[end]
        if not after.isascii():
            return True
        if after == "-":
            return self.plain[end + 1 : end + 2].isdigit() or word[-1] == "."
        return not (after.isalnum() or after == "_") or word[-1] in "%-"

    def split_run(self) -> None:
        """An unknown run of letters: m3, tCO2, 万吨. Raises: UnitError unknown-unit."""
        for multiplier, value in _MULTIPLIERS.items():
            if self.plain.startswith(multiplier, self.at) and len(self.plain) > self.at + len(multiplier):
                self.refuse_late_number()
                self.at += len(multiplier)
                return self.multiply(Fraction(value))
        found = _RUN.match(self.plain, self.at)
        run = found[0] if found else self.plain[self.at]
        raised = re.fullmatch(r"([A-Za-z]+?)(-?[1-9])", run)
        if raised and self.is_raised(raised[1], raised[2]):
            return self.add_raised(run, raised[1], int(raised[2]))
        pairs = self.glued(run)
        if len(pairs) == 1:
            self.at += len(run)
            for word in pairs[0]:
                self.add_known(word)
            return None
        raise unknown_error(run, self.shown)

    def is_raised(self, word: str, power: str) -> bool:
        """m3, km2, ft3 and ha-1 are powers; t3 is nothing."""
        name = self.known.spellings.get(word, word)
        entry = self.known.units.get(name)
        if entry is None or entry.substance:
            return False
        return power.startswith("-") or (power in "23" and entry.dimension == (("length", 1),))

    def add_raised(self, run: str, word: str, power: int) -> None:
        """Add a unit written with its power at once."""
        self.add_known(word)
        assert self.last is not None  # noqa: S101
        start, end = self.last
        self.symbols[start:end] = [(name, old * power) for name, old in self.symbols[start:end]]
        self.last = None
        self.at += len(run)

    def glued(self, run: str) -> list[tuple[str, str]]:
        """Every way to read the run as a mass or volume followed by a substance or item: tC, kgCH4, tAl."""
        pairs = []
        for cut in range(1, len(run)):
            left, right = run[:cut], run[cut:]
            entry = self.known.units.get(left)
            if entry is None or not carries_substance(entry, 1):
                continue
            name = self.known.spellings.get(right, right)
            if self.known.is_substance(name) or (right in self.known.items and right[0].isupper()):
                pairs.append((left, right))
        return pairs

    def add_known(self, word: str) -> None:
        """Add a word of the table. Raises: UnitError ambiguous-unit."""
        if word in self.known.ambiguous:
            raise ambiguous_error(word, self.shown)
        if word in self.known.units:
            return self.add_symbol(word)
        if word in self.known.spellings:
            canonical = self.known.spellings[word]
            if canonical in self.known.units:
                return self.add_symbol(canonical)
            return self.merge(read(canonical, self.shown, self.depth + 1))
        item = self.known.items[word]
        if item and not self.filled:
            raise unknown_error(word, self.shown)
        return self.add_item(item)

    def add_symbol(self, name: str) -> None:
        """A unit or substance into the group. Raises: UnitError for a substance on its own."""
        self.symbols.append((name, 1))
        self.last = (len(self.symbols) - 1, len(self.symbols))
        self.filled, self.joined = True, False

    def add_item(self, item: str) -> None:
        """An item word; a filler ("") only has to stand behind something."""
        if item:
            self.symbols.append((item, 0))
        self.last, self.joined = None, False

    def merge(self, parts: list[Part]) -> None:
        """What a parenthesis or a composite spelling holds, into this group or as groups of their own."""
        start = len(self.symbols)
        for part in parts:
            if part.sign > 0:
                if part.number != 1:
                    self.refuse_late_number()
                    self.multiply(part.number)
                self.symbols += part.symbols
            else:
                self.parts.append(Part(-self.sign, part.number, part.symbols))
        self.last = (start, len(self.symbols)) if len(parts) == 1 and parts[0].number == 1 else None
        self.filled, self.joined = True, False


def read(plain: str, shown: str, depth: int) -> list[Part]:
    if depth > MAX_DEPTH:
        raise syntax_error(shown, "括号嵌套过深", "too many nested parentheses")
    return Scanner(plain, shown, depth).run()


def _closing(text: str, start: int) -> int:
    depth = 0
    for position in range(start, len(text)):
        depth += {"(": 1, ")": -1}.get(text[position], 0)
        if depth == 0:
            return position
    return -1
