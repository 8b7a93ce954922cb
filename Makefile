# One entry point for people and for CI. Needs Python 3.11 to 3.14 and make; the rest comes by pip.

PYTHON ?= $(shell for python in python3 python3.14 python3.13 python3.12 python3.11 python; do \
	$$python -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 14))' \
	2>/dev/null && echo $$python && break; done)
BIN := .venv/bin
CORE := .venv/core/bin
CHECKED := tests/property tests/parity tests/unit/kernels/test_checked.py tests/unit/masks \
	tests/unit/data/coco tests/unit/data/json tests/unit/data/label_maps tests/unit/data/panoptic \
	tests/unit/metrics tests/unit/analysis/resampling tests/unit/analysis/errors \
	tests/unit/analysis/thresholds tests/unit/analysis/oracles tests/unit/analysis/test_pairs.py \
	tests/unit/ensemble/operators tests/unit/ensemble/pools tests/unit/ensemble/label_maps \
	tests/unit/ensemble/test_fusing.py tests/unit/rescore \
	--ignore=tests/unit/metrics/loop --ignore=tests/unit/metrics/coco/parts/shards \
	--ignore=tests/property/test_headers_of_parts.py

.PHONY: help demo test test-core test-checked fuzz cover check docs serve bench bench-stats wheel format pictures clean

help:
	@echo "make demo    install into .venv, evaluate a small synthetic data set, show what to try next"
	@echo "make test    unit, property, command-line and parity tests, every example and code block"
	@echo "make test-core   the same without PyTorch, and without what needs it"
	@echo "make test-checked   tests of masks, readers and metrics, with kernels that check every index"
	@echo "make fuzz    files of every format spoilt at random (COUNT=2000 of each, SEED=0)"
	@echo "make cover   the tests, and how many lines of segeval they reach"
	@echo "make check   format, lint, types, import floors, docs"
	@echo "make docs    build the documentation (make serve: with a local server)"
	@echo "make bench   time the kernels, and segeval beside other evaluators"
	@echo "make bench-stats   how often compare is wrong about equal models (SIMULATIONS=400)"
	@echo "make wheel   dist/ with two wheels: with compiled kernels for this platform, and for any"
	@echo "make format  let ruff rewrite what it can"

.venv/base: pyproject.toml
	@test -n "$(PYTHON)" || { echo "segeval needs Python 3.11 to 3.14; none was found." >&2; exit 1; }
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet --editable .
	@touch $@

.venv/ok: .venv/base
	$(BIN)/python -m pip install --quiet --editable . --group dev
	@touch $@

demo: .venv/base
	$(BIN)/segeval demo

test: .venv/ok
	$(BIN)/python -m pytest

.venv/core/ok: pyproject.toml
	@test -n "$(PYTHON)" || { echo "segeval needs Python 3.11 to 3.14; none was found." >&2; exit 1; }
	$(PYTHON) -m venv .venv/core
	$(CORE)/python -m pip install --quiet --upgrade pip
	$(CORE)/python -m pip install --quiet --editable . --group test-core
	@touch $@

test-core: .venv/core/ok
	$(CORE)/python -m pytest $(TESTS)

test-checked: .venv/ok
	SEGEVAL_CHECKED=1 $(BIN)/python -m pytest $(CHECKED)

fuzz: .venv/ok
	$(BIN)/python -m tests.fuzz --count $(or $(COUNT),2000) --seed $(or $(SEED),0) $(ARGS)

cover: .venv/ok
	$(BIN)/coverage run -m pytest
	$(BIN)/coverage report

check: .venv/ok
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(MAKE) docs

pictures: .venv/ok
	$(BIN)/python docs/gallery.py
	$(BIN)/python docs/strategy_pictures.py
	$(BIN)/python docs/notebooks.py

docs: pictures
	$(BIN)/zensical build -f docs/zensical.toml --clean --strict

serve: pictures
	$(BIN)/zensical serve -f docs/zensical.toml

bench: .venv/ok
	-$(BIN)/python -m pip install --quiet --group peers
	$(BIN)/python -m pytest tests/bench -o norecursedirs='.*' --benchmark-columns=median,iqr,rounds
	$(BIN)/python -m tests.bench $(or $(WORKLOAD),coco) --runs $(or $(RUNS),3) $(if $(FULL),--full) \
		$(if $(SCALE),--scale $(SCALE)) $(if $(DATA),--data $(DATA)) $(ARGS)

bench-stats: .venv/ok
	-$(BIN)/python -m pip install --quiet --group peers
	$(BIN)/python -m tests.bench.stats --simulations $(or $(SIMULATIONS),400) $(ARGS)

wheel: .venv/ok
	$(BIN)/python -m hatchling build -t wheel
	HATCH_BUILD_HOOK_ENABLE_CUSTOM=true $(BIN)/python -m hatchling build -t wheel

format: .venv/ok
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

clean:
	rm -rf .venv .coverage .mypy_cache .pytest_cache .ruff_cache .hypothesis dist docs/site docs/.cache
