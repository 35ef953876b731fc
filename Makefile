# Zhanggui 掌柜. `make help` lists the commands.
# The Makefile brings its own uv, in a small virtual environment, and calls it by its path: Debian's externally
# managed Python is no obstacle then, and a pyenv shim cannot get in the way of nlu/rasa's own Python.

SHELL := /bin/sh
PYTHON ?= python3
UV_VERSION := 0.13.9
UV := $(CURDIR)/.uv/bin/uv
VENV := $(CURDIR)/.venv
RUN := $(VENV)/bin
SECONDS ?= 5
WORKERS ?= 2
ROOMS := webhook bot nlu actions shop ledger
export ZHANGGUI_UV := $(UV)
export UV_PROJECT_ENVIRONMENT := $(VENV)
# The machine's own certificates, where it has any: they know the proxies it lives behind.
ifneq (,$(wildcard /etc/ssl/certs/ca-certificates.crt))
export UV_SYSTEM_CERTS ?= true
endif

.DEFAULT_GOAL := help
.PHONY: help env compiled demo test lint format types soak bench clean

help: ## Show this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):[^#]*## (.*)/  make \1\t\2/' | expand -t 18

$(UV):
	@echo "Bringing uv $(UV_VERSION) …"
	@$(PYTHON) -m venv .uv 2>/dev/null || $(PYTHON) -m venv --without-pip .uv
	@if [ -x .uv/bin/pip ]; then .uv/bin/pip install --quiet --disable-pip-version-check uv==$(UV_VERSION); \
	 else $(PYTHON) -m pip --python .uv/bin/python install --quiet uv==$(UV_VERSION); fi

$(VENV)/.synced: pyproject.toml uv.lock | $(UV)
	@echo "Preparing the Python environment …"
	@$(UV) sync --frozen --quiet --compile-bytecode && touch $@

env: $(VENV)/.synced ## Prepare the Python environment

# Some machines forbid caching bytecode on import; compiled beforehand, a start takes half as long.
compiled: env
	@$(RUN)/python -m compileall -q -x nlu/rasa $(ROOMS)

demo: compiled ## Start everything on this machine and open the chat at http://127.0.0.1:8000/
	@exec $(RUN)/zhanggui demo

test: compiled ## Lint, types, import contracts and the whole test suite
	@$(MAKE) --no-print-directory lint types
	@$(RUN)/python -m pytest -m "not soak" -n $(WORKERS)

lint: env ## Style and import contracts
	@$(RUN)/ruff check .
	@$(RUN)/ruff format --check .
	@$(RUN)/lint-imports --cache-dir .import_linter_cache

format: env ## Rewrite the code in the project's style
	@$(RUN)/ruff check --fix .
	@$(RUN)/ruff format .

types: env ## Strict type check
	@$(RUN)/mypy

soak: env ## Long proofs: races, kill loops, a million members
	@$(RUN)/python -m pytest -m soak --timeout 3600

bench: env ## Measure speed (SECONDS=5 per case)
	@$(RUN)/python bench/ledger.py --seconds $(SECONDS)

clean: ## Remove environments and caches; the demo's data in var/ stays
	@rm -rf .venv .uv nlu/rasa/.venv .pytest_cache .mypy_cache .ruff_cache .import_linter_cache
