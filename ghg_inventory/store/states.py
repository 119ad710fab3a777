"""The states of a submission and what may follow what; the table is states.toml."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import tomli


@dataclass(frozen=True, slots=True)
class Step:
    """One permitted change. verb: the command that makes it; needs_reason: who makes it must say why."""

    verb: str
    needs_reason: bool


@dataclass(frozen=True, slots=True)
class State:
    """A state: its names, whether the records of a submission in it count, and the steps out of it."""

    zh: str
    en: str
    counts: bool
    steps: dict[str, Step]

    def word(self, lang: str) -> str:
        """The state's name in "zh" or "en"."""
        return self.zh if lang == "zh" else self.en


@cache
def states() -> dict[str, State]:
    """Every state by its name."""
    with (Path(__file__).parent / "states.toml").open("rb") as stream:
        table = tomli.load(stream)
    return {
        name: State(
            entry["zh"], entry["en"], entry["counts"],
            {to: Step(step["verb"], step["reason"]) for to, step in entry["next"].items()},
        )
        for name, entry in table.items()
    }  # fmt: skip


def counts(standing: str) -> bool:
    """True when the records of a submission in this state may go into an inventory."""
    return states()[standing].counts


def possible_text(standing: str, lang: str) -> str:
    """What may be done from this state, as words with their commands: "接受（accept）、退回（return）"."""
    known = states()
    opening, closing, comma = ("（", "）", "、") if lang == "zh" else (" (", ")", ", ")
    listed = [
        known[to].word(lang) + opening + step.verb + closing for to, step in known[standing].steps.items()
    ]
    return comma.join(listed) or ("无" if lang == "zh" else "nothing")
