"""Official forms as the bureau has them: 205-1, energy by industry, electricity by user.

Layouts are data in activity_templates/forms; nothing is read by position. Rooms within: loader (the data), find
(which form a sheet is, what its rows and columns mean), heading (whose it is), measures (units), cells (its numbers),
tree (which of total and parts count), roles (what is burnt, what is raw material), reader (records and findings).
"""

from __future__ import annotations

from ghg_inventory.activity.forms.loader import Forms, load_forms, read_forms
from ghg_inventory.activity.forms.reader import read_form

__all__ = ["Forms", "load_forms", "read_form", "read_forms"]
