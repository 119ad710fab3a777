"""From a ReportInput to a Document: the outline is data, the sections are functions, the templates only walk it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from markupsafe import Markup

from ghg_inventory.errors import DataFileError
from ghg_inventory.report.blocks import (
    Block,
    Chapter,
    Facts,
    Figure,
    Paragraph,
    Section,
    Table,
    number_chapters,
)
from ghg_inventory.report.model import ReportInput
from ghg_inventory.report.numerals import NIL, signed
from ghg_inventory.report.rich import rich
from ghg_inventory.report.sections import BUILDERS, Missing
from ghg_inventory.report.sections.common import num, row, text
from ghg_inventory.report.view import View, make_view
from ghg_inventory.report.wording import template_data
from ghg_inventory.tables import require_keys


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the contents. number and title as printed; depth 1 or 2; roman: page number style."""

    target: str
    number: str
    title: Markup
    depth: int = 1
    roman: bool = False


@dataclass(frozen=True, slots=True)
class Document:
    """A report in one language, ready for the templates."""

    lang: str
    title: str
    subtitle: str
    demonstration: bool
    fingerprint: str
    issue_date: str
    cover: tuple[tuple[Markup, Markup], ...]
    statement: Chapter
    chapters: tuple[Chapter, ...]
    contents: tuple[Entry, ...]
    figures: tuple[Entry, ...]
    tables: tuple[Entry, ...]


def build(data: ReportInput, lang: str) -> Document:
    """Everything a report prints, in `lang` ("zh" or "en").

    Raises: DataFileError when outline.toml names a section that does not exist.
    """
    view = make_view(data, lang)
    w = view.words
    chapters, omitted = _chapters(view, _outline(data.kind))
    chapters = _with_omitted(view, chapters, omitted)
    labels = {word: w.plain(f"label.number_{word}") for word in ("table", "figure", "equation", "annex")}
    numbered = number_chapters([_statement(view), *chapters], labels)
    statement, body = numbered[0], tuple(numbered[1:])
    title = w.plain(f"title.{data.kind}", area=view.area)
    return Document(
        lang, title, w.plain("title.year", year=data.year), data.demonstration, data.run.run_id[:16],
        data.issue_date, _cover(view), statement, body, _contents(view, statement, body),
        _lists((statement, *body), Figure), _lists((statement, *body), Table, Facts),
    )  # fmt: skip


def _outline(kind: str) -> list[Mapping[str, Any]]:
    """The chapters of a kind of report. Raises: DataFileError for an unknown kind, key or section."""
    outlines = template_data("outline")
    if kind not in outlines:
        raise DataFileError(f"outline.toml has no report of kind {kind!r}; it has {', '.join(outlines)}")
    chapters: list[Mapping[str, Any]] = outlines[kind]
    for chapter in chapters:
        require_keys(dict(chapter), ("id", "sections"), ("numbering", "wide", "new_page"), f"outline.toml, {kind}")
        unknown = [name for name in chapter["sections"] if name not in BUILDERS]
        if unknown:
            raise DataFileError(f"outline.toml, {kind}: no section {', '.join(unknown)}")
    return chapters


def _chapters(view: View, outline: list[Mapping[str, Any]]) -> tuple[list[Chapter], list[tuple[Markup, Markup]]]:
    """The chapters that have something to say, and (title, reason) of what was left out whole."""
    chapters: list[Chapter] = []
    omitted: list[tuple[Markup, Markup]] = []
    for entry in outline:
        made = [(name, BUILDERS[name](view)) for name in entry["sections"]]
        title = view.words(f"chapter.{entry['id']}")
        if all(isinstance(result, Missing) for _, result in made):
            told = [result.reason for _, result in made if isinstance(result, Missing) and result.reason]
            omitted += [(title, reason) for reason in told[:1]]
            continue
        made = [(name, result) for name, result in made if not isinstance(result, Missing) or result.reason]
        sections = tuple(_section(view, name, result, len(made) > 1) for name, result in made)
        numbering = str(entry.get("numbering", "arabic"))
        wide, new_page = bool(entry.get("wide", False)) and _is_wide(sections), bool(entry.get("new_page", False))
        chapters.append(Chapter(str(entry["id"]), title, sections, numbering, wide, new_page or wide))
    return chapters, omitted


WIDE_COLUMNS = 8
"""Columns that an upright page holds; a wide chapter with fewer stands upright too."""


def _is_wide(sections: Iterable[Section]) -> bool:
    tables = (block for section in sections for block in section.blocks if isinstance(block, Table))
    return any(len(table.columns) > WIDE_COLUMNS for table in tables)


def _section(view: View, name: str, result: list[Block] | Missing, titled: bool) -> Section:
    """A section; one without data is a single stated line under no heading of its own."""
    if isinstance(result, Missing):
        line = view.words("format.missing", title=view.words(f"section.{name}"), reason=result.reason)
        return Section(name, Markup(""), (Paragraph(line, "empty"),))
    return Section(name, view.words(f"section.{name}") if titled else Markup(""), tuple(result))


def _with_omitted(view: View, chapters: list[Chapter], omitted: list[tuple[Markup, Markup]]) -> list[Chapter]:
    """Say at the end of the chapter on scope what the report does not hold, and why."""
    if not omitted:
        return chapters
    lines: tuple[Block, ...] = tuple(
        Paragraph(view.words("format.missing", title=title, reason=reason), "empty") for title, reason in omitted
    )
    extra = Section("omitted", view.words("section.omitted"), lines)
    return [
        replace(c, sections=(*c.sections, extra)) if c.id == "scope" else c
        for c in chapters
    ]  # fmt: skip


def _cover(view: View) -> tuple[tuple[Markup, Markup], ...]:
    w = view.words
    data = view.input
    profile = next(p for p in data.profiles if p.id == data.main_profile)
    rows = [
        (w("label.profile"), rich(profile.name(view.lang))),
        (w("label.gwp"), rich(data.gwp.name(view.lang))),
        (w("label.cutoff"), rich(w.date(data.data_cutoff))),
        (w("label.issued"), rich(w.date(data.issue_date))),
        (w("label.run"), Markup("<code>{}</code>").format(data.run.run_id[:16])),
    ]
    errors = sum(f.severity == "error" for f in view.findings)
    if errors:
        rows.append((w("label.state"), w("text.state_incomplete", count=errors)))
    return tuple((label, value) for label, value in rows if value)


def _statement(view: View) -> Chapter:
    """The page that identifies the run: hashes, versions, the command, the input files, the revisions."""
    w = view.words
    run = view.input.run
    code = Markup("<code>{}</code>").format
    facts = [
        (w("label.run_id"), code(run.run_id)), (w("label.program"), code(run.program_version)),
        (w("label.factor_set"), code(run.factor_set_sha256)), (w("label.command"), code(run.command)),
        (w("label.issued"), rich(w.date(view.input.issue_date))),
    ]  # fmt: skip
    blocks: list[Block] = [
        Paragraph(w("text.statement")),
        Facts("identity", tuple(facts), w("table.identity")),
        _inputs(view),
        _revisions(view),
    ]
    section = Section("statement", Markup(""), tuple(blocks))
    return Chapter("statement", w("chapter.statement"), (section,), "", new_page=True)


def _inputs(view: View) -> Table:
    w = view.words
    decided = any(f.statement(view.lang) for f in view.input.run.inputs)
    columns = [text(w.plain("column.file"), 2.2, "id"), text(w.plain("column.kind"), 0.9),
               text(w.plain("column.rows"), 0.7, "num"), text("SHA-256", 2.7 if decided else 4.6, "id")]  # fmt: skip
    if decided:
        columns.append(text(w.plain("column.statement"), 3.6))
    rows = [
        row([Markup("{}").format(f.name), _kind(view, f.kind), f"{f.rows:,}", Markup("{}").format(f.sha256),
             *([f.statement(view.lang) or NIL] if decided else [])])
        for f in view.input.run.inputs
    ]  # fmt: skip
    return Table("inputs", w("table.inputs"), tuple(columns), tuple(rows), size="tiny")


def _kind(view: View, kind: str) -> str:
    """What kind of file it is in words; a kind without a word as it is."""
    key = f"kind.{kind}"
    return view.words.plain(key) if view.words.has(key) else kind


def _revisions(view: View) -> Table:
    w = view.words
    columns = (text(w.plain("column.version"), 1.0), text(w.plain("column.date"), 1.9),
               text(w.plain("column.revision"), 5.0), num(f"{w.plain('column.effect')} (t CO2e)", 2.2))  # fmt: skip
    rows = [
        row([r.version, w.date(r.date), r.change(view.lang), signed(r.effect_t, 0)])
        for r in view.input.run.revisions
    ] or [row([w.plain("mark.first"), w.date(view.input.issue_date), w.plain("text.first_version"), NIL])]
    return Table("revisions", w("table.revisions"), columns, tuple(rows))


def _contents(view: View, statement: Chapter, chapters: tuple[Chapter, ...]) -> tuple[Entry, ...]:
    w = view.words
    entries = [Entry("c-statement", "", statement.title, 1, True), Entry("c-lists", "", w("chapter.lists"), 1, True)]
    for chapter in chapters:
        entries.append(Entry(f"c-{chapter.id}", chapter.number, chapter.title))
        entries += [
            Entry(f"c-{chapter.id}-{s.id}", s.number, s.title, 2) for s in chapter.sections if s.title and s.number
        ]
    return tuple(entries)


def _lists(chapters: tuple[Chapter, ...], *kinds: type[Table | Figure | Facts]) -> tuple[Entry, ...]:
    """The list of figures or tables."""
    return tuple(
        Entry(f"b-{block.id}", block.number, block.caption, 1, chapter.id == "statement")
        for chapter in chapters for block in chapter.blocks()
        if isinstance(block, kinds) and isinstance(block, Table | Figure | Facts) and block.number
    )  # fmt: skip
