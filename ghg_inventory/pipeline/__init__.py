"""The one order of the steps: read, store, compile, indicate, report. Nobody else knows it.

Imports inside functions keep `ghg --help` and `ghg units` free of what they do not need.
"""

from ghg_inventory.pipeline.explaining import as_text, explain_cell
from ghg_inventory.pipeline.exporting import TABLES, export_bytes, export_table, write_export
from ghg_inventory.pipeline.intake import ImportResult, Intake, import_files
from ghg_inventory.pipeline.library import Library, load_library
from ghg_inventory.pipeline.rendering import FORMATS, RunAllResult, make_reports, run_all
from ghg_inventory.pipeline.steps import (
    STEPS,
    Holdings,
    Progress,
    RunResult,
    check_store,
    compile_run,
    holdings,
    reading_context,
)
from ghg_inventory.pipeline.workspace import Workspace, WorkspaceProblem

__all__ = [
    "FORMATS", "STEPS", "TABLES", "Holdings", "ImportResult", "Intake", "Library", "Progress", "RunAllResult",
    "RunResult", "Workspace", "WorkspaceProblem", "as_text", "check_store", "compile_run", "explain_cell",
    "export_bytes", "export_table", "holdings", "import_files", "load_library", "make_reports", "reading_context",
    "run_all", "write_export",
]  # fmt: skip
