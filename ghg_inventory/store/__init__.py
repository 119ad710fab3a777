"""Submissions, runs and the audit log: append-only, content-addressed, safe against crashes.

`Store` (store.py) is the whole room to the outside; records.py has what it gives back. See docs/store.md.
"""

from __future__ import annotations

from ghg_inventory.store.records import AuditEntry, Decision, Run, RunFile, SourceFile, Submission
from ghg_inventory.store.store import Store

__all__ = ["AuditEntry", "Decision", "Run", "RunFile", "SourceFile", "Store", "Submission"]
