# Every target makes its own environment in .venv, with the versions in constraints.txt.

PYTHON ?= python3
BIN := .venv/bin
JOBS ?= 2

.DEFAULT_GOAL := help
.PHONY: help demo test lint docs clean

help:  ## List the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

.venv/.installed: constraints.txt pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet --constraint constraints.txt torch
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable ".[test,docs]"
	touch $@

demo: .venv/.installed  ## Forecast electricity demand; results and pictures in build/demo
	$(BIN)/python examples/electricity_day_ahead.py --out build/demo

lint: .venv/.installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

test: lint  ## Run every check: style, types, import contracts, tests, coverage
	$(BIN)/python -m pytest --numprocesses $(JOBS) --cov --cov-report=term --durations=10

docs: .venv/.installed  ## Build the documentation into build/docs
	$(BIN)/python -m sphinx --fail-on-warning --keep-going --quiet -d build/doctrees docs build/docs
	@echo "build/docs/index.html"

clean:  ## Remove all that was built, the environment included
	rm -rf .venv build *.egg-info .coverage .mypy_cache .pytest_cache .ruff_cache .import_linter_cache
