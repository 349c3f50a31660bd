# Everything a stranger needs: `make demo` shows the main job, `make test` passes the whole suite.
# Only Python 3.11+ and make are needed; uv is used if it is there, plain venv and pip if not.

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
WORKERS ?= 4
UV := $(shell command -v uv 2>/dev/null)

# The tests start hundreds of processes: without its bytecode each of them would compile the whole program once more.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help setup demo test lint format bench lock clean

help:  ## what can be made
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

setup: $(VENV)/.ready  ## a virtual environment with everything in it

$(VENV)/.ready: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "veille needs Python 3.11 or newer; $(PYTHON) is $$($(PYTHON) --version 2>&1). Name another: make PYTHON=python3.12 $(MAKECMDGOALS)" >&2; exit 1; }
ifneq ($(UV),)
	$(UV) venv --quiet --allow-existing --python $(PYTHON) $(VENV)
	$(UV) pip install --quiet --python $(BIN)/python --require-hashes -r requirements.lock
	$(UV) pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation -e .
else
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || \
		{ v=$$($(PYTHON) -c 'import sys; print("%d.%d" % sys.version_info[:2])'); \
		  echo "$(PYTHON) cannot make virtual environments: its ensurepip is missing. On Debian and Ubuntu: apt install python$$v-venv (or put uv on the PATH)." >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
endif
	@touch $@

demo: setup  ## five demo newspapers: crawled on a timetable, one backfilled, searched
	@$(BIN)/veille demo

test: setup  ## the whole suite, on SQLite and PostgreSQL
	$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal --cov --cov-report=term:skip-covered $(ARGS)

lint: setup  ## style, types, and the direction of imports
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: setup  ## let ruff mend what it can
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: setup  ## the ingest benchmark beside a plain Scrapy project (see docs/benchmarks.md)
	$(BIN)/python benchmarks/ingest.py $(ARGS)

lock:  ## renew requirements.lock from pyproject.toml
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --extra dev --generate-hashes --no-strip-extras \
		--custom-compile-command "make lock" --upgrade -o requirements.lock pyproject.toml
	@# pip before 23.3 knows an extra only by the spelling that other packages ask for
	sed -i.bak 's/^lxml\[html-clean\]/lxml[html_clean]/' requirements.lock && rm requirements.lock.bak

clean:  ## remove what was made here
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage* dist build
