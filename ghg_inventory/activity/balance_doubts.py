"""What is doubtful about a form before a cell is read: units it does not say, odd units, columns it lacks."""

from __future__ import annotations

import re

from ghg_inventory.activity.form import Form
from ghg_inventory.activity.header import FormColumn, column_label, header_text
from ghg_inventory.activity.layouts import Balance, ColumnLabel, Layout
from ghg_inventory.errors import Finding, Place, finding
from ghg_inventory.units import factor_between, parse_unit

_STANDARD_COAL = re.compile(r"标准量|标准煤|标煤|standard\s*(?:coal|quantity)|\btce\b", re.IGNORECASE)


def form_findings(form: Form, layout: Layout, balance: Balance) -> list[Finding]:
    """Everything doubtful; an error among them means that no amount of the form can be trusted."""
    return [*_unsaid_units(form), *_odd_units(form), *_missing_columns(form, layout, balance)]


def _unsaid_units(form: Form) -> list[Finding]:
    """Columns whose unit the form does not say: the layout's is used, unless the title speaks of standard coal."""
    assumed = [column for column in form.columns if column.unit_from == "layout"]
    if not assumed:
        return []
    place = Place(form.grid.file, form.grid.sheet)
    title = _standard_coal_title(form)
    physical = [column for column in assumed if not column.unit.endswith("tce")]
    if title and physical:
        return [finding("balance-unit-standard", place, title=title, count=len(physical))]
    # A blank among given units is more likely a slip than the habit of the form.
    severity = "warning" if len(assumed) < len(form.columns) else ""
    return [finding(
        "balance-unit-assumed", place, severity=severity, count=len(assumed),
        pairs="; ".join(f"{column.label.zh} {column.unit}" for column in assumed),
        pairs_en="; ".join(f"{column.label.en} {column.unit}" for column in assumed),
    )]  # fmt: skip


def _standard_coal_title(form: Form) -> str:
    """The text above the header, or the sheet's name, that says the form is in standard coal; "" for none."""
    first = min(block.header for block in form.blocks)
    texts = [form.grid.text(row, column) for row in range(first) for column in range(form.grid.width)]
    return next((text for text in (*texts, form.grid.sheet) if _STANDARD_COAL.search(text)), "")[:60]


def _odd_units(form: Form) -> list[Finding]:
    """Columns in another unit of the right kind than any edition prints: 吨 where it prints 万吨."""
    odd = [(column, ratio) for column in form.columns if (ratio := _ratio(column)) != 1.0]
    if not odd:
        return []
    column = odd[0][0]
    block = next(block for block in form.blocks if column in block.columns)
    return [finding(
        "balance-unit-unusual", form.grid.place(block.header, column.column), count=len(odd),
        pairs="; ".join(f"{c.label.zh} {c.unit} = {ratio:g} × {c.label.units[0]}" for c, ratio in odd[:8]),
        pairs_en="; ".join(f"{c.label.en} {c.unit} = {ratio:g} × {c.label.units[0]}" for c, ratio in odd[:8]),
    )]  # fmt: skip


def _ratio(column: FormColumn) -> float:
    """1.0 when the unit is one that editions print, else how many of the usual unit one is."""
    given = parse_unit(column.unit)
    usual = [unit for text in column.label.units if (unit := parse_unit(text)).dimension == given.dimension]
    ratios = [factor_between(given, unit) for unit in usual]
    return 1.0 if 1.0 in ratios or not ratios else ratios[0]


def _missing_columns(form: Form, layout: Layout, balance: Balance) -> list[Finding]:
    """Columns that the edition prints and this form does not show: not a blank, and not zero."""
    shown = _labels_shown(form, balance)
    missing = [balance.columns[name] for name in layout.usual_columns if name not in shown]
    if not missing:
        return []
    return [finding(
        "balance-columns-missing", Place(form.grid.file, form.grid.sheet), count=len(missing),
        columns="、".join(label.zh for label in missing), columns_en=", ".join(label.en for label in missing),
        layout=layout.title_zh, layout_en=layout.title_en,
    )]  # fmt: skip


def _labels_shown(form: Form, balance: Balance) -> set[str]:
    """Every known column that a header names, also those refused for another reason."""
    labels: list[ColumnLabel | None] = [
        column_label(header_text(form.grid, block.header, column), balance)[0]
        for block in form.blocks for column in range(form.grid.width)
    ]  # fmt: skip
    return {label.column for label in labels if label is not None}
