"""Does the audit log fit itself, and do the tables say what the log says?

The chain shows a line of the log that was changed; comparing rows with lines shows a row that was changed,
slipped in or removed although the log is whole, and lines cut off at the end of the log.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from ghg_inventory.errors import Finding, Place, finding
from ghg_inventory.store import rows
from ghg_inventory.store.decisions import audit_detail as decision_detail
from ghg_inventory.store.records import AuditEntry, Decision, Submission
from ghg_inventory.store.submissions import audit_detail


def log_trouble(
    entries: Sequence[AuditEntry],
    submissions: Iterable[Submission],
    decisions: Iterable[Decision],
    where: str,
) -> list[Finding]:
    """What is wrong with the audit log or with the rows it is about."""
    found = []
    broken = rows.first_broken(entries)
    if broken is not None:
        found.append(finding("audit-broken", Place(where), line=broken))
    logged = {e.detail["submission"]: e for e in entries if e.action in ("submit", "withdraw")}
    decided = {e.detail["decision"]: e for e in entries if e.action == "decide"}
    for submission in submissions:
        entry = logged.pop(submission.id, None)
        if not _agrees(entry, audit_detail(submission), submission.imported_at, submission.file_name):
            found.append(_differs(submission.id, where))
    for decision in decisions:
        entry = decided.pop(decision.id, None)
        if not _agrees(entry, decision_detail(decision), decision.at):
            found.append(_differs(decision.submission_id, where))
    gone = {int(e.detail["submission"]) for e in (*logged.values(), *decided.values())}
    return found + [_differs(number, where) for number in sorted(gone)]


def _differs(number: int, where: str) -> Finding:
    return finding("audit-differs", Place(where), submission=number)


def _agrees(entry: AuditEntry | None, detail: dict[str, Any], at: str, subject: str = "") -> bool:
    """True when the line says the same; older lines know fewer things."""
    if entry is None or entry.at != at or (subject and entry.subject != subject):
        return False
    return all(entry.detail[name] == value for name, value in detail.items() if name in entry.detail)
