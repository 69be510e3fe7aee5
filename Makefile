# Everything runs in .venv, which the first target makes. Needed on the machine: python3.11 and make.
PYTHON ?= python3.11
STAGE ?= local
SEED ?= demo
VENV := .venv
BIN := $(VENV)/bin
# One stamp per requirements file: a target installs what it needs and no more.
RUN_TOOLS := $(VENV)/.run-tools
TEST_TOOLS := $(VENV)/.test-tools
DOCS_TOOLS := $(VENV)/.docs-tools
CLIENT_TOOLS := $(VENV)/.client-tools
NODE_TOOLS := build/node/node_modules/.package-lock.json
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check
CHROMIUM := $(shell command -v chromium || command -v chromium-browser || command -v google-chrome)

.DEFAULT_GOAL := help
.PHONY: help install run up down reset test test-fast test-stack test-browser check lint types templates hooks format docs clients package deploy bootstrap integrity bench clean

help:  ## this list
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 16

install: $(TEST_TOOLS)  ## make .venv with everything pinned that running, checking and testing need

$(RUN_TOOLS): infra/requirements.txt requirements.txt
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(PIP) -r $<
	@touch $@

$(TEST_TOOLS): tests/requirements.txt benchmarks/requirements.txt $(RUN_TOOLS)
	$(PIP) -r $<
	$(PIP) --no-deps -r benchmarks/requirements.txt
	@touch $@

$(DOCS_TOOLS): docs/requirements.txt $(RUN_TOOLS)
	$(PIP) -r $<
	@touch $@

$(CLIENT_TOOLS): infra/openapi_clients/requirements.txt $(TEST_TOOLS)
	$(PIP) -r $<
	@touch $@

$(NODE_TOOLS): infra/openapi_clients/package.json infra/openapi_clients/package-lock.json
	@mkdir -p build/node && cp $^ build/node
	@npm ci --loglevel=error --no-audit --no-fund --prefix build/node
	@touch $@

run: $(RUN_TOOLS)  ## the whole system on this machine, in the foreground (SEED=demo or empty)
	@SEED=$(SEED) $(BIN)/python -m infra.local_stack run

up: $(RUN_TOOLS)  ## the same in the background; again to deploy what has changed
	@SEED=$(SEED) $(BIN)/python -m infra.local_stack up

down: $(RUN_TOOLS)  ## stop it; its state is kept
	@$(BIN)/python -m infra.local_stack down

reset: down  ## stop it and delete its state
	rm -rf .local

test: test-fast test-stack  ## all tests

test-fast: $(TEST_TOOLS)  ## unit and integration tests: everything in process
	$(BIN)/python -m pytest -q -n auto tests/unit tests/integration

test-stack: $(TEST_TOOLS)  ## on local stacks of their own: races, streams, policies, and the pages in Chromium
	$(BIN)/python -m pytest -q -n 2 --dist loadfile tests/stack $(if $(CHROMIUM),tests/browser)
	$(if $(CHROMIUM),,@printf '\n!!!!!!!! No Chromium on this machine: the browser tests did NOT run. !!!!!!!!\n\n')

test-browser: $(TEST_TOOLS)  ## only the pages in Chromium
	$(BIN)/python -m pytest -q -n 0 tests/browser

check: lint types templates  ## lint, format, types, template of every stage

lint: $(TEST_TOOLS)  ## only lint and format
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(TEST_TOOLS)  ## only types
	$(BIN)/mypy app.py chalicelib infra tests benchmarks

templates: $(TEST_TOOLS)  ## only the template of every stage
	$(BIN)/python -m infra.package local dev prod
	$(BIN)/cfn-lint $(foreach stage,local dev prod,build/$(stage)/package/template.json)

hooks: $(TEST_TOOLS)  ## have git run lint and types before a commit, all of check before a push
	$(BIN)/pre-commit install

format: $(TEST_TOOLS)  ## put the code into its one form
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

docs: $(DOCS_TOOLS)  ## the docs site, into build/site; a broken link is an error
	@NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict

clients: $(CLIENT_TOOLS) $(NODE_TOOLS)  ## typed clients from the API's document, into build/clients; a warning is an error (needs npm)
	@$(BIN)/python -m infra.openapi_clients.check

package: $(RUN_TOOLS)  ## build what STAGE deploys into build/STAGE/package
	@$(BIN)/python -m infra.package $(STAGE)

deploy: $(RUN_TOOLS)  ## package STAGE (dev or prod) and deploy it to the account of the AWS credentials
	@$(BIN)/python -m infra.deploy $(STAGE)

bootstrap: $(RUN_TOOLS)  ## invite EMAIL as the first administrator of STAGE
	@$(BIN)/python -m infra.bootstrap $(STAGE) $(EMAIL)

integrity: $(RUN_TOOLS)  ## compare the ledger of STAGE with its appointments
	@$(BIN)/python -m infra.integrity_check $(STAGE)

bench: $(TEST_TOOLS)  ## the budget table, measured
	$(BIN)/python -m benchmarks

clean:  ## delete what was built; .venv and the local stack's state stay
	rm -rf build .pytest_cache .mypy_cache .ruff_cache .hypothesis
