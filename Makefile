# Everything runs in .venv, which the first target makes. Needed on the machine: python3.11 and make.
PYTHON ?= python3.11
STAGE ?= local
SEED ?= demo
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
CHROMIUM := $(shell command -v chromium || command -v chromium-browser || command -v google-chrome)

.DEFAULT_GOAL := help
.PHONY: help install run up down reset test test-fast test-stack test-browser check format package deploy bootstrap integrity bench clean

help:  ## this list
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 16

install: $(INSTALLED)  ## make .venv with the pinned tools and libraries

$(INSTALLED): requirements.txt tests/requirements.txt
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r tests/requirements.txt
	@touch $@

run: $(INSTALLED)  ## the whole system on this machine, in the foreground (SEED=demo or empty)
	@SEED=$(SEED) $(BIN)/python -m infra.local_stack run

up: $(INSTALLED)  ## the same in the background; again to deploy what has changed
	@SEED=$(SEED) $(BIN)/python -m infra.local_stack up

down: $(INSTALLED)  ## stop it; its state is kept
	@$(BIN)/python -m infra.local_stack down

reset: down  ## stop it and delete its state
	rm -rf .local

test: test-fast test-stack  ## all tests

test-fast: $(INSTALLED)  ## unit and integration tests: everything in process
	$(BIN)/python -m pytest -q -n auto tests/unit tests/integration

test-stack: $(INSTALLED)  ## on local stacks of their own: races, streams, policies, and the pages in Chromium
	$(BIN)/python -m pytest -q -n 2 --dist loadfile tests/stack $(if $(CHROMIUM),tests/browser)
	$(if $(CHROMIUM),,@printf '\n!!!!!!!! No Chromium on this machine: the browser tests did NOT run. !!!!!!!!\n\n')

test-browser: $(INSTALLED)  ## only the pages in Chromium
	$(BIN)/python -m pytest -q -n 0 tests/browser

check: $(INSTALLED)  ## lint, format, types, template of every stage
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy app.py chalicelib infra tests benchmarks
	$(BIN)/python -m infra.package local dev prod
	$(BIN)/cfn-lint $(foreach stage,local dev prod,build/$(stage)/package/template.json)

format: $(INSTALLED)  ## put the code into its one form
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

package: $(INSTALLED)  ## build what STAGE deploys into build/STAGE/package
	@$(BIN)/python -m infra.package $(STAGE)

deploy: $(INSTALLED)  ## package STAGE (dev or prod) and deploy it to the account of the AWS credentials
	@$(BIN)/python -m infra.deploy $(STAGE)

bootstrap: $(INSTALLED)  ## invite EMAIL as the first administrator of STAGE
	@$(BIN)/python -m infra.bootstrap $(STAGE) $(EMAIL)

integrity: $(INSTALLED)  ## compare the ledger of STAGE with its appointments
	@$(BIN)/python -m infra.integrity_check $(STAGE)

bench: $(INSTALLED)  ## the budget table, measured
	$(BIN)/python -m benchmarks

clean:  ## delete what was built; .venv and the local stack's state stay
	rm -rf build .pytest_cache .mypy_cache .ruff_cache .hypothesis
