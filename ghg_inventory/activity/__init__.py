"""Activity data: what was burnt, driven, raised, thrown away — read, checked, and kept with its place.

`read` takes a file by what it is: the official balance form (workbook or CSV, layouts are data in
activity_templates/balance) or a long table (CSV or sheet). It gives an `Activity` in canonical order and
findings; a record that fails a check is withheld and named, never guessed, never summed silently.

Rooms within: table (Activity), reader (which kind), longcsv/longsheet → raw → understand (long tables),
scan/grid (workbooks), layouts/header/form/whose/balance/balance_doubts/balance_records/balance_checks (forms),
duplicates, words (the border to units, codes and areas).
"""

from __future__ import annotations

from ghg_inventory.activity.balance_checks import Gap, SignRule, closure_gaps, decide_signs
from ghg_inventory.activity.context import Context, Variable, load_variables
from ghg_inventory.activity.duplicates import stated_in_two_files, without_duplicates
from ghg_inventory.activity.layouts import Balance, Layout, load_balance, normalise_label
from ghg_inventory.activity.reader import inbox, read, read_many
from ghg_inventory.activity.table import Activity, InputFile, Scope

__all__ = [
    "Activity", "Balance", "Context", "Gap", "InputFile", "Layout", "Scope", "SignRule", "Variable", "closure_gaps",
    "decide_signs", "inbox", "load_balance", "load_variables", "normalise_label", "read", "read_many",
    "stated_in_two_files", "without_duplicates",
]  # fmt: skip
