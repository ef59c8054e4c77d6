# Two commands: `make run` and `make test`. The rest is for those who change the code.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
PIP    := $(BIN)/python -m pip --disable-pip-version-check --quiet

.PHONY: run setup test check bench proof weights screenshots clean

run: setup            ## start HMS EEG on 127.0.0.1:8050 with a synthetic demo
	@exec $(BIN)/hms run

setup: $(VENV)/.run-ready

$(VENV)/.venv-ready:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "HMS EEG needs Python 3.11 or later; this is " + sys.version.split()[0] + ". Name another one with: make PYTHON=python3.12")'
	$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/.run-ready: $(VENV)/.venv-ready pyproject.toml constraints.txt
	$(PIP) install -c constraints.txt -e '.[cpu]'
	@touch $@

$(VENV)/.dev-ready: $(VENV)/.run-ready
	$(PIP) install -c constraints.txt -e '.[cpu,dev,train]'
	@touch $@

test: $(VENV)/.dev-ready   ## every test; parts without their server, browser or data skip with a counted reason
	$(BIN)/pytest -n 2 -m "not fault and not browser" $(PYTEST_OPTIONS)
	$(BIN)/pytest -n 3 --dist worksteal -m fault tests/faults tests/workers $(PYTEST_OPTIONS)
	$(BIN)/pytest -m browser tests/journeys $(PYTEST_OPTIONS)

check: $(VENV)/.dev-ready  ## style, types, layers, budgets
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python tests/house/budgets.py

bench: $(VENV)/.dev-ready  ## medians and ratios as JSON on standard output
	@$(BIN)/python -m tests.benchmarks

proof: $(VENV)/.dev-ready  ## the long fault and fuzz tables, written to proof.json
	@$(BIN)/python -m tests.proof --out proof.json

weights: $(VENV)/.dev-ready   ## train the ensemble again (hours on two cores), into build/weights; CONTRIBUTING.md says how to go on from the shipped one
	$(BIN)/python -m ml.training.train --config ml/training/configs/second.toml --build build
	$(BIN)/python -m ml.training.ship --run second --build build --out build/weights --version next --tune-on-development
	$(BIN)/python -m ml.training.doubt --weights build/weights --write
	$(BIN)/hms evaluate --weights build/weights --card

screenshots: $(VENV)/.dev-ready   ## pictures of the synthetic demo for the documents
	$(BIN)/python -m tests.screenshots docs

clean:
	rm -rf $(VENV) build dist .pytest_cache .mypy_cache .ruff_cache
