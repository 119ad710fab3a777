"""Pages of docs/ that are generated from data: the error catalogue and the method reference (make docs)."""

from __future__ import annotations

from pathlib import Path

import method_pages

from ghg_inventory.errors import catalogue

ROOT = Path(__file__).resolve().parent.parent


def errors_page() -> str:
    """Every finding with its severity, what it says, what was expected and the remedy, in both languages."""
    lines = [
        "# Findings / 检查结果",
        "",
        "Generated from `ghg_inventory/errors/messages/` by `make docs`; do not edit. Words in braces are filled in.",
        "由程序生成，请勿修改；花括号中的词由程序填写。",
        "",
        "| name | severity | 中文 | English |",
        "|---|---|---|---|",
    ]
    for name, entry in sorted(catalogue().items()):
        both = [
            "<br>".join(
                entry[f"{part}_{lang}"]
                for part in ("what", "expected", "remedy")
                if entry.get(f"{part}_{lang}")
            )
            for lang in ("zh", "en")
        ]
        cells = [f"`{name}`", entry["severity"], *both]
        lines.append("| " + " | ".join(c.replace("|", "\\|").replace("\n", "<br>") for c in cells) + " |")
    return "\n".join(lines) + "\n"


PAGES = {"errors.md": errors_page, **method_pages.pages()}


if __name__ == "__main__":
    for name, make in PAGES.items():
        (ROOT / "docs" / name).parent.mkdir(exist_ok=True)
        (ROOT / "docs" / name).write_text(make(), encoding="utf-8")
        print(f"wrote docs/{name}")
