# Everything sets itself up: `make demo`, `make test`, `make bench` and `make lint`
# need Python 3.11 or newer, make, gcc and (for what tests/apt.txt names) apt; `make test`
# also npm, with which the page's libraries are fetched (`make page`).

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.set-up

PAGE := archive/verify.html

.PHONY: setup demo test bench lint docs lock clean verify-zipapp page page-types page-if-npm

setup: $(STAMP)

$(STAMP): requirements.lock pyproject.toml tests/apt.txt tests/apt.sh
	sh tests/apt.sh
	$(PYTHON) -c 'import sys; sys.exit("stationd needs Python 3.11 or newer; name one with make PYTHON=python3.12" if sys.version_info < (3, 11) else 0)'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	touch $@

# One termination, played to the end with real parts.  ONCE=1 ends there; VAR=dir keeps the files.
demo: setup page-if-npm
	$(BIN)/stationctl demo $(if $(ONCE),--once) $(if $(VAR),--var $(VAR))

# Tests start hundreds of programs; where the environment forbids Python to keep what it compiled,
# each of them would compile the station anew.
test: export PYTHONDONTWRITEBYTECODE =
test: setup page
	$(BIN)/python -m pytest -n 3 --dist worksteal $(ARGS)

bench: setup
	$(BIN)/python -m bench $(ARGS)

lint: setup
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# Reference pages that are made from the code.
docs: setup
	$(BIN)/python -m stationd.cli.reference docs/reference

# The page that checks a bundle in a browser.  Needs npm to fetch its libraries, and no Node.
page: $(PAGE)

$(PAGE): $(shell find page -type f -not -path 'page/node_modules/*')
	$(PYTHON) page/build.py $@

page-types: page
	page/node_modules/@typescript/typescript-*/lib/tsc -p page

# Bundles are made without the page too, so a trial does not stop for it.
page-if-npm:
	@if command -v npm >/dev/null; then $(MAKE) --no-print-directory page || true; \
	else echo "npm is not here: verify.html is not built, and bundles carry none (make page)"; fi

# The verifier as one file that any Python runs; it needs nothing of .venv.
verify-zipapp:
	$(PYTHON) -m archive.zipapp_build dist/stationd-verify.pyz

# Needs uv; everything else installs from the file it writes.
lock:
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --extra dev pyproject.toml -o requirements.lock

clean:
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis build dist $(PAGE) page/node_modules
