# Every task of the project. `make` alone lists them.
#
# A machine needs Python >= 3.11, Go >= 1.26 (to build the local control plane once), openssl and make.
# Everything else is installed below this folder (.uv, .venv) or in the user's cache folder.

PYTHON ?= python3
UV ?= $(or $(shell command -v uv),.uv/bin/uv)
NODES ?= 5
BENCH ?= full
COUNT ?= 1000
MINUTES ?= 30
CLUSTER := build/cluster
VENV := .venv/bin
export PYTHONPATH := tests
export PYTHONDONTWRITEBYTECODE := 1

.DEFAULT_GOAL := help
.PHONY: help setup control-plane demo test lint unit integration crashes faults coverage cluster-up cluster-down run crds docs golden e2e bench transitions fuzz soak lock clean

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "  %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: .venv/.installed ## Install the locked Python environment into .venv

.uv/bin/uv:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=...")'
	@echo "Installing uv into .uv"
	@$(PYTHON) -m venv .uv && .uv/bin/python -m pip --quiet --disable-pip-version-check install 'uv>=0.9,<1'

.venv/.installed: requirements.lock pyproject.toml | $(filter .uv/bin/uv,$(UV))
	@echo "Installing the locked Python environment into .venv"
	@$(UV) venv --quiet --allow-existing --no-python-downloads --python $(PYTHON) .venv
	@$(UV) pip sync --quiet --python .venv --require-hashes requirements.lock
	@$(UV) pip install --quiet --python .venv --no-deps --no-build-isolation --editable .
	@touch $@

control-plane: setup ## Build the local control plane once (about 12 minutes on 2 cores), or find it in the cache
	@$(VENV)/python -c 'from control_plane import ensure_binaries; print(ensure_binaries(print))'

demo: setup control-plane ## Show the main job on a local control plane with five simulated Windows nodes
	@$(VENV)/python -m demo

test: lint unit integration ## Run every check and every test

lint: setup ## Check style, types, layers, spelling, YAML and that generated files are up to date
	$(VENV)/ruff check
	$(VENV)/ruff format --check
	$(VENV)/mypy
	$(VENV)/lint-imports --no-logo
	$(VENV)/codespell README.md CONTRIBUTING.md CHANGELOG.md docs Makefile operator deploy tests
	$(VENV)/yamllint --strict deploy
	$(VENV)/python crds/generate.py --check
	$(VENV)/python docs/generate.py --check

unit: setup ## Run the tests that need no control plane
	$(VENV)/pytest tests/unit --numprocesses 2 --dist worksteal

integration: setup control-plane ## Run the tests against the local control plane
	$(VENV)/pytest tests/integration --numprocesses 4 --dist loadfile --no-loadscope-reorder

crashes: setup control-plane ## Kill the operator at some of its writes; with FULL=1 at each, which takes an hour and writes docs/resilience.md
	$(if $(FULL),$(VENV)/python -m faults.crashes --write,$(VENV)/pytest tests/integration/faults/test_crashes.py)

faults: setup control-plane ## Let the operator meet every outage of the API server, beside a plain kopf one; writes docs/resilience.md
	$(VENV)/python -m faults.matrix

coverage: setup ## Run the unit tests and show which branches they leave out
	$(VENV)/pytest tests/unit --cov=hostprocess_operator --cov-branch --cov-report=term-missing:skip-covered

cluster-up: setup control-plane ## Start a control plane to play with: make cluster-up NODES=5
	@$(VENV)/python -m control_plane up --nodes $(NODES) --directory $(CLUSTER)

cluster-down: setup ## Stop it
	@$(VENV)/python -m control_plane down --directory $(CLUSTER)

run: setup ## Install deploy/ into that control plane and run the operator from this checkout against it
	@$(VENV)/python -m demo.run --directory $(CLUSTER)

crds: setup ## Generate crds/ and the policy of warnings from the API models
	$(VENV)/python crds/generate.py

docs: setup ## Generate pages of docs/ from the code and tests/data
	$(VENV)/python docs/generate.py

golden: setup ## Rewrite the expected DaemonSets and messages in tests/data; review the difference
	UPDATE_GOLDEN=1 $(VENV)/pytest tests/unit/manifests tests/unit/diagnosis/test_failures.py

e2e: setup ## Run the acceptance on a real cluster with Windows nodes: make e2e KUBECONFIG=...
	@$(VENV)/python -m e2e --kubeconfig "$(KUBECONFIG)" $(ARGS)

bench: setup control-plane ## Measure the operator (about 17 minutes); BENCH=short takes a few
	@$(VENV)/python -m bench --size $(BENCH) $(ARGS)

transitions: setup control-plane ## Edit agents at random, by their own schema: make transitions COUNT=1000
	@$(VENV)/python -m bench.transitions --count $(COUNT) $(ARGS)

fuzz: setup ## Feed whatever reads hostile text with a million texts
	@$(VENV)/python -m bench.fuzz $(ARGS)

soak: setup control-plane ## Keep the operator busy and see what grows: make soak MINUTES=30
	@$(VENV)/python -m bench.soak --minutes $(MINUTES) $(ARGS)

lock: .uv/bin/uv ## Resolve the dependencies anew into requirements.lock
	$(UV) pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-header \
	  --python-version 3.11 --group dev --upgrade pyproject.toml --output-file requirements.lock

clean: ## Remove what these targets have put below this folder
	rm -rf .venv .uv build dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis .coverage
