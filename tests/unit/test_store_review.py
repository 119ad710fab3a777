"""Review, scopes and vintages: what counts when, who decided, and what the store refuses."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest

from ghg_inventory.activity.table import Activity, InputFile, Scope
from ghg_inventory.errors import Finding, Place, StoreError, finding
from ghg_inventory.store import SourceFile, Store, Submission
from ghg_inventory.store.states import states

SHEETS = {"energy": "能源", "land": "土地", "waste": "废弃物"}


def day(number: int) -> str:
    return f"2025-04-{number:02d}T09:00:00+08:00"


AT = day(1)


def form(name: str, value: float, *sheets: str, area: str = "510703", year: int = 2024) -> Activity:
    """A return with one record on each of the sheets."""
    columns = {
        "area_code": [area] * len(sheets), "category": ["1.1.2"] * len(sheets), "variable": ["fuel"] * len(sheets),
        "item": [f"of_{sheet}" for sheet in sheets], "unit": ["t"] * len(sheets), "file": [name] * len(sheets),
        "sheet": [SHEETS[sheet] for sheet in sheets], "year": [year] * len(sheets), "value": [value] * len(sheets),
    }  # fmt: skip
    scopes = tuple(Scope(area, year, sheet, SHEETS[sheet]) for sheet in sheets)
    return Activity.from_columns(columns, (InputFile(name, "0" * 64, "return", scopes=scopes),))


def wrong(name: str) -> Finding:
    return finding("not-a-number", Place(name, "能源", "C7"), text="一百")


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store.open(tmp_path / "store" / "ghg.sqlite", runs=tmp_path / "runs")


def send(
    store: Store, name: str, value: float, *sheets: str, at: str = AT, review: str = "submitted",
    findings: tuple[Finding, ...] = (), **whose: object,
) -> Submission:  # fmt: skip
    """Hand in a return whose bytes are its value."""
    activity = form(name, value, *(sheets or ("energy", "land")), **whose)
    content = f"{sorted(whose.items())} {sheets} {value}".encode()
    return store.submit(SourceFile(name, content), activity, findings, at, by="王", review=review)


def accepted(
    store: Store, name: str, value: float, *sheets: str, at: str = AT, **whose: object
) -> Submission:
    return store.decide(send(store, name, value, *sheets, at=at, **whose).id, "accepted", at, by="李")


def names(submission: Submission) -> list[str]:
    return [f.name for f in submission.remarks]


def counting(store: Store, as_of: str = "") -> list[tuple[int, tuple[str, ...]]]:
    return [(s.id, s.superseded) for s in sorted(store.submissions(as_of=as_of), key=lambda s: s.id)]


def values(store: Store) -> dict[str, float]:
    activity = store.activity()
    return dict(zip(activity.item.texts(), activity.value.tolist(), strict=True))


def refused(call: object, *arguments: object, **options: object) -> str:
    with pytest.raises(StoreError) as caught:
        call(*arguments, **options)
    return str(caught.value.findings[0].name)


# -- review ----------------------------------------------------------------------------------------------


def test_a_submission_counts_once_it_is_accepted(store: Store) -> None:
    sent = send(store, "a.xlsx", 1.0)
    assert (sent.standing, sent.standing_at, sent.standing_by, sent.by) == ("submitted", AT, "王", "王")
    assert names(sent) == ["submission-waits"]
    assert store.submissions() == ()
    made = store.decide(sent.id, "accepted", day(2), by="李", reason="核对无误")
    assert (made.standing, made.standing_at, made.standing_by) == ("accepted", day(2), "李")
    assert store.submissions() == (replace(made, is_new=False),)
    assert [(d.submission_id, d.state, d.at, d.by, d.reason) for d in store.decisions(sent.id)] == [
        (sent.id, "submitted", AT, "王", ""), (sent.id, "accepted", day(2), "李", "核对无误"),
    ]  # fmt: skip
    assert store.verify() == ()


def test_without_review_it_counts_at_once(store: Store) -> None:
    clean = send(store, "a.xlsx", 1.0, review="")
    faulty = send(store, "b.xlsx", 2.0, "waste", review="", findings=(wrong("b.xlsx"),))
    assert (clean.standing, faulty.standing) == ("accepted", "faulty")
    assert counting(store) == [(clean.id, ()), (faulty.id, ())]
    assert store.decisions() == ()


def test_a_draft_waits_until_it_is_handed_in(store: Store) -> None:
    draft = send(store, "a.xlsx", 1.0, review="draft")
    assert draft.standing == "draft"
    assert refused(store.decide, draft.id, "accepted", AT, by="李") == "decision-impossible"
    assert store.decide(draft.id, "submitted", AT, by="王").standing == "submitted"


def test_errors_go_back_at_once_and_say_so(store: Store) -> None:
    sent = send(store, "a.xlsx", 1.0, findings=(wrong("a.xlsx"),))
    assert (sent.standing, sent.standing_by) == ("returned", "ghg")
    assert "1" in sent.standing_reason
    assert names(sent) == ["submission-returned"]
    assert [d.state for d in store.decisions(sent.id)] == ["submitted", "returned"]
    draft = send(store, "b.xlsx", 2.0, review="draft", findings=(wrong("b.xlsx"),))
    assert draft.standing == "draft"
    assert store.decide(draft.id, "submitted", AT, by="王").standing == "returned"
    assert store.submissions() == ()


def test_findings_beside_other_data_count_but_do_not_make_another_reading(store: Store) -> None:
    def with_checks(*checks: Finding) -> Submission:
        source = SourceFile("a.xlsx", b"1")
        activity = form("a.xlsx", 1.0, "energy")
        return store.submit(source, activity, [], AT, by="王", review="submitted", checks=checks)

    first = with_checks(wrong("a.xlsx"))
    assert (first.standing, first.error_count) == ("returned", 1)
    assert store.findings(first) == (wrong("a.xlsx"),)
    assert not with_checks(wrong("a.xlsx")).is_new
    # What was wrong beside other data is right now: the same bytes are a new try.
    second = with_checks()
    assert (second.is_new, second.revision, second.standing) == (True, 2, "submitted")
    hint = finding("file-encoding", Place("a.xlsx"))
    assert not with_checks(hint).is_new


def test_the_same_bytes_add_nothing_while_they_wait_or_were_returned(store: Store) -> None:
    first = send(store, "a.xlsx", 1.0)
    for state in ("", "returned"):
        if state:
            store.decide(first.id, state, AT, by="李", reason="数据偏大")
        again = send(store, "a.xlsx", 1.0)
        assert (again.id, again.is_new) == (first.id, False)
        assert names(again) == ["already-imported", "submission-stands"]
    assert "数据偏大" in again.remarks[1].text("zh")
    copied = send(store, "copy.xlsx", 1.0)
    assert (copied.id, copied.is_new) == (first.id, False)
    assert len(store.submissions(current_only=False)) == 1


def test_every_step_of_the_table_can_be_taken_and_no_other(store: Store) -> None:
    def bring(state: str, number: float) -> Submission:
        sent = send(store, f"{number}.xlsx", number, area=f"5107{int(number):02d}", review="draft")
        path = {"draft": (), "submitted": ("submitted",), "returned": ("submitted", "returned"),
                "accepted": ("submitted", "accepted"), "frozen": ("submitted", "accepted", "frozen"),
                "withdrawn": ("withdrawn",)}[state]  # fmt: skip
        for step in path:
            sent = store.decide(sent.id, step, AT, by="李", reason="理由")
        return store.submission(sent.id)

    tried = 0
    reachable = [name for name in states() if name not in ("faulty", "refused")]
    for before in reachable:
        for after in reachable:
            tried += 1
            submission = bring(before, float(tried))
            step = states()[before].steps.get(after)
            if step is None:
                expected = (
                    "store-submission-unknown"
                    if (before, after) == ("withdrawn",) * 2
                    else "decision-impossible"
                )
                assert refused(store.decide, submission.id, after, day(2), by="李", reason="理由") == expected
                continue
            if step.needs_reason:
                name = refused(store.decide, submission.id, after, day(2), by="李", reason=" ")
                assert name == "decision-without-reason"
            store.decide(submission.id, after, day(2), by="李", reason="理由" if step.needs_reason else "")
            assert store.submission(submission.id).standing == after
    assert tried == 36
    assert store.verify() == ()


def test_somebody_decides_and_says_why_where_it_matters(store: Store) -> None:
    clean = send(store, "a.xlsx", 1.0)
    assert refused(store.decide, clean.id, "accepted", AT, by=" ") == "decision-without-name"
    faulty = send(store, "b.xlsx", 2.0, area="510704", findings=(wrong("b.xlsx"),))
    assert refused(store.decide, faulty.id, "accepted", AT, by="李") == "decision-without-reason"
    store.decide(faulty.id, "submitted", AT, by="王")
    assert refused(store.decide, faulty.id, "accepted", AT, by="李") == "accepting-errors-without-reason"
    assert store.decide(faulty.id, "accepted", AT, by="李", reason="停产属实").standing == "accepted"
    assert refused(store.decide, 99, "accepted", AT, by="李") == "store-submission-unknown"
    with pytest.raises(ValueError, match="no such review"):
        send(store, "c.xlsx", 3.0, review="accepted")


def test_a_refusal_names_what_is_possible(store: Store) -> None:
    sent = send(store, "a.xlsx", 1.0)
    with pytest.raises(StoreError) as caught:
        store.decide(sent.id, "frozen", AT, by="李")
    said = caught.value.findings[0].text("zh")
    assert "待审核" in said
    assert "已接受（accept）、已退回（return）" in said
    assert store.decisions(sent.id)[-1].state == "submitted"


def test_the_same_decision_told_twice_is_one(store: Store) -> None:
    sent = send(store, "a.xlsx", 1.0)
    for _ in range(2):
        store.decide(sent.id, "accepted", day(2), by="李")
    assert [d.state for d in store.decisions(sent.id)] == ["submitted", "accepted"]


# -- scopes ----------------------------------------------------------------------------------------------


def test_a_revision_takes_over_sheet_by_sheet_whatever_its_name(store: Store) -> None:
    first = accepted(store, "年报.xlsx", 1.0, "energy", "land")
    second = send(store, "能源更正.xlsx", 2.0, "energy")
    assert (second.revision, second.supersedes) == (1, first.id)
    assert names(second) == ["submission-waits", "return-new-revision", "return-keeps-sheets"]
    assert "土地" in second.remarks[2].text("zh")
    # While it waits, the one before is whole.
    assert counting(store) == [(first.id, ())]
    store.decide(second.id, "accepted", day(2), by="李")
    assert counting(store) == [(first.id, ("能源",)), (second.id, ())]
    assert values(store) == {"of_energy": 2.0, "of_land": 1.0}
    third = accepted(store, "土地.xlsx", 3.0, "land")
    assert counting(store) == [(second.id, ()), (third.id, ())]
    # The first is out of force but whole for whoever asks.
    assert store.submission(first.id).superseded == ("能源", "土地")
    assert len(store.whole(first)) == 2


def test_returning_a_revision_brings_the_one_before_back(store: Store) -> None:
    first = accepted(store, "a.xlsx", 1.0)
    second = accepted(store, "a.xlsx", 2.0)
    assert (second.revision, counting(store)) == (2, [(second.id, ())])
    store.decide(second.id, "returned", day(3), by="李", reason="口径不对")
    assert counting(store) == [(first.id, ())]
    store.decide(second.id, "accepted", day(4), by="李", reason="已说明")
    assert counting(store) == [(second.id, ())]


def test_counties_may_call_their_files_the_same(store: Store) -> None:
    one = accepted(store, "return.xlsx", 1.0, area="510703")
    two = accepted(store, "return.xlsx", 2.0, area="510704")
    other_year = accepted(store, "return.xlsx", 3.0, area="510704", year=2023)
    assert [s.revision for s in (one, two, other_year)] == [1, 1, 1]
    assert [s.supersedes for s in (one, two, other_year)] == [None] * 3
    assert counting(store) == [(s.id, ()) for s in (one, two, other_year)]


def test_an_inbox_read_again_does_not_go_back(store: Store) -> None:
    first = send(store, "old.xlsx", 1.0, review="")
    second = send(store, "new.xlsx", 2.0, review="")
    again = [send(store, "old.xlsx", 1.0, review=""), send(store, "new.xlsx", 2.0, review="")]
    assert [(s.id, s.is_new) for s in again] == [(first.id, False), (second.id, False)]
    assert names(again[0]) == ["already-imported", "already-overtaken"]
    # The former content under the same name is meant: it is a new revision.
    send(store, "new.xlsx", 3.0, review="")
    back = send(store, "new.xlsx", 2.0, review="")
    assert (back.is_new, back.revision) == (True, 4)


def test_accepting_what_was_overtaken_is_refused(store: Store) -> None:
    waiting = send(store, "a.xlsx", 1.0)
    later = accepted(store, "a.xlsx", 2.0)
    assert refused(store.decide, waiting.id, "accepted", AT, by="李") == "decision-in-vain"
    store.decide(later.id, "returned", AT, by="李", reason="错")
    assert store.decide(waiting.id, "accepted", AT, by="李").standing == "accepted"


def test_what_is_frozen_is_overtaken_only_with_a_reason(store: Store) -> None:
    first = accepted(store, "a.xlsx", 1.0)
    store.decide(first.id, "frozen", AT, by="李")
    assert refused(store.withdraw, first.id, AT, "错", "李") == "decision-impossible"
    # Even where imports count at once.
    late = send(store, "late.xlsx", 2.0, "energy", review="")
    assert (late.standing, late.standing_by) == ("submitted", "ghg")
    assert names(late)[0] == "submission-waits-frozen"
    assert counting(store) == [(first.id, ())]
    assert refused(store.decide, late.id, "accepted", AT, by="李") == "overtaking-frozen-without-reason"
    store.decide(late.id, "accepted", AT, by="李", reason="统计局修订")
    assert counting(store) == [(first.id, ("能源",)), (late.id, ())]
    other = send(store, "other.xlsx", 3.0, "waste", review="")
    assert other.standing == "accepted"


def test_withdrawing_ends_the_sheets_it_holds(store: Store) -> None:
    first = accepted(store, "a.xlsx", 1.0, "energy", "land")
    second = accepted(store, "b.xlsx", 2.0, "energy")
    gone = store.withdraw(second.id, day(3), "报错地区", "李")
    assert (gone.state, gone.supersedes, gone.by) == ("withdrawn", second.id, "李")
    # The first does not come back for the sheet; its other sheet stays.
    assert counting(store) == [(first.id, ("能源",))]
    stood = store.submission(second.id)
    assert (stood.standing, stood.standing_by, stood.standing_reason) == ("withdrawn", "李", "报错地区")
    assert refused(store.withdraw, second.id, AT, "再撤", "李") == "store-submission-unknown"
    assert refused(store.withdraw, first.id, AT, "", "李") == "decision-without-reason"
    # Handed in again it counts again.
    back = send(store, "b.xlsx", 2.0, "energy", review="")
    assert (back.is_new, values(store)) == (True, {"of_energy": 2.0, "of_land": 1.0})
    assert store.verify() == ()


def test_withdrawing_what_waits_leaves_the_rest_alone(store: Store) -> None:
    first = accepted(store, "a.xlsx", 1.0)
    waiting = send(store, "a.xlsx", 2.0)
    assert store.withdraw(waiting.id, AT, "发错了", "王").standing == "withdrawn"
    assert counting(store) == [(first.id, ())]
    assert send(store, "a.xlsx", 2.0).is_new
    plain = store.submit(SourceFile("b.csv", b"1"), form("b.csv", 1.0), [], AT, by="王", review="submitted")
    store.withdraw(plain.id, AT, "发错了", "王")
    assert counting(store) == [(first.id, ())]


def test_before_is_taken_sheet_by_sheet(store: Store) -> None:
    accepted(store, "a.xlsx", 1.0, "energy", "land", "waste")
    accepted(store, "b.xlsx", 2.0, "energy")
    third = send(store, "c.xlsx", 3.0, "energy", "land")
    before = store.before(third)
    assert dict(zip(before.item.texts(), before.value.tolist(), strict=True)) == {
        "of_energy": 2.0,
        "of_land": 1.0,
    }
    first = store.submit(SourceFile("x.csv", b"1"), form("x.csv", 1.0), [], AT)
    assert len(store.before(first)) == 0


def test_a_file_without_scopes_waits_by_its_name(store: Store) -> None:
    def plain(value: float) -> Submission:
        activity = replace(form("b.csv", value, "energy"), files=(InputFile("b.csv", "0" * 64, "long"),))
        return store.submit(SourceFile("b.csv", b"%f" % value), activity, [], AT, by="王", review="submitted")

    first = plain(1.0)
    store.decide(first.id, "accepted", AT, by="李")
    second = plain(2.0)
    assert (second.revision, second.supersedes) == (2, first.id)
    assert names(second) == ["submission-waits", "new-revision-waits"]
    assert values(store) == {"of_energy": 1.0}
    store.decide(second.id, "accepted", AT, by="李")
    assert values(store) == {"of_energy": 2.0}


# -- vintages --------------------------------------------------------------------------------------------


def test_as_of_a_day_is_what_counted_then(store: Store) -> None:
    first = accepted(store, "a.xlsx", 1.0, at=day(10))
    second = send(store, "a.xlsx", 2.0, at=day(20))
    store.decide(second.id, "accepted", day(25), by="李")
    store.withdraw(second.id, day(28), "作废", "李")
    assert counting(store, "2025-04-09") == []
    assert counting(store, "2025-04-10") == counting(store, "2025-04-24") == [(first.id, ())]
    assert counting(store, "2025-04-25") == counting(store, "2025-04-27") == [(second.id, ())]
    assert counting(store, "2025-04-28") == counting(store) == []
    assert [s.standing for s in store.submissions(False, "2025-04-24")] == ["accepted", "submitted"]


def test_as_of_an_instant_minds_the_time_zone(store: Store) -> None:
    made = accepted(store, "a.xlsx", 1.0, at="2025-04-30T23:30:00+08:00")
    assert counting(store, "2025-04-30T15:29:59+00:00") == []
    assert counting(store, "2025-04-30T15:30:00+00:00") == [(made.id, ())]
    assert counting(store, "2025-04-30T23:29:59") == []
    assert counting(store, "2025-04-30") == [(made.id, ())]


@pytest.mark.parametrize("text", ["2025-4-30", "30.04.2025", "gestern", "2025-02-30", "2025-04-30T25:00"])
def test_a_date_nobody_can_read_is_refused(store: Store, text: str) -> None:
    assert refused(store.submissions, as_of=text) == "as-of-unreadable"


def test_a_vintage_is_the_same_after_more_has_come(store: Store) -> None:
    accepted(store, "a.xlsx", 1.0, at=day(1))
    send(store, "b.xlsx", 5.0, "waste", at=day(2), review="")
    before = store.activity(store.submissions(as_of="2025-04-05"))
    for number in range(6, 12):
        accepted(store, f"{number}.xlsx", float(number), "energy", at=day(number))
    after = store.activity(store.submissions(as_of="2025-04-05"))
    assert before.frame().equals(after.frame())
    assert before.files == after.files


# -- the log ---------------------------------------------------------------------------------------------


def test_the_log_says_who_did_what_and_why(store: Store) -> None:
    sent = send(store, "a.xlsx", 1.0)
    store.decide(sent.id, "returned", day(2), by="李", reason="煤炭偏大")
    entries = [(e.action, e.at, e.detail.get("state"), e.detail["by"]) for e in store.audit()]
    assert entries == [
        ("submit", AT, "accepted", "王"), ("decide", AT, "submitted", "王"), ("decide", day(2), "returned", "李"),
    ]  # fmt: skip
    assert store.audit()[-1].detail["reason"] == "煤炭偏大"
    assert store.audit()[0].detail["scopes"] == [["510703", 2024, "energy"], ["510703", 2024, "land"]]


@pytest.mark.parametrize(
    ("trigger", "change", "expected"),
    [
        ("decisions_no_update", "UPDATE decisions SET by = '赵' WHERE id = 2", ["audit-differs"]),
        ("decisions_no_delete", "DELETE FROM decisions WHERE id = 2", ["audit-differs"]),
        ("scopes_no_delete", "DELETE FROM scopes WHERE id = 1", ["audit-differs"]),
        ("submissions_no_update", "UPDATE submissions SET imported_at = '2024'", ["audit-differs"]),
        ("audit_no_delete", "DELETE FROM audit WHERE id = 3", ["audit-differs"]),
        ("audit_no_delete", "DELETE FROM audit WHERE id = 2", ["audit-broken", "audit-differs"]),
        ("audit_no_update", "INSERT INTO decisions (submission_id, state, at, by, reason) "
         "VALUES (1, 'frozen', 'x', 'y', '')", ["audit-differs"]),
    ],
)  # fmt: skip
def test_rows_that_disagree_with_the_log_are_found(
    store: Store, tmp_path: Path, trigger: str, change: str, expected: list[str]
) -> None:
    accepted(store, "a.xlsx", 1.0)
    assert store.verify() == ()
    with sqlite3.connect(tmp_path / "store" / "ghg.sqlite") as connection:
        connection.execute(f"DROP TRIGGER {trigger}")
        connection.execute(change)
    connection.close()
    assert [f.name for f in store.verify()] == expected
