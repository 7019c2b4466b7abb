# `make demo` and `make test` do all their own set-up.  Paths are relative: the checkout's own may hold spaces.

PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv/bin/python
STAMP := .venv/.made-from-pyproject-and-constraints
export PYTHONDONTWRITEBYTECODE := 1
export PIP_DISABLE_PIP_VERSION_CHECK := 1
# Tests run side by side: more threads each would only get into one another's way.
tests training audit break-it notebooks reports: export OMP_NUM_THREADS := 1

.PHONY: help demo test lint types contracts tests training audit break-it notebooks course reports reproducibility faults attack fuzz test-docker image image-cuda lock \
        bench peers clean

help:
	@echo "make demo    grade the sample class in tests/submissions"
	@echo "make test    lint, types, import contracts, tests"
	@echo "make training  every sample gets its verdicts, by training and by replay; thresholds with fresh seeds"
	@echo "make audit   the hidden suite against known mistakes, right code and mutants; does a mistake get its name"
	@echo "make break-it  students' tests against right and broken code: worth, disguise, attempts to cheat"
	@echo "make notebooks  the students' notebook with and without solutions, the practice notebook, top to bottom"
	@echo "make course  a class of thirty from Canvas's download to the grades in the course systems"
	@echo "make reports  pages, pictures, likeness, the terminal; pages and PDFs in a real browser (needs chromium)"
	@echo "make reproducibility  the same class gets the same grades whenever and however it is graded; verify"
	@echo "make attack  run every hostile submission in every sandbox that holds here, and print a table"
	@echo "make faults  full disks, dead zygotes, jumping clocks: what befalls a batch from outside"
	@echo "make fuzz    100,000 wire frames and 10,000 archives"
	@echo "make test-docker  the grader inside default containers, attacks included (needs Docker and debootstrap)"
	@echo "make image   an image with the grader, dl-lab-grader:cpu; image-cuda: one for GPUs (needs Docker or podman)"
	@echo "make lock    renew constraints.txt, the images' locks and their base, as new as pyproject.toml allows"
	@echo "make bench   measure this grader against a plain pytest process and otter run; pages in a browser"
	@echo "make peers   the attacks that other graders can be tried with, on them and on this one"
	@echo "make clean   remove .venv, runs and fetched wheels"

$(STAMP): pyproject.toml constraints.txt
	@echo "==> Making .venv from pyproject.toml under constraints.txt (a few minutes the first time)"
	@"$(PYTHON)" -c 'import sys; sys.exit("Python 3.11 or newer is needed, this is " + sys.version.split()[0] + ": set PYTHON=…" if sys.version_info < (3, 11) else 0)'
	rm -rf .venv
	"$(PYTHON)" -m venv .venv
	$(VENV) -m pip install --quiet --constraint constraints.txt --editable ".[notebook,authoring,dev]"
	@touch $@

demo: $(STAMP)
	@echo "==> Grading the sample class: right, wrong, broken and hostile submissions"
	@rm -rf runs/demo
	$(VENV) grade.py run tests/submissions --lab optimization --convergence replay --out runs/demo
	@echo "==> The class is runs/demo/index.html, the table runs/demo/grades.csv; one student's page is runs/demo/adam_without_bias_correction/report.html"

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

attack: $(STAMP)
	@echo "==> Hostile submissions in every sandbox that holds here"
	$(VENV) tests/attack

training: $(STAMP)
	@echo "==> Training runs"
	$(VENV) -m pytest tests/training -q

audit: $(STAMP)
	@echo "==> Is the hidden suite any good, and does a mistake get its name"
	$(VENV) grade.py audit --lab optimization
	$(VENV) -m pytest -n 2 --dist loadfile -q tests/audit tests/authoring tests/diagnosis

course: $(STAMP)
	@echo "==> A class from its download to the grades in the course systems"
	$(VENV) -m pytest tests/course -q

reports: $(STAMP)
	@echo "==> Pages, pictures, likeness and the terminal; in a real browser"
	$(VENV) -m pytest -n 2 -q tests/reports
	$(VENV) -m pytest -q tests/browser

break-it: $(STAMP)
	@echo "==> Students' tests against right and broken code"
	$(VENV) -m pytest -n 2 -q tests/break_it

notebooks: $(STAMP)
	@echo "==> Notebooks from top to bottom"
	$(VENV) -m pytest tests/notebooks -q

reproducibility: $(STAMP)
	@echo "==> The same grade again: another time, order, number of jobs, a busy machine; receipts and verify"
	$(VENV) -m pytest -q tests/reproducibility

faults: $(STAMP)
	@echo "==> What befalls a batch from outside"
	$(VENV) -m pytest -n 2 -q tests/faults

fuzz: $(STAMP)
	@echo "==> Generated frames and archives"
	$(VENV) -m pytest tests/fuzz -q

test-docker: $(STAMP)
	@echo "==> In containers"
	$(VENV) -m pytest tests/docker -q

image: $(STAMP)
	@echo "==> The image for CPUs"
	@$(VENV) docker/build.py cpu --engine "$(ENGINE)" --base "$(BASE_IMAGE)"

image-cuda: $(STAMP)
	@echo "==> The image for GPUs: 5.5 GB, and four times that while it is made"
	@$(VENV) docker/build.py cuda --engine "$(ENGINE)" --base "$(BASE_IMAGE)"

lock:
	@echo "==> Newer versions of what is pinned (some minutes)"
	@"$(PYTHON)" docker/lock.py

bench: $(STAMP)
	@echo "==> Measuring; the figures go to docs/benchmarks.md"
	$(VENV) benchmarks
	$(VENV) benchmarks/notebooks.py
	$(VENV) benchmarks/likeness.py
	$(VENV) benchmarks/reports.py
	$(VENV) benchmarks/pages.py

peers: $(STAMP)
	@echo "==> Attacks on other graders; the table goes to docs/benchmarks.md"
	$(VENV) benchmarks/peers

clean:
	rm -rf .venv runs build *.egg-info docker/wheels/*/*.whl
