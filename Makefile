# make help lists what there is. Everything lives in .venv and .local; nothing else is touched.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
COMPOSE ?= docker compose
LOCK_COMMAND := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --extra dev pyproject.toml
BUILD_OPTIONS = $(if $(BASE),--base $(BASE)) $(if $(NETWORK),--network $(NETWORK))
# What the image has: the same versions, without what only tests and checks need.
LOCK_STACK := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --extra stack --constraint requirements.txt pyproject.toml
STACK_LOCK := include/stack/requirements.txt
# Says what to do where PYTHON is missing or older than pyproject.toml's requires-python.
define REQUIRE_PYTHON
command -v $(PYTHON) >/dev/null || { echo "$(PYTHON) is not there. Install Python 3.11 or newer, or name one: make setup PYTHON=/path/to/python" >&2; exit 1; }; \
$(PYTHON) -c 'import sys; v = tuple(sys.version_info[:2]); sys.exit(0 if v >= (3, 11) else "$(PYTHON) is Python %d.%d. This project needs 3.11 or newer: make setup PYTHON=/path/to/python3.11" % v)'
endef
# The oldest Airflow that the package runs on, in an environment of its own.
OLDEST := .venv-oldest
OLDEST_LOCK := dev/locks/airflow-3.1.7.txt
LOCK_OLDEST := $(LOCK_COMMAND) --constraint $(OLDEST_LOCK:.txt=.in)

# Airflow is many short processes; where this is set, each would compile anew all that it imports.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help setup demo demo-gcp ui psql env up down reset logs psql-stack images test test-oldest screenshots bench chaos check lock upgrade docs hooks format clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(VENV)/.ready ## the environment, from the lock

$(VENV)/.ready: requirements.txt pyproject.toml
	@test -x $(BIN)/python || { $(REQUIRE_PYTHON); $(PYTHON) -m venv $(VENV); }
	@test -x $(BIN)/uv || $(BIN)/python -m pip install --quiet "$$(grep -o '^uv==[0-9.]*' requirements.txt)"
	$(BIN)/uv pip sync --quiet --python $(BIN)/python requirements.txt
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	@touch $@

demo: setup ## three green months into an embedded Postgres, through a real Airflow
	$(BIN)/python -m dev.demo

demo-gcp: setup ## the same into BigQuery, by emulators of Google Cloud
	$(BIN)/python -m dev.demo_gcp

ui: setup ## Airflow's web UI on loopback, on the state of the demo
	$(BIN)/python -m dev.ui

psql: setup ## a shell in the embedded warehouse; or ARGS='-c "SELECT 1"'
	@$(BIN)/python -m dev.warehouse psql $(ARGS)

env: ## .env for the stack, with secrets of its own
	@$(PYTHON) include/stack/env.py make

up: ## the stack in containers: Airflow, warehouse, pgAdmin; BASE=image and NETWORK=host where builds need them
	@test -e .env || $(PYTHON) include/stack/env.py make
	@$(PYTHON) include/stack/env.py check
	PYTHONPATH=plugins $(PYTHON) include/containers/build.py $(BUILD_OPTIONS)
	$(if $(NETWORK),BUILD_NETWORK=$(NETWORK)) $(if $(BASE),PYTHON_BASE_IMAGE=$(BASE)) $(COMPOSE) up --build --wait
	@$(PYTHON) include/stack/env.py show

down: ## stop the stack; its data stays
	$(COMPOSE) --profile '*' down --remove-orphans

reset: ## stop the stack and remove its data: warehouse, metadata, landing, reports
	$(COMPOSE) --profile '*' down --remove-orphans --volumes

logs: ## what the stack's services say, as they say it
	$(COMPOSE) logs --follow --tail 50

psql-stack: ## a shell in the stack's warehouse, as its read-only user
	@$(COMPOSE) exec warehouse psql -U reader -d nyc_tlc

images: setup ## images of the script tasks; BASE=image and NETWORK=host where builds need them
	$(BIN)/python include/containers/build.py $(BUILD_OPTIONS)

# A folder of its own: pytest's usual one is cleared by whatever other pytest runs on the machine.
test: export PYTEST_DEBUG_TEMPROOT := $(CURDIR)/.local/tmp
test: export TLC_SKIPS := $(CURDIR)/.local/tmp/skips.json
test: setup ## all tests, the fast ones first
	@mkdir -p .local/tmp && rm -f $(TLC_SKIPS)
	$(BIN)/python -m pytest -m "unit or dags"
	$(BIN)/python -m pytest -m integration
	$(BIN)/python -m pytest -m "not (unit or dags or integration)"
	@$(BIN)/python -m tests.support.skips $(TLC_SKIPS)

test-oldest: export PYTEST_DEBUG_TEMPROOT := $(CURDIR)/.local/tmp
test-oldest: export AIRFLOW_HOME := $(CURDIR)/.local/tmp/airflow-oldest
test-oldest: $(OLDEST)/.ready ## the fast tests, on the oldest Airflow
	@mkdir -p .local/tmp
	$(OLDEST)/bin/python -m pytest -m "unit or dags"

$(OLDEST)/.ready: $(OLDEST_LOCK) pyproject.toml | setup
	@test -x $(OLDEST)/bin/python || $(PYTHON) -m venv $(OLDEST)
	$(BIN)/uv pip sync --quiet --python $(OLDEST)/bin/python $(OLDEST_LOCK)
	$(BIN)/uv pip install --quiet --python $(OLDEST)/bin/python --no-deps --no-build-isolation --editable .
	@touch $@

screenshots: export SCREENSHOTS := $(CURDIR)/docs/images
screenshots: export PYTEST_DEBUG_TEMPROOT := $(CURDIR)/.local/tmp
screenshots: setup ## the pictures of docs/images, from a browser that drives the UI (needs chromium)
	@mkdir -p .local/tmp
	$(BIN)/python -m pytest tests/e2e/test_ui.py

bench: setup ## every speed claim, as ratios measured side by side
	$(BIN)/python -m bench

chaos: setup ## a thousand faults in real loads; FAULTS=n and SEED=n for others
	$(BIN)/python -m chaos --faults $(or $(FAULTS),1000) --seed $(or $(SEED),1)

check: setup ## ruff, mypy, import contract, sqlfluff, hadolint, and the locks in step with pyproject.toml
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	@PYTHONPATH=. $(BIN)/lint-imports --no-logo || { echo "an import goes the wrong way: see [tool.importlinter] in pyproject.toml"; exit 1; }
	$(BIN)/sqlfluff lint --quiet plugins include
	@cp requirements.txt $(VENV)/lock && $(LOCK_COMMAND) --output-file $(VENV)/lock --custom-compile-command "make lock" \
	  && diff <(grep -v '^ *#' requirements.txt) <(grep -v '^ *#' $(VENV)/lock) \
	  && cp $(STACK_LOCK) $(VENV)/lock && $(LOCK_STACK) --output-file $(VENV)/lock --custom-compile-command "make lock" \
	  && diff <(grep -v '^ *#' $(STACK_LOCK)) <(grep -v '^ *#' $(VENV)/lock) \
	  && cp $(OLDEST_LOCK) $(VENV)/lock && $(LOCK_OLDEST) --output-file $(VENV)/lock --custom-compile-command "make lock" \
	  && diff <(grep -v '^ *#' $(OLDEST_LOCK)) <(grep -v '^ *#' $(VENV)/lock) \
	  || { echo "a lock is not in step with pyproject.toml: run make lock"; exit 1; }
	$(BIN)/hadolint --failure-threshold style $$(git ls-files '*Dockerfile')

lock: setup ## resolve pyproject.toml into requirements.txt, keeping what still fits; the images' and the oldest's too
	$(LOCK_COMMAND) --custom-compile-command "make lock" --output-file requirements.txt
	$(LOCK_STACK) --custom-compile-command "make lock" --output-file $(STACK_LOCK)
	$(LOCK_OLDEST) --custom-compile-command "make lock" --output-file $(OLDEST_LOCK)
	for folder in include/containers/*/; do \
	  $(BIN)/uv pip compile --quiet --generate-hashes --python-version 3.11 --python-platform linux --no-annotate \
	    --custom-compile-command "make lock" --constraint requirements.txt \
	    --output-file $$folder/requirements.txt $$folder/requirements.in; \
	done

# The oldest Airflow's lock stays: its versions are the point of it.
upgrade: setup ## make lock with the newest versions that pyproject.toml allows
	for lock in requirements.txt $(STACK_LOCK) include/containers/*/requirements.txt; do : > $$lock; done
	@touch $(VENV)/.ready
	$(MAKE) lock

docs: setup ## docs/data-contract.md, from the contracts
	$(BIN)/python -m dev.data_contract

hooks: setup ## git hooks: ruff, mypy and sqlfluff before each commit
	$(BIN)/pre-commit install

format: setup ## format the code
	$(BIN)/ruff format . && $(BIN)/ruff check --fix --select I .

clean: ## stop what runs, and remove .venv and .local
	@test ! -x $(BIN)/python || $(BIN)/python -m dev.warehouse stop || true
	rm -rf $(VENV) $(OLDEST) .local .pytest_cache .mypy_cache .ruff_cache .hypothesis
