# `make demo` and `make test` do all their own set-up.  Paths are relative: the checkout's own may hold spaces.

PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv/bin/python
STAMP := .venv/.made-from-pyproject-and-constraints
export PYTHONDONTWRITEBYTECODE := 1
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: help demo test lint types contracts tests bench clean

help:
	@echo "make demo    grade the sample class in tests/submissions"
	@echo "make test    lint, types, import contracts, tests"
	@echo "make bench   measure this grader against a plain pytest process and otter run"
	@echo "make clean   remove .venv and runs"

$(STAMP): pyproject.toml constraints.txt
	@echo "==> Making .venv from pyproject.toml under constraints.txt (a few minutes the first time)"
	@"$(PYTHON)" -c 'import sys; sys.exit("Python 3.11 or newer is needed, this is " + sys.version.split()[0] + ": set PYTHON=…" if sys.version_info < (3, 11) else 0)'
	rm -rf .venv
	"$(PYTHON)" -m venv .venv
	$(VENV) -m pip install --quiet --constraint constraints.txt --editable ".[notebook,dev]"
	@touch $@

demo: $(STAMP)
	@echo "==> Grading the sample class: right, wrong, broken and hostile submissions"
	@rm -rf runs/demo
	$(VENV) grade.py run tests/submissions --lab optimization --out runs/demo
	@echo "==> The table is runs/demo/grades.csv; one student's report is runs/demo/adam_without_bias_correction/report.json"

test: lint types contracts tests

lint: $(STAMP)
	@echo "==> Lint"
	$(VENV) -m ruff check .
	$(VENV) -m ruff format --check .

types: $(STAMP)
	@echo "==> Types"
	$(VENV) -m mypy

contracts: $(STAMP)
	@echo "==> Import contracts"
	$(VENV) -c 'from importlinter.cli import lint_imports_command; lint_imports_command()'

tests: $(STAMP)
	@echo "==> Tests"
	$(VENV) -m pytest -n 2 -q

bench: $(STAMP)
	@echo "==> Measuring; the figures go to docs/benchmarks.md"
	$(VENV) benchmarks

clean:
	rm -rf .venv runs build *.egg-info
