"""How messages call what a return asks: its values, rows and columns, in both languages."""

from __future__ import annotations

from ghg_inventory.activity import words
from ghg_inventory.activity.returns.reading import reading
from ghg_inventory.activity.returns.record import Ask, Sheet


def cell_label(ask: Ask) -> dict[str, str]:
    """The blanks of a message that name one value."""
    return {"label_zh": ask.zh, "label_en": ask.en}


def row_label(ask: Ask, template: Sheet, lang: str) -> str:
    """The label of a row as printed: of a matrix without the column's part."""
    label = ask.label(lang)
    for head in template.heads:
        if head.id == ask.column:
            return label.removesuffix(f" × {head.zh if lang == 'zh' else head.en}")
    return label


def row_labels(ask: Ask, template: Sheet) -> dict[str, str]:
    """The blanks of a message that name a row."""
    return {f"label_{lang}": row_label(ask, template, lang) for lang in ("zh", "en")}


def column_names(template: Sheet, role: str) -> dict[str, str]:
    """The blanks of a message that name a column."""
    for head in template.heads:
        if head.id == role:
            return {"name_zh": head.zh, "name_en": head.en}
    zh, en = reading().roles[role]
    return {"name_zh": zh, "name_en": en}


def example_of(ask: Ask) -> dict[str, str]:
    """The blanks of a message that show a likely answer: "12.35 万头"."""
    if not ask.example:
        return {"example_zh": f"以{ask.unit}计的数字", "example_en": f"a number in {ask.unit}"}
    return dict.fromkeys(("example_zh", "example_en"), f"{ask.example} {ask.unit}")


def allowed_units(ask: Ask) -> dict[str, str]:
    """The blanks of a message that list the permitted units."""
    return {"allowed_zh": "、".join(ask.units), "allowed_en": ", ".join(ask.units)}


def plain(text: str) -> str:
    """A label without spaces and line breaks, full-width characters as plain ones."""
    return "".join(words.narrow(text).split()).casefold()


def input_roles(template: Sheet) -> tuple[str, ...]:
    """Roles of the columns that hold values."""
    return tuple(head.id for head in template.heads) or ("value",)
