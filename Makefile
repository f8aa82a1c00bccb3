# make help lists what there is. Everything lives in .venv and .local; nothing else is touched.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

PYTHON ?= python3
VENV := .venv
LOCKS := dev/locks
BIN := $(VENV)/bin
COMPOSE ?= docker compose
LOCK_COMMAND := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --extra dev --constraint $(LOCKS)/newest.in pyproject.toml
BUILD_OPTIONS = $(if $(BASE),--base $(BASE)) $(if $(NETWORK),--network $(NETWORK))
STACK_SETTINGS = $(if $(NETWORK),BUILD_NETWORK=$(NETWORK)) $(if $(BASE),PYTHON_BASE_IMAGE=$(BASE))
# What the image has: the same versions, without what only tests and checks need.
LOCK_STACK := $(BIN)/uv pip compile --quiet --generate-hashes --universal --python-version 3.11 --extra stack --constraint requirements.txt pyproject.toml
STACK_LOCK := include/stack/requirements.txt
LOCK_IMAGE := $(BIN)/uv pip compile --quiet --generate-hashes --python-version 3.11 --python-platform linux --no-annotate \
  --custom-compile-command "make lock" --constraint requirements.txt
LOCK_S3 := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --no-annotate \
  --custom-compile-command "make lock" --constraint requirements.txt $(LOCKS)/s3.in
BUILD_LOCK := include/stack/build-requirements.txt
# What each image has, by folder of include/.
IMAGE_LOCKS = $(STACK_LOCK) $(wildcard include/containers/*/requirements.txt)
# Says what to do where PYTHON is missing or older than pyproject.toml's requires-python.
define REQUIRE_PYTHON
command -v $(PYTHON) >/dev/null || { echo "$(PYTHON) is not there. Install Python 3.11 or newer, or name one: make setup PYTHON=/path/to/python" >&2; exit 1; }; \
$(PYTHON) -c 'import sys; v = tuple(sys.version_info[:2]); sys.exit(0 if v >= (3, 11) else "$(PYTHON) is Python %d.%d. This project needs 3.11 or newer: make setup PYTHON=/path/to/python3.11" % v)'
endef
INSTALL = test -x $(BIN)/python || $(PYTHON) -m venv $(VENV); \
  test -x $(BIN)/uv || $(BIN)/python -m pip install --quiet "$$(grep -o '^uv==[0-9.]*' requirements.txt)"; \
  $(BIN)/uv pip sync --quiet --python $(BIN)/python requirements.txt; \
  $(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
CYCLONEDX := cyclonedx-bom==7.5.0
PIP_AUDIT := pip-audit==2.10.1
TWINE := twine==7.0.0
# Each other Airflow that the package is tested with has a lock, and an environment .venv-VERSION.
AIRFLOW ?= 3.2
AIRFLOWS := $(patsubst $(LOCKS)/airflow-%.in,%,$(wildcard $(LOCKS)/airflow-*.in))
# Those of Airflow's official constraints are for the Python that they are for, and for Linux only: a
# lock for all resolves some packages otherwise. The rest is for each Python from 3.11 on.
PYTHON_3.2.1 := 3.12
PYTHON_3.3.1 := 3.12
python_of = $(or $(PYTHON_$(1)),3.11)
lock_airflow = $(BIN)/uv pip compile --quiet --python-version $(call python_of,$(1)) \
  $(if $(PYTHON_$(1)),--python-platform linux,--universal) --extra dev --constraint $(LOCKS)/airflow-$(1).in pyproject.toml \
  $(wildcard $(LOCKS)/also-$(1).in)
# The lock $(1) is what the command $(2) makes of pyproject.toml. All at once: each waits for the index.
check_lock = { copy=$(VENV)/lock-$(subst /,-,$(1)); cp $(1) $$copy \
  && $(2) --output-file $$copy --custom-compile-command "make lock" \
  && diff <(grep -v '^ *\#' $(1)) <(grep -v '^ *\#' $$copy) \
  || { echo "$(1) is not in step with pyproject.toml: run make lock"; exit 1; }; } & locks="$$locks $$!";
CHECK_LOCKS = { locks=; $(call check_lock,requirements.txt,$(LOCK_COMMAND)) \
  $(call check_lock,$(STACK_LOCK),$(LOCK_STACK)) \
  $(foreach version,$(AIRFLOWS),$(call check_lock,$(LOCKS)/airflow-$(version).txt,$(call lock_airflow,$(version)))) \
  failed=0; for lock in $$locks; do wait $$lock || failed=1; done; exit $$failed; }
# Uv finds a Python of that version, or fetches one; pyenv's shims name theirs only when asked for it.
make_venv = test -x $(1)/bin/python || PYENV_VERSION=$(2) $(BIN)/uv venv --quiet --python $(2) $(1)
fill_venv = $(BIN)/uv pip sync --quiet --python $(1)/bin/python $(2) \
  && $(BIN)/uv pip install --quiet --python $(1)/bin/python --no-deps --no-build-isolation --editable .
pytest_in = mkdir -p .local/tmp/$(1) && AIRFLOW_HOME=$(CURDIR)/.local/tmp/$(1)/airflow \
  PYTEST_DEBUG_TEMPROOT=$(CURDIR)/.local/tmp/$(1) $(1)/bin/python -m pytest
# What is run on each other Airflow.
MARKERS ?= unit or dags or versions
INTEGRATION := .local/tmp/integration
PYTHON_VERSION ?= 3.13
# Those of pyproject.toml that someone installs who uses the package.
EXTRAS := $(addprefix --extra ,aws docker google kubernetes openlineage)
CONSTRAINTS ?= $(wildcard ../shared/data/reference/airflow-*-constraints.txt)

# Runs $(2), which says nothing itself, and prints a line every few seconds meanwhile.
SILENCE := 5
with_progress = { while sleep $(SILENCE) >/dev/null 2>&1; do echo "  $(1): $$SECONDS s"; done & ticker=$$!; \
  trap "kill $$ticker" EXIT; $(2); }

# Airflow is many short processes; where this is set, each would compile anew all that it imports.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help setup demo demo-gcp ui psql env up down reset logs psql-stack backup restore images test test-airflow test-python test-next test-constraints dist dist-google dist-mwaa screenshots bench chaos check lock upgrade sbom audit pin docs hooks format clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(VENV)/.ready ## the environment, from the lock

$(VENV)/.ready: requirements.txt pyproject.toml
	@test -x $(BIN)/python || { $(REQUIRE_PYTHON); }
	@echo "Installing the locked packages into $(VENV); the first time, this takes a minute or more"
	@$(call with_progress,installing,$(INSTALL))
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
	@COMPOSE="$(COMPOSE)" $(PYTHON) include/stack/env.py check
	@mkdir -p .local
	@echo "Building the images of the stack. Beside them those of the script tasks; see .local/script-images.log"
	@PYTHONPATH=plugins $(PYTHON) include/containers/build.py $(BUILD_OPTIONS) >.local/script-images.log 2>&1 & beside=$$!; \
	  trap "kill $$beside 2>/dev/null || true" EXIT; \
	  $(STACK_SETTINGS) $(COMPOSE) build; \
	  $(call with_progress,building the script tasks' images,wait $$beside || { cat .local/script-images.log >&2; exit 1; })
	$(STACK_SETTINGS) $(COMPOSE) up --wait
	@$(PYTHON) include/stack/env.py show

down: ## stop the stack; its data stays
	$(COMPOSE) --profile '*' down --remove-orphans

reset: ## stop the stack and remove its data: warehouse, metadata, landing, reports
	$(COMPOSE) --profile '*' down --remove-orphans --volumes

logs: ## what the stack's services say, as they say it
	$(COMPOSE) logs --follow --tail 50

psql-stack: ## a shell in the stack's warehouse, as its read-only user
	@$(COMPOSE) exec warehouse psql -U reader -d nyc_tlc

backup: ## the stack's warehouse to a file below backups/, or to FILE=path
	@$(call with_progress,backing up,COMPOSE="$(COMPOSE)" sh include/warehouse/backup.sh $(FILE))

restore: ## replace the stack's warehouse by a backup, FILE=path
	@$(call with_progress,restoring,COMPOSE="$(COMPOSE)" sh include/warehouse/restore.sh "$(FILE)")

images: setup ## images of the script tasks; BASE=image and NETWORK=host where builds need them
	$(BIN)/python include/containers/build.py $(BUILD_OPTIONS)

# A folder of its own: pytest's usual one is cleared by whatever other pytest runs on the machine.
test: export PYTEST_DEBUG_TEMPROOT := $(CURDIR)/.local/tmp
test: export TLC_SKIPS := $(CURDIR)/.local/tmp/skips.json
# The slow tests wait most of the time, for Airflow and for containers: the integration tests run beside them.
test: setup ## all tests, the fast ones first
	@mkdir -p .local/tmp && rm -f $(TLC_SKIPS) $(INTEGRATION).json
	$(BIN)/python -m pytest -m "unit or dags"
	@echo "The integration tests run beside the slow ones; their output is in $(INTEGRATION).log, and is shown here when all have ended."
	@TLC_SKIPS=$(INTEGRATION).json $(BIN)/python -m pytest --durations 25 -m integration >$(INTEGRATION).log 2>&1 & beside=$$!; \
	  trap "kill $$beside 2>/dev/null || true" EXIT; failed=0; \
	  $(BIN)/python -m pytest --durations 25 -m "not (unit or dags or integration or versions)" || failed=$$?; \
	  wait $$beside || failed=$$?; cat $(INTEGRATION).log; exit $$failed
	@$(BIN)/python -m tests.support.skips $(TLC_SKIPS) $(INTEGRATION).json

test-airflow: test-airflow-$(AIRFLOW) ## on another Airflow, AIRFLOW=3.2: fast tests, a backfill, catchup, a range

test-python: test-python-$(PYTHON_VERSION) ## the fast tests on another Python, PYTHON_VERSION=3.13

# So that several may run at once: make --jobs 2 test-airflow-3.1 test-airflow-3.2
test-airflow-%: .venv-%/.ready
	@$(call pytest_in,.venv-$*) -m "$(MARKERS)"

test-python-%: .venv-python-%/.ready
	@$(call pytest_in,.venv-python-$*) -m "unit or dags"

.PRECIOUS: .venv-%/.ready .venv-python-%/.ready
.venv-%/.ready: $(LOCKS)/airflow-%.txt pyproject.toml | setup
	@$(call make_venv,.venv-$*,$(call python_of,$*))
	@$(call fill_venv,.venv-$*,$<)
	@touch $@

.venv-python-%/.ready: requirements.txt pyproject.toml | setup
	@$(call make_venv,.venv-python-$*,$*)
	@$(call fill_venv,.venv-python-$*,$<)
	@touch $@

# The wheel as someone installs it who follows Airflow's documentation: CONSTRAINTS=a file of Airflow's.
test-constraints: setup ## pyproject.toml resolves under each of Airflow's official constraints
	@for file in $(CONSTRAINTS); do \
	  $(BIN)/uv pip compile --quiet --python-version 3.12 $(EXTRAS) --constraint "$$file" pyproject.toml >/dev/null; \
	  echo "resolves under $$file"; \
	done
	$(if $(CONSTRAINTS),,@echo "no constraints here: name their files by CONSTRAINTS=")

dist: setup ## the wheel and the sdist in dist/, checked as PyPI does
	rm -rf dist
	@$(call with_progress,building the wheel,$(BIN)/uv build --quiet --no-build-isolation --python $(BIN)/python --out-dir dist .)
	$(BIN)/uv tool run --quiet --from $(TWINE) twine check --strict dist/*.whl dist/*.tar.gz

dist-google: setup ## for Google's Managed Airflow: the bucket's dags/ and plugins/, and the package list
	$(BIN)/python -m dev.dist google

dist-mwaa: setup ## for Amazon MWAA: dags/, plugins.zip with the wheel, requirements.txt
	$(BIN)/python -m dev.dist mwaa

# Not in CI. Only Airflow itself may be a pre-release.
test-next: setup ## the same on the newest Airflow there is, pre-releases too; may fail, and says how
	@$(call make_venv,.venv-next,3.11)
	@printf '%s\n' apache-airflow apache-airflow-core apache-airflow-task-sdk \
	  | $(BIN)/uv pip compile --quiet --no-deps --no-header --no-annotate --prerelease allow --python-version 3.11 - \
	  | tee .venv-next/airflow.txt
	@$(BIN)/uv pip install --quiet --python .venv-next/bin/python --requirements .venv-next/airflow.txt --editable '.[dev]'
	@$(call pytest_in,.venv-next) -m "$(MARKERS)"

screenshots: export SCREENSHOTS := $(CURDIR)/docs/images
screenshots: export PYTEST_DEBUG_TEMPROOT := $(CURDIR)/.local/tmp
screenshots: setup ## the pictures of docs/images, from browsers (needs chromium and a container engine)
	@mkdir -p .local/tmp
	$(BIN)/python -m pytest tests/e2e/test_ui.py tests/docker/test_pictures.py
	$(BIN)/python -m pytest tests/docker/stack/test_stack.py -k in_a_browser

bench: setup ## every speed claim, as ratios measured side by side
	$(BIN)/python -m bench

chaos: setup ## a thousand faults in real loads; FAULTS=n and SEED=n for others
	$(BIN)/python -m chaos --faults $(or $(FAULTS),1000) --seed $(or $(SEED),1) $(ARGS)

check: setup ## ruff, mypy, import contract, sqlfluff, hadolint, and the locks in step with pyproject.toml
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	@$(call with_progress,checking types,$(BIN)/mypy)
	@PYTHONPATH=. $(BIN)/lint-imports --no-logo || { echo "an import goes the wrong way: see [tool.importlinter] in pyproject.toml"; exit 1; }
	@$(call with_progress,checking SQL,$(BIN)/sqlfluff lint --quiet plugins dags include)
	@$(call with_progress,resolving the locks,$(CHECK_LOCKS))
	$(BIN)/hadolint --failure-threshold style $$(git ls-files '*Dockerfile')

lock: setup ## resolve pyproject.toml into requirements.txt, keeping what still fits; the images' and each Airflow's too
	$(LOCK_COMMAND) --custom-compile-command "make lock" --output-file requirements.txt
	$(LOCK_STACK) --custom-compile-command "make lock" --output-file $(STACK_LOCK)
	$(foreach version,$(AIRFLOWS),$(call lock_airflow,$(version)) --custom-compile-command "make lock" \
	  --output-file $(LOCKS)/airflow-$(version).txt;)
	$(LOCK_IMAGE) --output-file $(BUILD_LOCK) $(BUILD_LOCK:.txt=.in)
	$(LOCK_S3) --output-file $(LOCKS)/s3.txt
	for folder in include/containers/*/; do \
	  $(LOCK_IMAGE) --output-file $$folder/requirements.txt $$folder/requirements.in; \
	done

# The oldest Airflow's lock stays: its versions are the point of it.
upgrade: setup ## make lock with the newest versions that pyproject.toml allows
	for lock in requirements.txt $(STACK_LOCK) $(BUILD_LOCK) include/containers/*/requirements.txt; do : > $$lock; done
	@touch $(VENV)/.ready
	$(MAKE) lock

sbom: setup ## a list of what is in each image, in CycloneDX's form, below .local/sbom
	@mkdir -p .local/sbom
	for lock in $(IMAGE_LOCKS); do \
	  $(BIN)/uv tool run --quiet --from $(CYCLONEDX) cyclonedx-py requirements --no-validate --output-reproducible $$lock \
	    --output-file .local/sbom/$$(basename $$(dirname $$lock)).cdx.json; \
	done

# Not in CI: what is known of a package changes without a change here.
audit: setup ## known vulnerabilities in what the images have, as PyPI lists them (needs the network)
	for lock in $(IMAGE_LOCKS); do \
	  $(BIN)/uv tool run --from $(PIP_AUDIT) pip-audit --require-hashes --disable-pip --requirement $$lock; \
	done

pin: ## renew the digests of base images, in docker-compose.yaml and the Dockerfiles (needs the network)
	@$(PYTHON) include/stack/pin.py

docs: setup ## docs/data-contract.md, from the contracts
	$(BIN)/python -m dev.data_contract

hooks: setup ## git hooks: ruff, mypy and sqlfluff before each commit
	$(BIN)/pre-commit install

format: setup ## format the code
	$(BIN)/ruff format . && $(BIN)/ruff check --fix --select I .

clean: ## stop what runs, and remove .venv and .local
	@test ! -x $(BIN)/python || $(BIN)/python -m dev.warehouse stop || true
	rm -rf $(VENV) .venv-* .local .pytest_cache .mypy_cache .ruff_cache .hypothesis
