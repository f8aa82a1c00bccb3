# make help lists what there is. Everything lives in .venv and .local; nothing else is touched.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
LOCK_COMMAND := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --extra dev pyproject.toml

.PHONY: help setup demo ui psql test bench check lock format clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(VENV)/.ready ## the environment, from the lock

$(VENV)/.ready: requirements.txt pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@test -x $(BIN)/uv || $(BIN)/python -m pip install --quiet "$$(grep -o '^uv==[0-9.]*' requirements.txt)"
	$(BIN)/uv pip sync --quiet --python $(BIN)/python requirements.txt
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	@touch $@

demo: setup ## three green months into an embedded Postgres, through a real Airflow
	$(BIN)/python include/local/demo.py

ui: setup ## Airflow's web UI on loopback, on the state of the demo
	$(BIN)/python include/local/ui.py

psql: setup ## a shell in the embedded warehouse
	@$(BIN)/python include/warehouse/server.py psql

# A folder of its own: pytest's usual one is cleared by whatever other pytest runs on the machine.
test: export PYTEST_DEBUG_TEMPROOT := $(CURDIR)/.local/tmp
test: setup ## all tests, the fast ones first
	@mkdir -p .local/tmp
	$(BIN)/python -m pytest -m "unit or dags"
	$(BIN)/python -m pytest -m integration
	$(BIN)/python -m pytest -m "not (unit or dags or integration)"

bench: setup ## every speed claim, as ratios measured side by side
	$(BIN)/python -m bench

check: setup ## ruff, mypy, sqlfluff, and the lock in step with pyproject.toml
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/sqlfluff lint --quiet plugins include
	@cp requirements.txt $(VENV)/lock && $(LOCK_COMMAND) --output-file $(VENV)/lock --custom-compile-command "make lock" \
	  && diff <(grep -v '^ *#' requirements.txt) <(grep -v '^ *#' $(VENV)/lock) \
	  || { echo "requirements.txt is not in step with pyproject.toml: run make lock"; exit 1; }

lock: setup ## resolve pyproject.toml into requirements.txt, keeping what still fits
	$(LOCK_COMMAND) --custom-compile-command "make lock" --output-file requirements.txt

format: setup ## format the code
	$(BIN)/ruff format . && $(BIN)/ruff check --fix --select I .

clean: ## stop what runs, and remove .venv and .local
	@test ! -x $(BIN)/python || $(BIN)/python include/warehouse/server.py stop || true
	rm -rf $(VENV) .local .pytest_cache .mypy_cache .ruff_cache .hypothesis
