"""What the checks say: the findings, kind by kind."""

from __future__ import annotations

from collections import Counter
from itertools import groupby

from markupsafe import Markup

from ghg_inventory.errors import SEVERITIES, Finding, order
from ghg_inventory.report.blocks import Block, Row, Table
from ghg_inventory.report.rich import rich
from ghg_inventory.report.sections.common import Missing, body, missing, note, row, text
from ghg_inventory.report.view import View

EXAMPLES = {"error": 20, "warning": 3, "info": 0}
"""Findings of a kind that are printed; the others are counted and stand in the attached file."""
# So few findings are read one by one; a table of kinds before them would only repeat them.
FEW_FINDINGS = 8


def findings(view: View) -> list[Block] | Missing:
    """What the checks found: a count by kind, then the findings themselves, most severe first."""
    found = tuple(sorted(order(view.findings), key=lambda f: (SEVERITIES.index(f.severity), f.name)))
    if not found:
        return missing(view, "findings")
    w = view.words
    by_severity = Counter(f.severity for f in found)
    blocks: list[Block] = [
        body(view, "text.findings", total=len(found), error=by_severity["error"], warning=by_severity["warning"],
             info=by_severity["info"]),
    ]  # fmt: skip
    if len(found) > FEW_FINDINGS:
        blocks.append(_kinds(view, found))
    shown = _examples(found)
    if shown:
        placed = any(str(f.place) for f in shown)
        wide = [text(w.plain("column.severity"), 0.9), text(w.plain("column.finding"), 6.6)]
        if placed:
            wide.insert(1, text(w.plain("column.place"), 2.2, "id"))
        blocks.append(Table("findings", w("table.findings"), tuple(wide), _finding_rows(view, shown, placed),
                            size="small"))  # fmt: skip
    left = len(found) - len(shown)
    if left:
        blocks.append(note(view, "note.more_findings", count=left))
    return blocks


def _examples(found: tuple[Finding, ...]) -> list[Finding]:
    """The first findings of each kind, as many as its severity asks for."""
    seen: Counter[tuple[str, str]] = Counter()
    shown = []
    for one in found:
        kind = (one.severity, one.name)
        seen[kind] += 1
        if seen[kind] <= EXAMPLES[one.severity]:
            shown.append(one)
    return shown


def _finding_rows(view: View, shown: list[Finding], placed: bool) -> tuple[Row, ...]:
    """Findings kind by kind; what they all expect and advise is said once, over them."""
    rows: list[Row] = []
    counts = Counter(f.name for f in view.findings)
    for (severity, name), group in groupby(shown, key=lambda f: (f.severity, f.name)):
        found = [(f, *f.text(view.lang).partition("\n")[::2]) for f in group]
        advice = {rest for _, _, rest in found}
        shared = advice.pop() if len(advice) == 1 else ""
        word = view.words.plain(f"severity.{severity}")
        head = Markup("<b>{}</b>").format(name)
        left = counts[name] - len(found)
        more = view.words.plain("format.more", shown=len(found), count=counts[name]) if left else ""
        rows.append(row([word, *([""] if placed else []), head + Markup(" {}").format(more) + _small(shared)], "head"))
        for one, what, rest in found:
            own = "" if shared else rest
            place = [Markup("{}").format(str(one.place))] if placed else []
            rows.append(row(["", *place, rich(what) + _small(own)]))
    return tuple(rows)


def _small(words: str) -> Markup:
    """A line of small print below, or nothing."""
    return Markup("<br><small>{}</small>").format(rich(words.replace("\n", " "))) if words else Markup("")


def _kinds(view: View, found: tuple[Finding, ...]) -> Table:
    """How many findings of each kind."""
    w = view.words
    counts = Counter((f.severity, f.name) for f in found)
    ranked = sorted(counts.items(), key=lambda item: (SEVERITIES.index(item[0][0]), -item[1], item[0][1]))
    rows = [row([w.plain(f"severity.{severity}"), name, str(count)]) for (severity, name), count in ranked]
    columns = (text(w.plain("column.severity"), 1.0), text(w.plain("column.check"), 4.0, "code"),
               text(w.plain("column.count"), 1.0, "num"))  # fmt: skip
    return Table("finding-kinds", w("table.finding_kinds"), columns, tuple(rows), w("unit.count"), (), "small")
