"""What the store says about an import."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ghg_inventory.errors import Finding, Place, finding
from ghg_inventory.store.records import PROGRAM, REFUSED, RETURNED, Submission
from ghg_inventory.store.states import counts, states


def already(submission: Submission) -> tuple[Finding, ...]:
    """Nothing was added; and how the submission stands, unless it simply counts."""
    place = Place(submission.file_name)
    remark = finding(
        "already-imported", place, file_name=submission.file_name, revision=submission.revision,
        at=submission.imported_at,
    )  # fmt: skip
    if counts(submission.standing) or submission.standing == REFUSED:
        return (remark,)
    return (remark, _stands("submission-stands", submission))


def overtaken(submission: Submission, over: Submission) -> Finding:
    """A later submission has taken its place; nothing goes back by itself."""
    return finding(
        "already-overtaken", Place(submission.file_name), file_name=submission.file_name,
        submission=submission.id, later=over.id, later_file=over.file_name,
    )  # fmt: skip


def of_new(
    submission: Submission, before: Submission | None, frozen: Sequence[Submission]
) -> tuple[Finding, ...]:
    """The remarks of a submission that was just added."""
    place = Place(submission.file_name)
    if submission.state == REFUSED:
        return (finding("submission-refused", place, file_name=submission.file_name),)
    said: list[Finding] = []
    if not counts(submission.standing):
        said.append(_waits(submission, frozen))
    if before is not None:
        said += _compared(submission, before)
    return tuple(said)


def _waits(submission: Submission, frozen: Sequence[Submission]) -> Finding:
    if submission.standing == RETURNED and submission.standing_by == PROGRAM:
        return finding(
            "submission-returned", Place(submission.file_name), file_name=submission.file_name,
            count=submission.error_count,
        )  # fmt: skip
    if frozen:
        listed = ", ".join(str(s.id) for s in sorted(frozen, key=lambda s: s.id))
        return finding(
            "submission-waits-frozen", Place(submission.file_name), file_name=submission.file_name,
            submission=submission.id, frozen=listed,
        )  # fmt: skip
    return _stands("submission-waits", submission)


def _stands(name: str, submission: Submission) -> Finding:
    state = states()[submission.standing]
    reason = submission.standing_reason
    return finding(
        name, Place(submission.file_name), file_name=submission.file_name, submission=submission.id,
        state_zh=state.zh, state_en=state.en, why_zh=f"，理由：{reason}" if reason else "",
        why_en=f", because: {reason}" if reason else "",
    )  # fmt: skip


def _compared(submission: Submission, before: Submission) -> list[Finding]:
    place = Place(submission.file_name)
    blanks: dict[str, Any] = {
        "file_name": submission.file_name, "revision": submission.revision, "previous": before.revision,
    }  # fmt: skip
    if submission.scopes:
        return _compared_returns(submission, before)
    name = "read-differently" if before.sha256 == submission.sha256 else "new-revision"
    if name == "new-revision" and not counts(submission.standing):
        name = "new-revision-waits"
    lost = [code for code in before.area_codes if code not in submission.area_codes]
    lost += [str(year) for year in before.years if year not in submission.years]
    said = [finding(name, place, **blanks)]
    if lost:
        # Two different files of one name (every county's is called return.xlsx) look like two revisions.
        said.append(finding("revision-covers-less", place, **blanks, lost=", ".join(lost)))
    return said


def _compared_returns(submission: Submission, before: Submission) -> list[Finding]:
    place = Place(submission.file_name)
    scope = submission.scopes[0]
    name = "return-read-differently" if before.sha256 == submission.sha256 else "return-new-revision"
    said = [
        finding(
            name, place, area=scope.area, year=scope.year, submission=submission.id, previous=before.id,
            previous_file=before.file_name,
        )
    ]  # fmt: skip
    answered = {(s.area, s.year, s.sheet) for s in submission.scopes}
    kept = [s.title for s in before.scopes if (s.area, s.year, s.sheet) not in answered]
    kept = [title for title in kept if title not in before.superseded]
    if kept:
        said.append(finding("return-keeps-sheets", place, previous=before.id, sheets="、".join(kept)))
    return said
