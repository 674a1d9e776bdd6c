# `make demo` and `make test` are all that is needed; both work on a fresh checkout.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
DEMO_DATA ?= demo-data
PORT ?= 8000
WORKERS ?= 2

.PHONY: demo test bench bench-readers check lint types lock browser pictures clean

demo: $(VENV)/.runtime
	@$(BIN)/divan --data $(DEMO_DATA) demo
	@exec $(BIN)/divan --data $(DEMO_DATA) serve --port $(PORT)

test: $(VENV)/.development browser
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadgroup

# How fast the store is. Beside a CouchDB: make bench COUCHDB=http://user:password@host:5984
bench: $(VENV)/.development
	$(BIN)/python -m tests.bench $(if $(COUCHDB),--couchdb $(COUCHDB)) $(BENCH)

# What listings cost for people who may read little or all. Fills databases of 1,000,000 documents.
bench-readers: $(VENV)/.development
	$(BIN)/python -m tests.bench.readersets $(BENCH)

# What a change must pass: tests, types, style.
check: test types lint

types: $(VENV)/.development
	$(BIN)/mypy

lint: $(VENV)/.development
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

# Pin again what pyproject.toml asks for.
lock: $(VENV)/.lock-tool
	$(VENV)-lock/bin/uv pip compile -q --universal --generate-hashes --no-header --no-annotate pyproject.toml --group build -o requirements.lock
	$(VENV)-lock/bin/uv pip compile -q --universal --generate-hashes --no-header --no-annotate pyproject.toml --extra exchange --group build --group dev -o requirements-dev.lock

# The pictures of the guides, from a fresh demo company.
pictures: $(VENV)/.development browser
	$(BIN)/python -m docs.make_pictures

browser:
	@sh tests/browser/ensure-chromium.sh

$(VENV)/.lock-tool:
	$(PYTHON) -m venv $(VENV)-lock
	$(VENV)-lock/bin/python -m pip install -q uv
	@mkdir -p $(VENV) && touch $@

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); exit 1; }

$(VENV)/.runtime: pyproject.toml requirements.lock | $(VENV)/bin/python
	@echo "Installing Divan into $(VENV) …"
	@$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.development: requirements-dev.lock $(VENV)/.runtime
	@echo "Installing what the tests need …"
	@$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@touch $@

clean:
	rm -rf $(VENV) $(VENV)-lock build dist
