"""Decisions about submissions: who may be brought from which state into which, and what must be said."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, insert

from ghg_inventory.store import rows
from ghg_inventory.store.records import ACCEPTED, FROZEN, REFUSED, Decision, Submission
from ghg_inventory.store.schema import DECISIONS
from ghg_inventory.store.standing import Heads, keys_of
from ghg_inventory.store.states import counts, possible_text, states
from ghg_inventory.store.trouble import Refusal, refuse


def check_decision(submission: Submission, heads: Heads, state: str, by: str, reason: str) -> None:
    """Raises: Refusal when the submission may not go into that state, or somebody or a reason is missing."""
    step = states()[submission.standing].steps.get(state)
    if step is None:
        raise _impossible(submission, state)
    if not by.strip():
        raise refuse("decision-without-name", "", submission=submission.id)
    if _comes_back_in_vain(submission, heads, state):
        raise refuse("decision-in-vain", "", submission=submission.id, file_name=submission.file_name)
    if reason.strip():
        return
    if step.needs_reason:
        raise refuse("decision-without-reason", "", submission=submission.id, **_words(state))
    if state == ACCEPTED and submission.error_count:
        raise refuse(
            "accepting-errors-without-reason", "", submission=submission.id, count=submission.error_count
        )
    frozen = _frozen_before(submission, heads)
    if state == ACCEPTED and frozen:
        listed = ", ".join(map(str, frozen))
        raise refuse("overtaking-frozen-without-reason", "", submission=submission.id, frozen=listed)


def record_decision(
    connection: Connection, submission: Submission, state: str, at: str, by: str, reason: str
) -> Decision:
    """Append the decision and its line in the audit log. Nothing is checked here."""
    cells = {"submission_id": submission.id, "state": state, "at": at, "by": by, "reason": reason}
    key = connection.execute(insert(DECISIONS), cells).inserted_primary_key
    decision = Decision(int(key[0]) if key else 0, submission.id, state, at, by, reason)
    rows.add_audit(connection, at, "decide", submission.file_name, audit_detail(decision))
    return decision


def audit_detail(decision: Decision) -> dict[str, Any]:
    """What the audit log says of a decision."""
    return {
        "decision": decision.id, "submission": decision.submission_id, "state": decision.state,
        "by": decision.by, "reason": decision.reason,
    }  # fmt: skip


def _impossible(submission: Submission, state: str) -> Refusal:
    known, now = states(), states()[submission.standing]
    wanted = known.get(state)
    return refuse(
        "decision-impossible", "", submission=submission.id, file_name=submission.file_name,
        now_zh=now.zh, now_en=now.en, state_zh=wanted.zh if wanted else state,
        state_en=wanted.en if wanted else state,
        possible_zh=possible_text(submission.standing, "zh"),
        possible_en=possible_text(submission.standing, "en"),
    )  # fmt: skip


def _words(state: str) -> dict[str, str]:
    return {"state_zh": states()[state].zh, "state_en": states()[state].en}


def _comes_back_in_vain(submission: Submission, heads: Heads, state: str) -> bool:
    """Accepting what later submissions have wholly overtaken would change nothing."""
    comes = counts(state) and not counts(submission.standing) and submission.standing != REFUSED
    return comes and all(heads.is_overtaken(key, submission.id) for key in keys_of(submission))


def _frozen_before(submission: Submission, heads: Heads) -> list[int]:
    """The frozen submissions in force that this one would take the place of."""
    holding = {heads.taken.get(key, submission.id) for key in keys_of(submission)}
    return sorted(n for n in holding if n < submission.id and heads.told[n].standing == FROZEN)
