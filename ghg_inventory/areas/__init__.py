"""Areas in time: the register of Chinese administrative codes with its history, and the user's own areas.

    tree      AreaTree: depth-first numbering, validity by year, subtrees
    grow      rows → numbered nodes (the algorithm)
    history   what became of a code: replaced, merged, split, boundary moved
    registry  the shipped register (`registry.csv`, `events.csv`, `names_en.csv`; see README.md here)
    userfile  the user's areas.csv

Codes are keys, names never are. `CN` is the root of the register.
"""

from __future__ import annotations

from ghg_inventory.areas.grow import ALWAYS, END, Area
from ghg_inventory.areas.history import Event, History
from ghg_inventory.areas.tree import AreaTree

__all__ = ["ALWAYS", "END", "Area", "AreaTree", "Event", "History"]
