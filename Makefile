# The commands of the README. `make run` and `make test` work from a fresh clone.

# The newest supported one: from 3.12 on, measuring the coverage of the tests costs next to nothing.
PYTHON ?= $(shell scripts/python.sh 3.13 3.12 3.11 || echo python3)
PORT ?= 8000
SANDBOX_PORT ?= 8001
VENV := .venv
BIN := $(VENV)/bin

.PHONY: run test check format bench audit attack clean lock suite test-all

# --- Environment ---------------------------------------------------------------------------------

# The compiled files name a version and the hashes of every package: pip installs these or nothing.
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes

$(VENV)/runtime: requirements.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or later is needed.")'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(INSTALL) -r requirements.txt
	touch $@

$(VENV)/development: requirements.txt requirements-dev.txt $(VENV)/runtime
	$(INSTALL) -r requirements-dev.txt
	touch $@

$(VENV)/measuring: requirements.txt requirements-bench.txt $(VENV)/runtime
	$(INSTALL) -r requirements-bench.txt
	touch $@

# An environment of its own: the attacker needs other versions of what the dashboard needs.
ATTACK := .venv-attack
$(ATTACK)/installed: requirements-attack.txt
	test -x $(ATTACK)/bin/python || $(PYTHON) -m venv $(ATTACK)
	$(ATTACK)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-attack.txt
	touch $@

# Compiles requirements*.in. Pinned versions stay as they are unless `make lock LOCK_ARGS=--upgrade`, or
# `LOCK_ARGS='--upgrade-package django'`, asks for newer ones. The runtime comes first: it constrains the others.
# Extras stay: without them pip looks for `coverage[toml]` apart from `coverage`, and takes a newer version, which has no hash.
COMPILE = $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-strip-extras $(LOCK_ARGS)
lock: export UV_CUSTOM_COMPILE_COMMAND = make lock
lock: $(VENV)/development
	$(COMPILE) requirements.in --output-file requirements.txt
	$(COMPILE) requirements-dev.in --constraints requirements.txt --output-file requirements-dev.txt
	$(COMPILE) requirements-bench.in --constraints requirements.txt --output-file requirements-bench.txt
	$(COMPILE) requirements-attack.in --output-file requirements-attack.txt

# --- Run -----------------------------------------------------------------------------------------

run: $(VENV)/runtime
	@exec env PORT=$(PORT) SANDBOX_PORT=$(SANDBOX_PORT) $(BIN)/python scripts/run.py

# --- Test ----------------------------------------------------------------------------------------

test: check suite

# Three processes for two cores, since a test often waits for a server or a browser; each has whole files. The tests of the
# second line are not in the coverage, which takes half as long again on Python 3.11: browsers see another process, a
# `make run` for each of them, and the others go through lines that are measured already.
PARALLEL := -n 3 --dist loadfile --no-loadscope-reorder
UNMEASURED := tests/resilience tests/security tests/browser
suite: $(VENV)/development
	scripts/browser.sh $(BIN)/python
	scripts/with_services.sh $(BIN)/python -m pytest $(PARALLEL) --cov --cov-report= $(UNMEASURED:%=--ignore %) $(PYTEST_ARGS)
	scripts/with_services.sh $(BIN)/python -m pytest $(PARALLEL) $(UNMEASURED) $(PYTEST_ARGS)
	@echo "Coverage: $$($(BIN)/python -m coverage report --format=total) % of the lines"

# The suite on each supported Python that is installed, each in an environment of its own: .venv-3.12 and so on.
test-all:
	@MAKE="$(MAKE)" scripts/test_all.sh

# The type checker's Django plug-in loads the settings, which have no default for secrets.
check: export SECRET_KEY = for-checks-only
check: export CODAT_API_KEY = for-checks-only
check: $(VENV)/development
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/python -m mypy .
	$(BIN)/lint-imports
	$(BIN)/deptry .
	$(BIN)/deptry tests bench audit attack scripts --exclude '\.venv' --exclude node_modules --ignore DEP002 \
		--requirements-files requirements.in,requirements-dev.in,requirements-bench.in
	$(BIN)/typos

# --- Measure -------------------------------------------------------------------------------------

bench: $(VENV)/measuring
	@$(BIN)/python -m bench $(BENCH_ARGS)

# Node, Java and Chromium are used where they are installed; npm installs the checkers into audit/node_modules.
audit: $(VENV)/development
	@$(BIN)/python -m audit $(AUDIT_ARGS)

# wapiti against a dashboard of its own on this machine; 1 where it finds something.
attack: $(VENV)/development $(ATTACK)/installed
	@$(BIN)/python -m attack $(ATTACK_ARGS)

# --- Tidy ----------------------------------------------------------------------------------------

format: $(VENV)/development
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean:
	rm -rf $(VENV) $(ATTACK) .venv-3.* staticfiles audit/node_modules
