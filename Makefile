# Everything happens in .venv in this checkout, which the first call makes.
# QT=pyqt6 takes the other Qt binding; PYTHON=/path/to/python another Python for a new .venv.
SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.NOTPARALLEL:
.DEFAULT_GOAL := help
.PHONY: help test test-extras demo lint type unit bench docs format pin clean system

QT ?= pyside6
# Tests of one file stay together; each worker keeps a core busy, and has a screen of its own: on a shared one each would
# take the pointer and the keyboard from the other.
WORKERS ?= 2
export QT PYTHON
export QT_API := $(QT)
export PYTEST_QT_API := $(QT)
installed := .venv/.installed-$(QT)
run := .venv/bin/python -m
one_by_one := $(filter 0,$(WORKERS))
screens := $(if $(one_by_one),,--tx "$(WORKERS)*popen//python=tools/xvfb .venv/bin/python" --dist loadfile)

help: ## Show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/make \1\t\2/' | expand -t 20

demo: system $(installed) ## Open napari with the brain sample; without a display, write demo/
	@tools/demo.sh

test: lint type unit ## Everything that must pass: lint, types, import contracts, tests

lint: $(installed) ## Style and import contracts
	@$(run) ruff check .
	@$(run) ruff format --check --quiet . || { echo 'Not formatted: run make format'; exit 1; }
	@.venv/bin/lint-imports

type: $(installed) ## Strict types outside ui/
	@$(run) mypy

unit: system $(installed) ## The tests, on a virtual display (ARGS="-k name" chooses; WORKERS=0: one by one)
	@$(if $(one_by_one),tools/xvfb) $(run) pytest $(screens) $(ARGS)

test-extras: system $(installed) ## The nnU-Net adapter against nnU-Net itself, in .venv-extras (minutes the first time)
	@tools/extras.sh $(ARGS)

bench: system $(installed) ## Speed against named peers
	@for file in benchmarks/bench_*.py; do echo "-> $$file"; tools/xvfb .venv/bin/python "$$file"; done

docs: $(installed) ## Write pages and pictures made from the registries; check links and examples
	@$(run) napari_segrobust cards --out docs/images/perturbations | tail -1
	@.venv/bin/python tools/make_docs.py
	@$(run) pytest -q tests/test_docs.py tests/tools/test_make_docs.py

format: $(installed) ## Format, and mend what can be mended
	@$(run) ruff format .
	@$(run) ruff check --fix .

pin: $(installed) ## Pin what is installed in constraints.txt
	@tools/pin.sh

clean: ## Remove what make made
	rm -rf .venv .venv-extras build dist demo .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

system:
	@tools/setup.sh system

$(installed): pyproject.toml constraints.txt tools/setup.sh
	@tools/setup.sh venv
