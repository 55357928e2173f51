# The front door. Every target installs what it needs into .venv first; ARGS go to the command behind the target.
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready
SERVICES := recruitment training supervision notifications
ENOUGH := import sys; sys.exit(sys.version_info < (3, 11))

.DEFAULT_GOAL := help
.PHONY: help run stack journey fetch test chaos check format generate bench limits lock clean
# An interpreter that is gone, too old or half-installed is not ready, whatever the mark says.
ifneq ($(shell test -f $(READY) && $(BIN)/python -c '$(ENOUGH)' 2> /dev/null && echo ready),ready)
.PHONY: $(READY)
endif

help: ## Show every target with what it does
	@grep -hE '^[a-zA-Z0-9_-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

$(READY): requirements/dev.lock
	@$(PYTHON) -c '$(ENOUGH)' 2> /dev/null || { \
	    echo "Peerpath needs Python 3.11 or later, and '$(PYTHON)' is $$($(PYTHON) --version 2> /dev/null || echo not there):" \
	        "name one you have, such as: make $(MAKECMDGOALS) PYTHON=python3.12" >&2; exit 1; }
	@echo "installing the locked requirements into .venv (once; about a minute, 550 MB)"
	@$(PYTHON) -m venv --clear .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.lock
	@touch $(READY)

run: $(READY) ## Run the whole platform here with demo people; data in .local/, Ctrl-C stops it
	@$(BIN)/python -m deploy.local run $(ARGS)

stack: $(READY) ## Run only Kafka, MongoDB and the mail catcher, and print their addresses
	@$(BIN)/python -m deploy.local up $(ARGS)

journey: $(READY) ## Walk one person's whole story through four running services, and check it
	@$(BIN)/python -m deploy.local journey

fetch: $(READY) ## Fetch and check Kafka's jars, for a machine that will be offline
	@$(BIN)/python -m deploy.local fetch

# The tests of one file stay together and in order. `auto` is what tests/support/workers.py says; ARGS="-n 0" is one.
test: $(READY) ## Run every test: on the servers of KAFKA_URL and MONGO_URL, else two processes on their own (ARGS="-n 0": one)
	@$(BIN)/python -m pytest -n auto --dist loadfile --no-loadscope-reorder $(ARGS)

chaos: $(READY) ## Kill, pause and cut off the platform under load, and check it: KILLS=50 SEED=any MINUTES=about-so-many
	@$(BIN)/python -m tests.chaos $(if $(KILLS),--kills $(KILLS)) $(if $(SEED),--seed $(SEED)) $(if $(MINUTES),--minutes $(MINUTES))

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

limits: $(READY) ## Drain an outbox of a million rows and watch the memory: some minutes
	@$(BIN)/python -m pytest tests/shared/messaging/test_limits.py -k outbox --outbox-rows 1000000 -s $(ARGS)

# For every platform, so that an unsupported one gets as far as being told. What is locked stays as it is, if it can:
# add ARGS=--upgrade, or ARGS='--upgrade-package NAME'.
UV_COMPILE = $(BIN)/uv pip compile --quiet pyproject.toml --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate $(ARGS)
lock: $(READY) ## Resolve the requirements anew and write the lock files
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	@$(UV_COMPILE) -o requirements/runtime.lock
	@$(UV_COMPILE) --group dev -o requirements/dev.lock

clean: ## Delete the data of the local platform (not the virtual environment)
	@$(PYTHON) -m deploy.local.clean
