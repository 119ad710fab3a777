"""The sections of the reports: each takes a View and returns its blocks, or `Missing` with the reason."""

from ghg_inventory.report.sections import (
    account,
    annex,
    areas,
    assumed,
    coverage,
    crosswalk,
    energy,
    filled,
    gpc,
    methodref,
    quality,
    sector,
    summary,
    totals,
)
from ghg_inventory.report.sections.common import Builder, Missing

# Section ids of report_templates/outline.toml.
BUILDERS: dict[str, Builder] = {
    "summary": summary.summary,
    "basis": account.basis,
    "gwp": account.gwp,
    "indicators": account.indicators,
    "structure": totals.structure,
    "sectors": totals.sectors,
    "masses": totals.masses,
    "categories": totals.categories,
    "series": totals.series,
    "profiles": totals.profiles,
    "fuels": energy.fuels,
    "matrix": energy.matrix,
    "reference": energy.reference,
    "balance": energy.balance,
    "electricity": energy.electricity,
    "gpc": gpc.references,
    "areas": areas.table,
    "ranking": areas.rank,
    "heat": areas.heat,
    "methods": methodref.methods,
    "methodref": methodref.formulas,
    "completeness": coverage.completeness,
    "crosswalk": crosswalk.readouts,
    "lent": assumed.lent,
    "assumptions": assumed.assumptions,
    "filled": filled.filled,
    "findings": quality.findings,
    "factors": annex.factors,
    "activity": annex.activity,
    "glossary": annex.glossary,
    "files": annex.files,
    **sector.SECTORS,
}

__all__ = ["BUILDERS", "Missing"]
