# Each target sets up what it needs in .venv; nothing outside this folder is touched.
PYTHON ?= python3
DATA   ?= ./data
ARGS   ?=

BIN    := .venv/bin
USE    := .venv/.ready-to-run
DEV    := .venv/.ready-to-develop
PIP    := $(BIN)/python -m pip --disable-pip-version-check --quiet install --constraint constraints.txt
PYTEST := $(BIN)/python -m pytest

.DEFAULT_GOAL := help
.PHONY: help run test lint docs packaging filters interop bench clean

help: ## list these targets
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## (.*)/  make \1\t\2/' | expand -t 18

run: $(USE) ## start a nameserver and a broker on loopback; DATA=folder, ARGS="more options"
	@exec $(BIN)/twistd -n rmq --data $(DATA) $(ARGS)

test: $(DEV) ## run the unit tests; ARGS="-k what"
	@$(PYTEST) -q --ignore=tests/test_packaging.py $(ARGS)

lint: $(DEV) ## check style, types and floors
	@worst=0; \
	for tool in "ruff check" "mypy" "lint-imports --no-logo"; do \
		echo "$$tool:"; $(BIN)/$$tool || worst=1; \
	done; \
	exit $$worst

docs: $(DEV) ## write the generated documents anew, check links, commands and snippets of all
	@$(BIN)/python -m rmqtw.declare.generate
	@$(BIN)/python -m rmqtw.cli.wiredoc docs/wire.md
	@$(PYTEST) -q tests/test_docs.py $(ARGS)

packaging: $(DEV) ## build wheel and sdist, install them, run what they install
	@$(PYTEST) -q tests/test_packaging.py $(ARGS)

filters: $(DEV) ## test filters on 100,000 expressions, with sqlglot in pure Python and compiled
	@$(PIP) --upgrade --target .venv/sqlglotc 'sqlglot[c]'
	@RMQTW_SQLGLOT_BUILD=pure RMQTW_FILTER_EXPRESSIONS=100000 $(PYTEST) -q tests/filters $(ARGS)
	@RMQTW_SQLGLOT_BUILD=compiled RMQTW_FILTER_EXPRESSIONS=100000 PYTHONPATH=.venv/sqlglotc $(PYTEST) -q tests/filters $(ARGS)
	@$(BIN)/python -m tests.bench.filters_micro

interop: $(DEV) ## let unmodified Java and C++ clients talk to rmqtw (needs java, mvn; fetches clients)
	@$(PYTEST) -q tests/interop $(ARGS)

bench: $(DEV) ## measure CPU time per message and memory; ARGS=--smoke for a short run
	@$(BIN)/python -m tests.bench $(ARGS)

clean: ## remove .venv and everything built; data folders stay
	rm -rf .venv build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "rmqtw needs Python 3.11 or later, and $(PYTHON) is " + sys.version.split()[0] + ". Name another: make PYTHON=python3.12 ...")'
	@$(PYTHON) -m venv .venv

$(USE): setup.cfg pyproject.toml constraints.txt | $(BIN)/python
	@echo "Installing rmqtw into .venv, once ..."
	@$(PIP) --editable '.[fast]'
	@touch $@

$(DEV): setup.cfg pyproject.toml constraints.txt | $(BIN)/python
	@echo "Installing rmqtw and its development tools into .venv, once ..."
	@$(PIP) --editable '.[fast,dev]'
	@touch $@ $(USE)
