"""Pages of docs/ that are generated from data: the error catalogue and the method reference (make docs)."""

from __future__ import annotations

from pathlib import Path

from ghg_inventory.errors import catalogue
from ghg_inventory.methods import load_methods

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
            "<br>".join(entry[f"{part}_{lang}"] for part in ("what", "expected", "remedy") if entry.get(f"{part}_{lang}"))
            for lang in ("zh", "en")
        ]
        cells = [f"`{name}`", entry["severity"], *both]
        lines.append("| " + " | ".join(c.replace("|", "\\|").replace("\n", "<br>") for c in cells) + " |")
    return "\n".join(lines) + "\n"


def methods_page() -> str:
    """Every method: formula, inputs with unit and origin, source; then the profiles."""
    library = load_methods()
    lines = ["# Methods / 方法", "", "Generated from `ghg_inventory/methods/*.toml` by `make docs`; do not edit.", ""]
    for profile in library.profiles.values():
        lines += [f"## {profile.id}: {profile.name_en} / {profile.name_zh}", "", profile.description_en, "",
                  profile.description_zh, ""]  # fmt: skip
        lines += [f"- [{m.id}](#{m.id.replace('.', '')})" for m in profile.methods]
        lines += [f"- {e.notation} ({', '.join(e.gases)}): {e.reason_en}" for e in profile.exclusions]
        lines.append("")
    for method in library.methods.values():
        lines += [f"## {method.id}", "", f"{method.title_en} / {method.title_zh}", "",
                  f"    {method.gas} [{method.result.text}] = {method.formula.text()}", "",
                  f"Tier {method.tier}; source: {method.source}, {method.locator}.", ""]  # fmt: skip
        if method.fallback_for:
            lines += [f"Stands in for `{method.fallback_for}` where that finds no factor.", ""]
        if method.note_en:
            lines += [method.note_en, "", method.note_zh, ""]
        lines += ["| symbol | meaning | unit | from |", "|---|---|---|---|"]
        for need in method.inputs:
            origin = f"factor `{need.parameter}` ({', '.join(need.sets) or 'user'})" if need.parameter else "activity"
            if need.bridge:
                origin += f"; mass or volume × NCV ({', '.join(need.bridge_sets) or 'profile order'})"
            lines.append(f"| {need.symbol} | {need.title_en} / {need.title_zh} | {need.unit.text} | {origin} |")
        lines.append("")
    return "\n".join(lines).rstrip() + "\n"


PAGES = {"errors.md": errors_page, "methods.md": methods_page}


if __name__ == "__main__":
    for name, make in PAGES.items():
        (ROOT / "docs" / name).write_text(make(), encoding="utf-8")
        print(f"wrote docs/{name}")
