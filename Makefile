# Every target makes its own environment in .venv, with the versions in constraints.txt.

PYTHON ?= python3
BIN := .venv/bin
JOBS ?= 2

.DEFAULT_GOAL := help
.PHONY: help demo test test-oldest test-pythons test-adapters release soak mutants accuracy untuned faithfulness bench ground-truth keras-fixture lint docs clean

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
	$(BIN)/python -m pytest --numprocesses $(JOBS) --dist worksteal --cov --cov-report=term --durations=10

soak: .venv/.installed  ## Run the long forms: kills, clusters, processes, files, memory (about 10 minutes)
	$(BIN)/python benchmarks/soak/kills.py --kills 30
	$(BIN)/python benchmarks/soak/cluster.py --kill
	$(BIN)/python benchmarks/soak/files.py --files 400
	$(BIN)/python -m benchmarks.soak.malformed --inputs 20000 --jobs $(JOBS)
	$(BIN)/python benchmarks/soak/cycles.py --cycles 500
	$(BIN)/python -m pytest tests/test_malformed_sequences.py --hypothesis-profile soak

mutants: .venv/.installed  ## Break the code at 200 random places: do the tests notice? MUTANTS has options
	$(BIN)/python -m benchmarks.mutants --jobs $(JOBS) $(MUTANTS)

.venv-oldest/.installed: constraints-oldest.txt pyproject.toml
	$(PYTHON) -m venv .venv-oldest
	.venv-oldest/bin/python -m pip install --quiet --upgrade pip
	.venv-oldest/bin/python -m pip install --quiet --constraint constraints-oldest.txt torch
	.venv-oldest/bin/python -m pip install --quiet --constraint constraints-oldest.txt --editable ".[test,docs]"
	touch $@

test-oldest: .venv-oldest/.installed  ## Run the tests with the oldest versions that are allowed
	.venv-oldest/bin/python -m pytest --numprocesses $(JOBS) --durations=10

PYTHONS := python3.12 python3.13

test-pythons:  ## Run the tests with other Pythons; PYTHONS names them
	@for python in $(PYTHONS); do \
	  env=.venv-$$(basename $$python) && echo "== $$python" && \
	  $$python -m venv $$env && \
	  $$env/bin/python -m pip install --quiet --constraint constraints.txt torch && \
	  $$env/bin/python -m pip install --quiet --constraint constraints.txt --editable ".[test,docs]" && \
	  $$env/bin/python -m pytest --numprocesses $(JOBS) --dist worksteal || exit 1; \
	done

.venv-adapters/.installed: constraints.txt constraints-adapters.txt pyproject.toml
	$(PYTHON) -m venv .venv-adapters
	.venv-adapters/bin/python -m pip install --quiet --upgrade pip
	.venv-adapters/bin/python -m pip install --quiet --constraint constraints-adapters.txt torch
	.venv-adapters/bin/python -m pip install --quiet --constraint constraints-adapters.txt --editable ".[aeon,sktime,persistence]" pytest hypothesis mlflow optuna MAPIE shap skrub imbalanced-learn
	touch $@

test-adapters: .venv-adapters/.installed  ## Run the checks of aeon and sktime, and other tools beside skattn, in their own environment
	.venv-adapters/bin/python -m pytest tests/adapters -W ignore

faithfulness: .venv/.installed  ## Ask the faithfulness report about models whose answer is known
	$(BIN)/python -m benchmarks.faithfulness.known_cases
	$(BIN)/python -m benchmarks.faithfulness.cmapss
	$(BIN)/python -m benchmarks.faithfulness.segments
	$(BIN)/python -m benchmarks.faithfulness.mortality
	$(BIN)/python -m benchmarks.faithfulness.occlusion_time

accuracy: .venv/.installed  ## Reproduce published tables; SKATTN_DATA names the data, QUICK=1 tries all
	$(BIN)/python -m benchmarks.published $(if $(QUICK),--quick) $(TABLES)

untuned: .venv/.installed  ## Defaults only, on sets that nobody tuned on; SKATTN_DATA names the data
	$(BIN)/python -m benchmarks.untuned.ucr $(UNTUNED)
	$(BIN)/python -m benchmarks.untuned.engines $(UNTUNED)
	$(BIN)/python -m benchmarks.untuned.forecasts $(UNTUNED)
	$(BIN)/python -m benchmarks.untuned.series
	$(BIN)/python -m benchmarks.untuned.numbers $(UNTUNED)
	$(BIN)/python -m benchmarks.untuned.smooth
	$(BIN)/python -m benchmarks.untuned.steps $(UNTUNED)
	$(BIN)/python -m benchmarks.untuned.pointer $(UNTUNED)
	$(BIN)/python -m benchmarks.untuned.paths
	$(BIN)/python -m benchmarks.untuned.rules
	$(BIN)/python -m benchmarks.untuned.sizes
	$(BIN)/python -m benchmarks.untuned.shipped $(UNTUNED)
	$(BIN)/python -m benchmarks.untuned.letters $(UNTUNED)
	$(BIN)/python -m benchmarks.untuned.times
	$(BIN)/python -m benchmarks.untuned.sentences $(UNTUNED)
	$(BIN)/python -m benchmarks.untuned.mortality

.venv-peers/.installed: constraints.txt constraints-peers.txt pyproject.toml
	$(PYTHON) -m venv .venv-peers
	.venv-peers/bin/python -m pip install --quiet --upgrade pip
	.venv-peers/bin/python -m pip install --quiet --constraint constraints.txt --constraint constraints-peers.txt torch
	.venv-peers/bin/python -m pip install --quiet --constraint constraints.txt --constraint constraints-peers.txt --editable . tensorflow-cpu scikeras darts neuralforecast
	touch $@

.venv-keras/.installed: constraints-keras.txt
	$(PYTHON) -m venv .venv-keras
	.venv-keras/bin/python -m pip install --quiet --upgrade pip
	.venv-keras/bin/python -m pip install --quiet --constraint constraints-keras.txt tensorflow tf-keras attention
	touch $@

GROUND := build/ground_truth

ground-truth: .venv/.installed .venv-keras/.installed  ## Does the attention find the known steps? About an hour
	$(BIN)/python -m benchmarks.ground_truth.ours $(GROUND) --write-data
	.venv-keras/bin/python -m benchmarks.ground_truth.keras_attention $(GROUND) $(GROUND)/keras.json
	$(BIN)/python -m benchmarks.ground_truth.ours $(GROUND)/ours.json
	$(BIN)/python -m benchmarks.ground_truth.table $(GROUND)/ours.json $(GROUND)/keras.json

keras-fixture: .venv-keras/.installed
	.venv-keras/bin/python benchmarks/make_keras_fixture.py

.venv-aeon/.installed: constraints-aeon.txt
	$(PYTHON) -m venv .venv-aeon
	.venv-aeon/bin/python -m pip install --quiet --upgrade pip
	.venv-aeon/bin/python -m pip install --quiet --constraint constraints-aeon.txt aeon tensorflow-cpu
	touch $@

bench: .venv-peers/.installed .venv-aeon/.installed  ## Compare the speed with peers, in their own environment; QUICK=1 tries it out
	.venv-peers/bin/python -m benchmarks.speed $(if $(QUICK),--quick) $(BENCH)

build/wheels: .venv/.installed constraints-aeon.txt  # real vowels for the gallery
	-$(BIN)/python -m pip download --quiet --no-deps --dest $@ --constraint constraints-aeon.txt aeon

docs: .venv/.installed | build/wheels  ## Build the documentation into build/docs
	$(BIN)/python -m sphinx --fail-on-warning --keep-going --quiet -d build/doctrees docs build/docs
	@echo "build/docs/index.html"

.venv-release/.installed: Makefile
	$(PYTHON) -m venv .venv-release
	.venv-release/bin/python -m pip install --quiet build check-manifest pyroma setuptools twine
	touch $@

BLANK := build/blank

release: .venv-release/.installed  ## Build and check sdist and wheel, and run the sdist's tests against the wheel
	rm -rf dist build/lib $(BLANK) build/sdist
	.venv-release/bin/check-manifest
	.venv-release/bin/pyroma --min 9 .
	.venv-release/bin/python -m build --outdir dist .
	.venv-release/bin/twine check --strict dist/*
	$(PYTHON) -m venv $(BLANK)
	$(BLANK)/bin/python -m pip install --quiet --constraint constraints.txt torch
	$(BLANK)/bin/python -m pip install --quiet --constraint constraints.txt dist/*.whl
	cd build && blank/bin/python ../tests/smoke.py
	$(BLANK)/bin/python -m pip install --quiet --constraint constraints.txt "$$(ls dist/*.whl)[test,docs]"
	mkdir -p build/sdist && tar -xzf dist/*.tar.gz -C build/sdist --strip-components 1
	rm -r build/sdist/skattn  # what is installed is what is tested
	cd build/sdist && ../blank/bin/python -m pytest --numprocesses $(JOBS) --dist worksteal

clean:  ## Remove all that was built, the environment included
	rm -rf .venv .venv-oldest .venv-peers .venv-aeon .venv-keras build docs/auto_examples docs/generated *.egg-info .coverage .mypy_cache .pytest_cache .ruff_cache .import_linter_cache
