"""`ghg`: the command line. Thin: parse, call the pipeline, print, exit code (see running.py).

Nothing heavy is imported until a command runs; `ghg --help` needs click and two small tables.
"""

from __future__ import annotations

from ghg_inventory.cli.page import RootGroup

main = RootGroup("ghg")
