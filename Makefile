# Yingshang. `make` alone lists what there is.
# A fresh machine needs python3 (3.11 or newer), make and a package registry: the one your pip is configured for.

PYTHON ?= python3
PY := .venv/bin/python
YINGSHANG := .venv/bin/yingshang

# make test ARGS="tests/rules -k range"
ARGS ?=
# Without ARGS the whole suite runs on every core; chosen tests run in one process, which starts at once. Workers get
# neighbouring tests, which share what is set up for a module, and take from each other at the end.
PYTEST_WORKERS ?= $(if $(strip $(ARGS)),,-n auto --dist worksteal)

REPORT := var/report
ENTERPRISES ?= 20000
SEED ?= 1
AS_OF ?= 2026-11-21
CITY_DONE := $(REPORT)/city-$(ENTERPRISES)-$(SEED).done
CITY_SOURCES := $(shell find src/yingshang/kernel/reference -type f ! -name '*.pyc' 2>/dev/null)

# The demonstration: CITY=small (20,000 enterprises) or large (a million); PORT, HOST and DATABASE_URL are honoured too.
CITY ?= small
export CITY

export PYTHONUTF8 = 1
# Without compiled modules every process the tests start would compile the whole platform again.
unexport PYTHONHOME PYTHONPATH PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.SUFFIXES:
.DELETE_ON_ERROR:

.PHONY: help
help: ## list these targets
	@echo "Yingshang 营商"
	@echo
	@sed -n 's/^\([a-z][a-z-]*\):[^#]*## \(.*\)$$/\1|\2/p' Makefile | while IFS='|' read -r name text; do printf '  make %-13s %s\n' "$$name" "$$text"; done
	@echo
	@echo '  make test ARGS="tests/rules -k range"   chosen tests only; the other targets install what they need'

.PHONY: install
install: ## make .venv with every package the work needs (the other targets do it by themselves)
	@$(PYTHON) tools/bootstrap.py develop

.PHONY: install-bench
install-bench: install
	@$(PYTHON) tools/bootstrap.py bench

.PHONY: demo
demo: install ## start the platform with a sample city, and say where to look (CITY=small|large, PORT=8000)
	@$(PY) -m yingshang.operations.demo

.PHONY: demo-reset
demo-reset: install ## remove the demonstration's data; the next `make demo` begins afresh
	@$(PY) -m yingshang.operations.demo --reset

.PHONY: report
report: install $(CITY_DONE) ## match the example policies against a sample city, without the platform; leaves an HTML report
	@echo "» matching examples/policies against $(ENTERPRISES) enterprises as of $(AS_OF)"
	@$(YINGSHANG) match examples/policies --subjects $(REPORT)/city.parquet --as-of $(AS_OF) --out $(REPORT)
	@echo
	@echo "Report: $(CURDIR)/$$(ls -t $(REPORT)/*.html | head -n 1)"

# The mark is written last, and carries the size and the seed: another city is made when another one is asked for,
# when the code that makes it is newer, or when the file is gone.
$(CITY_DONE): $(CITY_SOURCES) | install
	@mkdir -p $(REPORT)
	@rm -f $(REPORT)/city-*.done
	@echo "» making a sample city of $(ENTERPRISES) enterprises"
	@$(YINGSHANG) sample-city --enterprises $(ENTERPRISES) --seed $(SEED) --out $(REPORT)/city.parquet
	@touch $@
ifeq ($(wildcard $(REPORT)/city.parquet),)
.PHONY: $(CITY_DONE)
endif

.PHONY: test
test: install ## run the tests (ARGS chooses which)
	@$(PY) tools/browser.py
	@$(PY) -m pytest $(PYTEST_WORKERS) $(ARGS)

.PHONY: test-faults
test-faults: install ## run 1,000 random schedules of payments, banks and kills (FAULT_SCHEDULES, FAULT_FIRST)
	@FAULT_SCHEDULES=$${FAULT_SCHEDULES:-1000} $(PY) -m pytest -n auto tests/areas/claims/faults $(ARGS)

.PHONY: check
check: check-format check-lint check-types check-imports check-docs ## check format, lint, types, import direction and the documentation
	@echo "» all checks passed"

.PHONY: check-format check-lint check-types check-imports check-docs
check-format: install
	@echo "» format"
	@.venv/bin/ruff format --check --quiet . || { echo "Some files are not formatted: make format"; exit 1; }
check-lint: install
	@echo "» lint"
	@.venv/bin/ruff check --quiet .
check-types: install
	@echo "» types"
	@.venv/bin/mypy --no-error-summary
check-imports: install
	@echo "» import direction"
	@out=$$(.venv/bin/lint-imports --no-logo 2>&1) || { printf '%s\n' "$$out"; exit 1; }
check-docs: install
	@echo "» documentation"
	@$(PY) tools/docs_drift.py

.PHONY: format
format: install ## format the code and mend what the linter can mend
	@.venv/bin/ruff format --quiet .
	@.venv/bin/ruff check --fix --quiet .

.PHONY: bench
bench: install-bench ## measure speed beside other engines and write docs/performance.md (ARGS="--quick" for a short look)
	@$(PY) -m bench $(ARGS)
	@$(PY) -m bench.kernel $(if $(findstring --quick,$(ARGS)),--quick)
	@$(PY) -m bench.areas $(if $(findstring --quick,$(ARGS)),--quick)

.PHONY: conformance
conformance: install ## measure FEEL against the DMN conformance suite and write docs/conformance.md
	@$(PY) tools/conformance.py $(ARGS)

.PHONY: messages
messages: install ## collect the words of the screen; those without English are named
	@$(PY) tools/messages.py collect

.PHONY: requirements
requirements: install ## compile requirements*.txt anew from pyproject.toml, with hashes
	@for set in "" develop bench; do \
	    file=requirements$${set:+-$$set}.txt; echo "» $$file"; \
	    CUSTOM_COMPILE_COMMAND="make requirements" $(PY) -m piptools compile --quiet --generate-hashes --allow-unsafe --strip-extras \
	        --no-emit-index-url --no-emit-find-links --no-emit-trusted-host --no-emit-options \
	        $${set:+--extra $$set --constraint requirements.txt} --output-file $$file pyproject.toml || exit 1; \
	done
	@echo "» requirements-node.txt"
	@CUSTOM_COMPILE_COMMAND="make requirements" $(PY) -m piptools compile --quiet --generate-hashes --no-emit-index-url --no-emit-find-links \
	    --no-emit-trusted-host --no-emit-options --output-file requirements-node.txt requirements-node.in

.PHONY: clean
clean: ## remove the environment, caches and everything generated
	@rm -rf .venv .venv.lock node_modules src/yingshang/web/design/static/design/build var build .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache src/*.egg-info
	@find src tests tools -type d -name __pycache__ -prune -exec rm -rf {} +
