"""Vintages: a run of what was known on a day, and how it stands to the run that was made then."""

from __future__ import annotations

from ghg_inventory.errors import Finding, finding
from ghg_inventory.pipeline.steps import RunResult
from ghg_inventory.pipeline.workspace import Workspace
from ghg_inventory.store import Run, Store

# What a run is about: two runs that differ here are not two vintages of one thing.
_SCOPE = ("area", "years", "profiles")
_WAITING = ("submitted", "returned")


def beside(ws: Workspace, run: RunResult, as_of: str) -> list[Finding]:
    """What to say beside a run and not in it: that submissions wait, and whether an earlier day is met exactly.

    These depend on what else the store holds, so they are no part of the run, which must stay the same.
    """
    store = ws.open_store()
    waiting = sum(s.standing in _WAITING for s in store.submissions(current_only=False)) if not as_of else 0
    found = [finding("submissions-waiting", count=waiting)] if waiting and ws.review else []
    return [*found, *(_against_then(store, run, as_of) if as_of else [])]


def _against_then(store: Store, run: RunResult, as_of: str) -> list[Finding]:
    """Whether the last run made by that day, of the same area, years and profiles, is this very run."""
    mine = dict(run.manifest.parts)
    then = [r for r in store.runs() if r.created_at[:10] <= as_of[:10] and _same_scope(r, mine)]
    if not then:
        return [finding("as-of-no-run", date=as_of)]
    last = then[-1]
    if last.run_id == run.run_id:
        return [finding("as-of-same", date=as_of, run=last.run_id[:12], made=last.created_at[:10])]
    parts = sorted(key for key in {*mine, *last.manifest} if mine.get(key) != last.manifest.get(key))
    return [finding("as-of-differs", date=as_of, run=last.run_id[:12], made=last.created_at[:10],
                    parts=", ".join(parts))]  # fmt: skip


def _same_scope(run: Run, mine: dict[str, str]) -> bool:
    return all(run.manifest.get(key) == mine.get(key) for key in _SCOPE)
