# Two commands do everything: `make demo` runs the main job, `make test` checks the program.
SHELL := /bin/sh
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
CONSTRAINTS := tests/constraints.txt

.DEFAULT_GOAL := help
.PHONY: help system system-test validation docs units install install-test format lint types test test-all demo bench golden factors-diff clean

help: ## list the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 16

system: ## install the system libraries (Pango) where apt may, or name them
	@sh docs/system-libraries.sh

$(VENV)/.installed: setup.cfg pyproject.toml $(CONSTRAINTS)
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint $(CONSTRAINTS) --editable .
	@touch $@

$(VENV)/.installed-test: $(VENV)/.installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint $(CONSTRAINTS) --editable '.[test]'
	@touch $@

install: system $(VENV)/.installed ## create the environment with pinned dependencies

validation: install-test ## recompute the published numbers and write docs/validation.md
	$(BIN)/python tests/published.py

docs: install-test ## write the generated pages of docs/
	$(BIN)/python tests/pages.py
	$(BIN)/python -m ghg_inventory.cli.reference

units: $(VENV)/.installed-test ## compile units.txt to the table that the program reads
	$(BIN)/python -m ghg_inventory.units.compile_table

system-test:
	@sh docs/system-libraries.sh poppler-utils qpdf

install-test: system-test $(VENV)/.installed-test ## the same, with the tools that tests need

format: install-test ## format the code
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

lint: install-test ## style and import rules
	$(BIN)/ruff check .
	$(BIN)/lint-imports

types: install-test ## static types
	$(BIN)/mypy

test: install-test lint types ## lint, types and all tests
	$(BIN)/pytest -n auto -m 'not slow'

test-all: install-test ## the heavy cases too, with a PostgreSQL server of its own
	@sh docs/system-libraries.sh postgresql
	$(BIN)/pytest -n auto

demo: install ## run the main job on the shipped examples and say where the PDFs are
	$(BIN)/python -m ghg_inventory.cli demo --output demo-output

bench: install-test ## measure: ratios in one run, memory beside them
	$(BIN)/python tests/bench/run.py

factors-diff: install-test ## what changed in emission_factors since BASE (HEAD), and its effect on golden totals
	@$(BIN)/python tests/factors_diff.py $(BASE)

golden: install-test ## accept the totals that the examples give today
	$(BIN)/python tests/factors_diff.py --golden

clean: ## remove the environment and everything generated
	rm -rf $(VENV) build dist demo-output *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
