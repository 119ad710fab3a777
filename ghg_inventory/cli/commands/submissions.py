"""`ghg submissions` and `ghg audit`: what was handed in, how it stands, who did what."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ghg_inventory.cli import layout
from ghg_inventory.cli.changed import changes_text
from ghg_inventory.cli.commands.areas import require_area, tree_of
from ghg_inventory.cli.output import code_of, print_findings, print_json
from ghg_inventory.cli.page import Page, command, group, json_option, pass_session, words
from ghg_inventory.cli.running import USAGE, sentences
from ghg_inventory.cli.session import Session, now, user
from ghg_inventory.errors import StoreError

if TYPE_CHECKING:
    from ghg_inventory.areas import AreaTree
    from ghg_inventory.store import AuditEntry, Store, Submission

submissions = group("submissions")
WAITING = ("draft", "submitted", "returned")
# The state that each command brings a submission into.
VERBS = {
    "submit": "submitted", "return": "returned", "accept": "accepted", "freeze": "frozen",
    "reopen": "accepted", "withdraw": "withdrawn",
}  # fmt: skip
_AREAS_SHOWN = 3
_LINES = 60


def state_word(standing: str, lang: str) -> str:
    """A state's name for people."""
    from ghg_inventory.store.states import states

    return states()[standing].word(lang)


def _moment(at: str) -> str:
    return at[:16].replace("T", " ")


# -- list ------------------------------------------------------------------------------------------------


@command("list")
@click.option("--all", "show_all", is_flag=True)
@click.option("--waiting", is_flag=True)
@click.option("--area", metavar="CODE")
@click.option("--year", type=int, metavar="YEAR")
@click.option("--as-of", default="", metavar="DATE")
@json_option
@pass_session
def list_(
    session: Session, /, show_all: bool, waiting: bool, as_of: str, as_json: bool, **whose: Any
) -> None:
    """List submissions."""
    lang, tree = session.lang, tree_of(session)
    area = require_area(tree, whose["area"], lang) if whose["area"] else ""
    found = session.workspace().open_store().submissions(not (show_all or waiting), as_of)
    found = tuple(s for s in found if _is_about(s, area, whose["year"]))
    if waiting:
        found = tuple(s for s in found if s.standing in WAITING)
    if as_json:
        print_json([facts(s) for s in found])
        return
    click.echo(_list_text(found, tree, lang) if found else words(lang)["nothing_there"])


def _is_about(submission: Submission, area: str, year: int | None) -> bool:
    areas, years = coverage(submission)
    return (not area or area in areas) and (year is None or year in years)


def coverage(submission: Submission) -> tuple[tuple[str, ...], tuple[int, ...]]:
    """The areas and years that a submission is about."""
    areas = {*submission.area_codes, *(scope.area for scope in submission.scopes)}
    years = {*submission.years, *(scope.year for scope in submission.scopes)}
    return tuple(sorted(areas)), tuple(sorted(years))


def _list_text(found: Iterable[Submission], tree: AreaTree, lang: str) -> str:
    fixed = words(lang)
    rows = [
        (str(s.id), state_word(s.standing, lang) + ("*" if s.superseded else ""), *_whose(s, tree, lang), s.file_name,
         str(s.revision), f"{s.record_count:,}", str(s.error_count or ""), _moment(s.standing_at), s.standing_by)
        for s in found
    ]  # fmt: skip
    header = [fixed[key] for key in ("sub_number", "state", "area", "year", "file", "revision", "records",
                                     "sub_errors", "sub_when", "sub_who")]  # fmt: skip
    note = "\n\n" + fixed["sub_partly"] if any("*" in row[1] for row in rows) else ""
    return layout.table(rows, header, right=[0, 5, 6, 7]) + note


def _whose(submission: Submission, tree: AreaTree, lang: str) -> tuple[str, str]:
    areas, years = coverage(submission)
    names = [tree.name(area, lang) if area in tree else area for area in areas[:_AREAS_SHOWN]]
    text = ("、" if lang == "zh" else ", ").join(names) + (" …" if len(areas) > _AREAS_SHOWN else "")
    span = f"{years[0]}–{years[-1]}" if len(years) > 1 else "".join(map(str, years))
    return text, span


def facts(submission: Submission) -> dict[str, Any]:
    """A submission for a program to read."""
    names = (
        "id", "file_name", "revision", "kind", "size", "sha256", "activity_sha256", "records_sha256",
        "reading_sha256", "supersedes", "imported_at", "by", "program_version", "record_count", "error_count",
        "warning_count", "info_count", "area_codes", "years", "standing", "standing_at", "standing_by",
        "standing_reason", "superseded",
    )  # fmt: skip
    return {
        **{name: getattr(submission, name) for name in names}, "read_as": submission.state,
        "scopes": [scope._asdict() for scope in submission.scopes],
    }  # fmt: skip


# -- show, changes, file ---------------------------------------------------------------------------------


@command("show")
@click.argument("number", type=int, metavar="ID")
@click.option("--all", "show_all", is_flag=True)
@json_option
@pass_session
def show(session: Session, /, number: int, show_all: bool, as_json: bool) -> None:
    """Show a submission."""
    store, lang = session.workspace().open_store(), session.lang
    submission = store.submission(number)
    history, found = store.decisions(number), store.findings(submission)
    if as_json:
        print_json({
            **facts(submission), "findings": [f.as_dict() for f in found],
            "decisions": [{"state": d.state, "at": d.at, "by": d.by, "reason": d.reason} for d in history],
        })  # fmt: skip
        return
    fixed = words(lang)
    came = (fixed["sub_received"], _moment(submission.imported_at), submission.by, "")
    acts = [(state_word(d.state, lang), _moment(d.at), d.by, d.reason) for d in history]
    click.echo(layout.table(_rows(submission, tree_of(session), lang)))
    header = [fixed[key] for key in ("state", "sub_when", "sub_who", "sub_why")]
    click.echo("\n" + layout.table([came, *acts], header))
    click.echo()
    print_findings(found, lang, limit=0 if show_all else _LINES)


def _rows(s: Submission, tree: AreaTree, lang: str) -> list[tuple[str, str]]:
    fixed = words(lang)
    area, year = _whose(s, tree, lang)
    comma = "、" if lang == "zh" else ", "
    held = [scope.title for scope in s.scopes if scope.title not in s.superseded]
    rows = [
        (fixed["sub_number"], str(s.id)), (fixed["state"], state_word(s.standing, lang)),
        (fixed["file"], s.file_name), (fixed["revision"], str(s.revision)),
        (fixed["sub_before"], str(s.supersedes or "–")), (fixed["area"], area), (fixed["year"], year),
        (fixed["sub_sheets"], comma.join(held)), (fixed["sub_taken"], comma.join(s.superseded)),
        (fixed["records"], f"{s.record_count:,}"), (fixed["sub_size"], f"{s.size:,}"),
        (fixed["sub_sha256"], s.sha256), (fixed["sub_activity_sha256"], s.activity_sha256),
        (fixed["sub_reading_sha256"], s.reading_sha256), (fixed["sub_program"], s.program_version),
    ]  # fmt: skip
    return [row for row in rows if row[1]]


@command("changes")
@click.argument("number", type=int, metavar="ID")
@json_option
@pass_session
def changes(session: Session, /, number: int, as_json: bool) -> None:
    """Show what a submission says differently from what it takes the place of."""
    from ghg_inventory.activity.returns import changes as comparing

    store, lang = session.workspace().open_store(), session.lang
    submission = store.submission(number)
    found = comparing.changes(store.before(submission), store.whole(submission))
    if as_json:
        print_json([change._asdict() for change in found])
        return
    if submission.supersedes is None:
        click.echo(words(lang)["sub_first"])
    else:
        click.echo(changes_text(found, lang) or words(lang)["sub_same"])


@command("file")
@click.argument("number", type=int, metavar="ID")
@click.option("--output", type=click.Path(path_type=Path), default=Path(), metavar="PATH")
@pass_session
def file(session: Session, /, number: int, output: Path) -> None:
    """Write the original file."""
    store, fixed = session.workspace().open_store(), words(session.lang)
    submission = store.submission(number)
    target = output / Path(submission.file_name).name if output.is_dir() else output
    content = store.source(submission)
    if target.exists() and target.read_bytes() != content:
        raise click.UsageError(fixed["sub_file_exists"].replace("{path}", str(target)))
    target.write_bytes(content)
    click.echo(fixed["written"].replace("{path}", str(target)))


# -- decisions -------------------------------------------------------------------------------------------


def _act(verb: str) -> Page:
    """The command of one verb."""

    @command(verb)
    @click.argument("numbers", type=int, nargs=-1, required=verb != "freeze", metavar="ID…")
    @click.option("--by", default="", metavar="NAME")
    @click.option("--reason", default="", metavar="TEXT")
    @pass_session
    def act(session: Session, /, numbers: tuple[int, ...], by: str, reason: str, **whose: Any) -> int:
        store = session.workspace().open_store()
        chosen = (
            [*numbers, *_many(session, store, whose)] if whose.get("area") or whose.get("year") else numbers
        )
        if not chosen:
            raise click.UsageError(words(session.lang)["sub_none_chosen"])
        codes = [_decide(session, store, verb, number, by or user(), reason) for number in chosen]
        return max(codes)

    act.help = verb
    if verb == "freeze":
        act.params.insert(1, click.Option(["--area"], metavar="CODE"))
        act.params.insert(2, click.Option(["--year"], type=int, metavar="YEAR"))
    return act


def _many(session: Session, store: Store, whose: dict[str, Any]) -> list[int]:
    """The accepted submissions in force of an area, a year or both; files of other years beside are named."""
    lang = session.lang
    area = require_area(tree_of(session), whose["area"], lang) if whose["area"] else ""
    year = whose["year"]
    chosen = []
    for submission in store.submissions():
        if submission.standing != "accepted" or not _is_about(submission, area, year):
            continue
        areas, years = coverage(submission)
        if (area and areas != (area,)) or (year and years != (year,)):
            said = words(lang)["sub_covers_more"].replace("{number}", str(submission.id))
            click.echo(said.replace("{file}", submission.file_name))
        else:
            chosen.append(submission.id)
    return chosen


def _decide(session: Session, store: Store, verb: str, number: int, by: str, reason: str) -> int:
    """Decide about one submission and say what happened. Returns: the exit code."""
    from ghg_inventory.store.states import states

    lang = session.lang
    try:
        before = store.submission(number)
        step = states()[before.standing].steps.get(VERBS[verb])
        if step is not None and step.verb != verb:
            said = words(lang)["sub_other_verb"].replace("{number}", str(number)).replace("{verb}", step.verb)
            click.echo(said.replace("{state}", state_word(before.standing, lang)), err=True)
            return USAGE
        store.decide(number, VERBS[verb], now(), by=by, reason=reason)
        after = store.submission(number)
    except StoreError as error:
        click.echo("\n".join(sentences(error, lang)), err=True)
        return USAGE
    said = words(lang)["sub_done"].replace("{number}", str(number)).replace("{file}", after.file_name)
    said = said.replace("{old}", state_word(before.standing, lang))
    said = said.replace("{new}", state_word(after.standing, lang))
    click.echo(said + _why(after, lang) + _taken_over(store, before, after, lang))
    return 0


def _why(after: Submission, lang: str) -> str:
    if not after.standing_reason:
        return ""
    return f"（{after.standing_reason}）" if lang == "zh" else f" ({after.standing_reason})"


def _taken_over(store: Store, before: Submission, after: Submission, lang: str) -> str:
    """Which other submission this one took the place of, or which one is in force again."""
    from ghg_inventory.store.standing import keys_of
    from ghg_inventory.store.states import counts

    keys = {*keys_of(after)}
    if counts(before.standing) == counts(after.standing):
        return ""
    fixed = words(lang)
    comma = "、" if lang == "zh" else ", "
    if counts(after.standing):
        older = sorted(_holders(store.submissions(current_only=False), keys, after.id))
        named = "sub_replaces"
    else:
        older = sorted(s.id for s in store.submissions() if keys & {*keys_of(s)})
        named = "sub_again"
    return fixed[named].replace("{numbers}", comma.join(map(str, older))) if older else ""


def _holders(everything: Iterable[Submission], keys: set[tuple[str, int, str]], below: int) -> set[int]:
    """Of each series the latest earlier submission that counts."""
    from ghg_inventory.store.standing import keys_of
    from ghg_inventory.store.states import counts

    latest: dict[tuple[str, int, str], int] = {}
    for one in everything:
        if one.id < below and counts(one.standing):
            latest.update({key: one.id for key in keys_of(one) if key in keys})
    return {*latest.values()}


# -- the log ---------------------------------------------------------------------------------------------


@command("audit")
@click.option("--last", type=click.IntRange(min=0), default=_LINES, metavar="N")
@json_option
@pass_session
def audit(session: Session, /, last: int, as_json: bool) -> int:
    """Verify the store and print the log."""
    store, lang = session.workspace().open_store(), session.lang
    found = store.verify()
    entries = store.audit()
    head = entries[-1].sha256 if entries else ""
    shown = entries[-last:] if last else entries
    if as_json:
        print_json({
            "head": head, "lines": len(entries), "findings": [f.as_dict() for f in found],
            "log": [{"id": e.id, "at": e.at, "action": e.action, "subject": e.subject, "detail": e.detail,
                     "sha256": e.sha256} for e in shown],
        })  # fmt: skip
        return code_of(found)
    fixed = words(lang)
    if len(shown) < len(entries):
        click.echo(fixed["audit_earlier"].replace("{count}", str(len(entries) - len(shown))))
    header = [
        fixed[key]
        for key in ("audit_line", "sub_when", "sub_who", "audit_action", "audit_subject", "sub_why")
    ]
    click.echo(layout.table([_line(entry, lang) for entry in shown], header, right=[0]))
    said = fixed["audit_head"].replace("{count}", str(len(entries))).replace("{head}", head or "–")
    click.echo("\n" + said)
    if found:
        print_findings(found, lang, limit=0)
    else:
        click.echo(fixed["audit_whole"])
    return code_of(found)


def _line(entry: AuditEntry, lang: str) -> tuple[str, str, str, str, str, str]:
    """One line of the log: its number, when, who, what, about what, why."""
    detail, fixed = entry.detail, words(lang)
    action = fixed.get(f"audit_{entry.action}", entry.action)
    if entry.action == "decide":
        action = state_word(detail["state"], lang)
    number = f"#{detail['submission']} " if "submission" in detail else ""
    subject = number + (entry.subject[:12] if entry.action in ("run", "snapshot") else entry.subject)
    return (str(entry.id), _moment(entry.at), detail.get("by", ""), action, subject, detail.get("reason", ""))


for page in (list_, show, changes, file, *map(_act, VERBS)):
    submissions.add_command(page)

COMMANDS = {"submissions": submissions, "audit": audit}
