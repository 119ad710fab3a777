"""Files come in: read, check, store, mark, and what each would change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from ghg_inventory.activity import Activity, read, stated_in_two_files, without_duplicates
from ghg_inventory.activity.returns import Ask, load_templates
from ghg_inventory.activity.returns.changes import Change, changes
from ghg_inventory.activity.source import not_a_file
from ghg_inventory.checks.returns import check_returns
from ghg_inventory.errors import Finding, Place, finding, order
from ghg_inventory.pipeline.library import Library, load_library
from ghg_inventory.pipeline.steps import Holdings, Progress, demonstration, reading_context, tell
from ghg_inventory.pipeline.workspace import Workspace
from ghg_inventory.store import SourceFile, Store, Submission
from ghg_inventory.store.blobs import sha256_of

Mask = npt.NDArray[np.bool_]
# Kinds of file that a county fills in; the checks that compare with last year and other counties are for them.
_RETURNS = ("return", "form")


@dataclass(frozen=True, slots=True)
class Intake:
    """How files are to be taken.

    area, year: of forms that do not say theirs; the workspace's area and no year by default. by: who hands
    them in. draft: keep, but not for review yet (only where the workspace asks for review). dry_run: store nothing.
    """

    area: str = ""
    year: int = 0
    by: str = ""
    draft: bool = False
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class Received:
    """One file as read: its records, and what was found in it alone (`noticed`) and beside others (`compared`)."""

    path: Path
    source: SourceFile
    activity: Activity
    noticed: tuple[Finding, ...]
    compared: tuple[Finding, ...] = ()

    @property
    def findings(self) -> tuple[Finding, ...]:
        """All of them."""
        return order([*self.noticed, *self.compared])


@dataclass(frozen=True, slots=True)
class ImportResult:
    """What an import did: the submissions (new or already there), all findings, records read.

    received: the files as read. revised: file name → what its new revision says differently. shelf: what was in
    force before.
    """

    submissions: tuple[Submission, ...]
    findings: tuple[Finding, ...]
    records: int
    received: tuple[Received, ...] = ()
    revised: Mapping[str, tuple[Change, ...]] = field(default_factory=dict)
    shelf: Shelf | None = None


def import_files(
    ws: Workspace,
    paths: Sequence[Path],
    *,
    at: str,
    progress: Progress | None = None,
    how: Intake | None = None,
) -> ImportResult:
    """Read and check files and store each as a new submission."""
    how = how or Intake()
    library = load_library(ws)
    # A wrong areas.csv or factor file is said at once: it is why an area of a form may be unknown.
    findings: list[Finding] = [*demonstration(ws), *library.findings]
    findings += [_no_file(path) for path in paths if not path.is_file()]
    received = _received(ws, library, [path for path in paths if path.is_file()], how, progress)
    # A trial leaves no trace: it opens a store only where there is one.
    store = ws.open_store() if ws.has_store or not how.dry_run else None
    shelf = Shelf.of(store) if store is not None else Shelf((), {})
    received = _compared(received, shelf, library)
    findings += shelf.doubled(received)
    submissions: list[Submission] = []
    revised: dict[str, tuple[Change, ...]] = {}
    for one in received:
        findings += one.findings
        before = shelf.replaced(one)
        if len(before) and len(one.activity):
            revised[one.source.name] = changes(before, one.activity)
        if how.dry_run or store is None:
            continue
        review = ("draft" if how.draft else "submitted") if ws.review else ""
        submission = store.submit(
            one.source, one.activity, one.noticed, at, by=how.by, review=review, checks=one.compared
        )
        submissions.append(submission)
        findings += submission.remarks
    tell(progress, 1, 1.0)
    records = sum(len(one.activity) for one in received)
    return ImportResult(tuple(submissions), order(findings), records, received, revised, shelf)


def _no_file(path: Path) -> Finding:
    strange = not_a_file(path, str(path)) if path.exists() else None
    return strange or finding("file-missing", name=path)


def _received(
    ws: Workspace, library: Library, paths: Sequence[Path], how: Intake, progress: Progress | None
) -> tuple[Received, ...]:
    context = reading_context(ws, library)
    context = replace(context, area_code=how.area or context.area_code, year=how.year)
    out = []
    for number, path in enumerate(paths):
        tell(progress, 1, number / len(paths))
        source = SourceFile(ws.file_name(path), path.read_bytes())
        activity, noticed = read(path, context)
        if any(file.sha256 != sha256_of(source.content) for file in activity.files):
            activity, noticed = Activity.empty(), (finding("file-changed", Place(source.name)),)
        out.append(Received(path, source, activity, noticed))
    return tuple(out)


def marked_copies(
    result: ImportResult, folder: Path, lang: str
) -> tuple[tuple[Path, ...], tuple[Finding, ...]]:
    """Write `<name>_问题.xlsx` (or _findings) for every file with something to mend: the paths, and what failed."""
    from ghg_inventory.workbooks.annotate import annotate

    made, failed = [], []
    for one in result.received:
        said = [f for f in one.findings if f.severity != "info"]
        if not said:
            continue
        path = folder / f"{one.path.stem}_{'问题' if lang == 'zh' else 'findings'}.xlsx"
        content, trouble = annotate(one.source.content, one.path.name, said, lang)
        failed += trouble
        if content:
            folder.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
            made.append(path)
    return tuple(made), tuple(failed)


@cache
def asks_by_key() -> Mapping[tuple[str, ...], Ask]:
    """Everything the templates ask, by the key of its record."""
    return {ask.key: ask for template in load_templates() for sheet in template.sheets for ask in sheet.asks}


@dataclass(frozen=True, slots=True)
class Shelf:
    """What is in force, file by file."""

    held: tuple[tuple[Submission, Activity], ...]
    findings: Mapping[int, tuple[Finding, ...]]

    @classmethod
    def of(cls, store: Store) -> Shelf:
        """What is in force in the store now."""
        submissions = store.submissions()
        held = tuple((one, store.activity([one])) for one in submissions)
        said = {
            one.id: tuple(f for f in store.findings(one) if f.place.sheet not in one.superseded)
            for one in submissions
        }
        return cls(held, said)

    def replaced(self, one: Received) -> Activity:
        """The records whose place a file would take: of the same sheets, else of the same file name."""
        return Activity.concat([a.select(_taken(s, a, [one])) for s, a in self.held])

    def left(self, files: Sequence[Received]) -> tuple[tuple[Submission, Activity], ...]:
        """What would stay in force beside the files."""
        return tuple((s, kept) for s, a in self.held if len(kept := a.select(~_taken(s, a, files))))

    def with_files(self, files: Sequence[Received]) -> Holdings:
        """What a compilation would start from if the files counted."""
        left = self.left(files)
        found = [f for submission, _ in left for f in self.findings[submission.id]]
        activity = Activity.concat([*(a for _, a in left), *(one.activity for one in files)])
        submissions = tuple(submission for submission, _ in left)
        return Holdings.of(
            submissions, activity, order([*found, *(f for one in files for f in one.findings)])
        )

    def doubled(self, files: Sequence[Received]) -> list[Finding]:
        """Records that two files state, as they would be if the files counted."""
        parts = [*(a for _, a in self.left(files)), *(one.activity for one in files)]
        single, doubled = without_duplicates(Activity.concat(parts))
        return [*doubled, *stated_in_two_files(single)]

    def as_is(self) -> Holdings:
        """What a compilation starts from now."""
        return self.with_files(())


def _taken(submission: Submission, activity: Activity, files: Sequence[Received]) -> Mask:
    """The records of a submission whose place one of the files would take."""
    taken = np.zeros(len(activity), dtype=bool)
    for one in files:
        scopes = {(s.area, s.year, s.sheet) for file in one.activity.files for s in file.scopes}
        if not scopes and submission.file_name == one.source.name:
            taken[:] = True
        titles = {s.title for s in submission.scopes if (s.area, s.year, s.sheet) in scopes}
        if titles and len(activity):
            taken |= np.asarray([word in titles for word in activity.sheet.words])[activity.sheet.codes]
    return taken


def _compared(files: Sequence[Received], shelf: Shelf, library: Library) -> tuple[Received, ...]:
    """Returns beside last year, beside the other counties, and beside the other sheets of the same county."""
    if not any(_is_return(one) for one in files):
        return tuple(files)
    # What a file itself states is no witness for it: the checks leave its own records out.
    known = Activity.concat([*(a for _, a in shelf.left(files)), *(one.activity for one in files)])
    out = []
    for one in files:
        if _is_return(one):
            found = check_returns(one.activity, known, asks_by_key(), library.areas)
            one = replace(one, compared=tuple(found))
        out.append(one)
    return tuple(out)


def _is_return(one: Received) -> bool:
    return len(one.activity) > 0 and any(file.kind in _RETURNS for file in one.activity.files)
