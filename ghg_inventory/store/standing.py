"""Which submissions are in force: the rule, and nothing else. No database here.

A file without scopes is one series by its name; a return is one series per (area, year, sheet), whatever the
file is called. In each series the latest submission that counts is in force. A withdrawal ends the series for
the one withdrawn and all before it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import date, datetime

from ghg_inventory.store.records import REFUSED, WITHDRAWN, Decision, Submission
from ghg_inventory.store.states import counts

Key = tuple[str, int, str]
"""One series: (area, year, sheet), or (file name, -1, "")."""


def keys_of(submission: Submission) -> tuple[Key, ...]:
    """The series a submission belongs to."""
    if not submission.scopes:
        return ((submission.file_name, -1, ""),)
    return tuple((scope.area, scope.year, scope.sheet) for scope in submission.scopes)


class Heads:
    """Who is in force in each series. Submissions are told newest first, each with its last decision."""

    def __init__(self) -> None:
        self.taken: dict[Key, int] = {}
        self.told: dict[int, Submission] = {}
        self._ended: dict[Key, int] = {}
        self._withdrawn: dict[int, Submission] = {}

    def tell(self, submission: Submission, decision: Decision | None) -> None:
        """Take in the next older submission."""
        if submission.state == WITHDRAWN and submission.supersedes is not None:
            self._withdrawn[submission.supersedes] = submission
            for key in keys_of(submission):
                self._ended[key] = max(self._ended.get(key, 0), submission.supersedes)
        standing = with_standing(submission, decision, self._withdrawn.get(submission.id))
        self.told[submission.id] = standing
        if counts(standing.standing):
            for key in keys_of(standing):
                if not self.is_settled(key, standing.id):
                    self.taken[key] = standing.id

    def is_settled(self, key: Key, number: int) -> bool:
        """True when no submission up to this number can come into force in the series any more."""
        return key in self.taken or self._ended.get(key, 0) >= number

    def is_overtaken(self, key: Key, number: int) -> bool:
        """True when a later submission holds the series, or the series was ended for this one."""
        return self.taken.get(key, 0) > number or self._ended.get(key, 0) >= number

    def finished(self, number: int) -> Submission:
        """A submission as it stands, with the sheets that others have taken over. Call it when all were told."""
        submission = self.told[number]
        titles = tuple(
            scope.title
            for key, scope in zip(keys_of(submission), submission.scopes, strict=False)
            if self.is_overtaken(key, number)
        )
        return replace(submission, superseded=titles)

    def is_in_force(self, submission: Submission) -> bool:
        """True when the submission holds at least one of its series."""
        return any(self.taken.get(key) == submission.id for key in keys_of(submission))

    def is_wholly_overtaken(self, submission: Submission) -> bool:
        """True when it could not come into force in any of its series."""
        return all(self.is_overtaken(key, submission.id) for key in keys_of(submission))


def heads_of(history: Iterable[Submission], decisions: Mapping[int, Decision]) -> Heads:
    """The heads of a history in order of arrival; decisions: the last one of each submission that has any."""
    heads = Heads()
    for submission in reversed([*history]):
        heads.tell(submission, decisions.get(submission.id))
    return heads


def with_standing(
    submission: Submission, decision: Decision | None, withdrawal: Submission | None = None
) -> Submission:
    """The submission as its last decision, or the row that withdrew it, has left it."""
    if withdrawal is not None and (decision is None or decision.state != WITHDRAWN):
        # Withdrawn before there were decisions: the reason is in the audit log only.
        return replace(submission, standing=WITHDRAWN, standing_at=withdrawal.imported_at)
    if decision is None or submission.state in (REFUSED, WITHDRAWN):
        return replace(
            submission,
            standing=submission.state,
            standing_at=submission.imported_at,
            standing_by=submission.by,
        )
    return replace(
        submission, standing=decision.state, standing_at=decision.at, standing_by=decision.by,
        standing_reason=decision.reason,
    )  # fmt: skip


def sheets_before(submission: Submission, everything: Iterable[Submission]) -> dict[int, set[str]]:
    """Whose sheets a return follows: per earlier submission the titles of its sheets.

    Of each sheet the latest earlier one that counts; where none does, the latest that waits or was returned.
    """
    wanted = {*keys_of(submission)}
    best: dict[Key, tuple[bool, int, str]] = {}
    for one in everything:
        if one.id >= submission.id or one.standing in (REFUSED, WITHDRAWN):
            continue
        for key, scope in zip(keys_of(one), one.scopes, strict=False):
            if key in wanted:
                best[key] = max(best.get(key, (False, 0, "")), (counts(one.standing), one.id, scope.title))
    found: dict[int, set[str]] = {}
    for _, number, title in best.values():
        found.setdefault(number, set()).add(title)
    return found


def known_by(as_of: str) -> Callable[[str], bool]:
    """A test of a time text: was it so by the end of that day, or by that instant? "" is always.

    as_of: "2025-04-30" (compared with the day as it was written) or ISO 8601 with a time.
    Raises: ValueError for a text that is neither.
    """
    if not as_of:
        return lambda _at: True
    if len(as_of) == len("2025-04-30"):
        day = date.fromisoformat(as_of).isoformat()
        return lambda at: at[: len(day)] <= day
    moment = datetime.fromisoformat(as_of)
    return lambda at: _is_before(at, moment)


def _is_before(at: str, moment: datetime) -> bool:
    made = datetime.fromisoformat(at)
    if (made.tzinfo is None) != (moment.tzinfo is None):
        # One of them does not say where it is: both are read as the same clock on the wall.
        return made.replace(tzinfo=None) <= moment.replace(tzinfo=None)
    return made <= moment
