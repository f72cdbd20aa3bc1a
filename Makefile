# Everything a newcomer needs; `make` alone prints this list.
.DEFAULT_GOAL := help
SHELL := /bin/bash
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	command -v $$p >/dev/null && $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
BIN := .venv/bin
export PIP_DISABLE_PIP_VERSION_CHECK = 1

.PHONY: help setup demo test lint types bench chaos quality outside schemas lock clean

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-9s %s\n", $$1, $$2}'

setup: .venv/.runtime ## create the environment in .venv from pinned, hashed requirements

demo: .venv/.runtime ## a real Kafka, a real file in, joint-operation proposals out; Ctrl-C ends it
	@$(BIN)/entente demo

# Most tests wait for a broker, so three files at a time keep two cores busy. A file's tests stay
# together, for they share a broker; files with brokers come first, short ones last.
test: .venv/.dev lint types ## the whole test suite, the same that CI runs
	$(BIN)/python -m pytest -n 3 --dist loadfile --no-loadscope-reorder

lint: .venv/.dev ## style, and the direction of imports between rooms
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/lint-imports

types: .venv/.dev ## mypy, strict
	$(BIN)/mypy

bench: .venv/.dev ## how fast, as ratios side by side in one run
	PYTHONPATH=tests $(BIN)/python -m bench

chaos: .venv/.dev ## kill -9 at 50 random moments; nothing lost, nothing doubled
	$(BIN)/python -m pytest tests/broker/test_chaos.py --kills 50

quality: .venv/.dev ## how well the correlator finds planted networks, on fresh seeds
	PYTHONPATH=tests $(BIN)/python -m bench.quality

outside: .venv/.dev ## other people's tools read what we write (needs Go and openssl)
	$(BIN)/python -m pytest tests/outside

schemas: .venv/.dev ## release a schema file for each record that changed
	$(BIN)/python -m entente.wire.derive

lock: .venv/.dev ## pin the requirements anew (needs uv)
	uv pip compile -q --universal --generate-hashes --python-version 3.11 \
	  --custom-compile-command "make lock" -o deploy/requirements.txt pyproject.toml
	uv pip compile -q --universal --generate-hashes --python-version 3.11 --group dev \
	  --no-emit-package entente --custom-compile-command "make lock" \
	  -o deploy/requirements-dev.txt pyproject.toml
	uv pip compile -q --universal --generate-hashes --python-version 3.11 --group batch \
	  --no-emit-package entente --custom-compile-command "make lock" \
	  -o deploy/requirements-batch.txt pyproject.toml

clean: ## remove the environment, the demo and every cache
	@if [ -x $(BIN)/entente ]; then $(BIN)/entente demo --stop; fi
	rm -rf .venv var .hypothesis .mypy_cache .ruff_cache .pytest_cache .import_linter_cache dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

.venv/bin/python:
	@test -n "$(PYTHON)" || { echo "Entente needs Python 3.11 or newer: install it, or say make PYTHON=/path/to/python3"; exit 1; }
	$(PYTHON) -m venv .venv || { rm -rf .venv; exit 1; }  # Debian: apt install python3-venv

.venv/.runtime: deploy/requirements.txt pyproject.toml | .venv/bin/python
	$(BIN)/python -m pip install -q --require-hashes -r deploy/requirements.txt
	echo "$(CURDIR)/services" > "$$($(BIN)/python -c 'import site; print(site.getsitepackages()[0])')/entente.pth"
	printf '#!/bin/sh\nexec "$$(dirname "$$0")/python" -m entente "$$@"\n' > $(BIN)/entente
	chmod +x $(BIN)/entente
	touch $@

.venv/.dev: deploy/requirements-dev.txt .venv/.runtime
	$(BIN)/python -m pip install -q --require-hashes -r deploy/requirements-dev.txt
	touch $@
