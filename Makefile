# The verbs of the project. `make` alone lists them.

SHELL := /bin/bash
.DEFAULT_GOAL := help

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
ARGS ?=
SECONDS_PER_TARGET ?= 20

RUN_READY := $(VENV)/.run-ready
DEV_READY := $(VENV)/.dev-ready
FUZZ_READY := $(VENV)/.fuzz-ready

.PHONY: help run demo test check format bench fuzz docs pins clean

help: ## list these verbs
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' Makefile

run: $(RUN_READY) ## set up and start the gateway (ARGS="-c gatepost.toml")
	@$(BIN)/gatepost run $(ARGS)

demo: $(RUN_READY) ## set up and show the gateway at work on loopback
	@$(BIN)/gatepost demo $(ARGS)

test: $(DEV_READY) ## set up, install the peers (as root or under CI=true), test (ARGS="tests/smtp -k dot")
	@tests/peers/install
	@$(BIN)/python -m pytest $(ARGS)

check: $(DEV_READY) ## lint, format, types, layers, generated docs
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python docs/generate.py --check

format: $(DEV_READY) ## put the code into the one format
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: $(DEV_READY) ## Gatepost against Postfix and others on the same work (ARGS=--quick); needs root, postfix
	@$(BIN)/python -m bench.accept_and_relay $(ARGS)
	@$(BIN)/python -m bench.explain_log $(ARGS)
	@$(BIN)/python -m bench.checks $(ARGS)
	@$(BIN)/python -m bench.identity $(ARGS)
	@$(BIN)/python -m bench.dns_lists $(ARGS)

fuzz: $(DEV_READY) $(FUZZ_READY) ## each target for SECONDS_PER_TARGET seconds (ARGS="framing paths")
	@$(BIN)/python fuzz/run.py --seconds $(SECONDS_PER_TARGET) $(ARGS)

docs: $(DEV_READY) ## write the generated pages anew
	@$(BIN)/python docs/generate.py

pins: ## resolve requirements/*.txt anew from pyproject.toml and requirements/*.in
	@requirements/pin $(PYTHON)

clean: ## remove the virtual environment and all caches
	@rm -rf $(VENV) .cache .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache

# The stamps are older than what they stand for only when the requirements changed.
$(BIN)/python:
	@requirements/make-venv $(PYTHON) $(VENV)

$(RUN_READY): requirements/run.txt pyproject.toml | $(BIN)/python
	@echo "Installing what the gateway needs into $(VENV) ..."
	@$(PIP) install --require-hashes -r requirements/run.txt
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

$(DEV_READY): requirements/dev.txt $(RUN_READY)
	@echo "Installing what checks and tests need into $(VENV) ..."
	@$(PIP) install --require-hashes -r requirements/dev.txt
	@touch $@

$(FUZZ_READY): requirements/fuzz.txt | $(BIN)/python
	@$(PIP) install --require-hashes --only-binary :all: -r requirements/fuzz.txt \
		|| echo "No fuzzer for this Python and platform: the kept seeds are replayed instead."
	@touch $@
