# The front door. Every target installs what it needs into .venv first.
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready
SERVICES := recruitment training supervision notifications

.DEFAULT_GOAL := help
.PHONY: help run stack journey test check format generate bench lock clean

help: ## Show every target with what it does
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

$(READY): requirements/dev.lock
	@echo "installing the locked requirements into .venv (once, about a minute)"
	@$(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.lock
	@touch $(READY)

run: $(READY) ## Run the whole platform here with demo people; data in .local/, Ctrl-C stops it
	@$(BIN)/python -m deploy.local run

stack: $(READY) ## Run only Kafka, MongoDB and the mail catcher, and print their addresses
	@$(BIN)/python -m deploy.local up

journey: $(READY) ## Walk one person's whole story through four running services, and check it
	@$(BIN)/python -m deploy.local journey

test: $(READY) ## Run every test against real Kafka and MongoDB
	@$(BIN)/python -m pytest

check: $(READY) ## Static checks: format, lint, types, import contracts, generated files fresh
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/python -m shared.contracts.generate --check
	@for service in $(SERVICES); do $(BIN)/python -m services.$$service openapi docs/openapi/$$service.json --check || exit 1; done

format: $(READY) ## Format the code and mend what the linter can
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

generate: $(READY) ## Write schemas, AsyncAPI, events.md and OpenAPI anew from contracts and routes
	@$(BIN)/python -m shared.contracts.generate
	@for service in $(SERVICES); do $(BIN)/python -m services.$$service openapi docs/openapi/$$service.json || exit 1; done

bench: $(READY) ## Measure against the naive way and the raw limit, in one run
	@$(BIN)/python -m tests.bench

lock: $(READY) ## Resolve the requirements anew and write the lock files
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	@$(BIN)/uv pip compile -q pyproject.toml --generate-hashes --no-emit-index-url --no-header --python-version 3.11 -o requirements/runtime.lock
	@$(BIN)/uv pip compile -q pyproject.toml --group local --generate-hashes --no-emit-index-url --no-header --python-version 3.11 -o requirements/local.lock
	@$(BIN)/uv pip compile -q pyproject.toml --group dev --generate-hashes --no-emit-index-url --no-header --python-version 3.11 -o requirements/dev.lock

clean: ## Delete the data of the local platform (not the virtual environment)
	rm -rf .local
