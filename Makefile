## Snakemake makes and remakes the results. With the environment active (source .venv/bin/activate):
##   snakemake -n                                  every job that would be done, and why
##   snakemake --cores 8 --resources gpu=4         everything in config.yaml, on 8 cores and 4 GPUs
##   snakemake fig1c --cores 8 --resources gpu=4   one figure or table, with the runs that it needs
## And around it:

PYTHON ?= python3
CORES ?= $(shell nproc 2>/dev/null || sysctl -n hw.ncpu)
# The configuration that `make check` and `make report` look at.
CONFIG ?= config/demo.yaml
# What `make prune` spares: what any of these asks for, as in KEEP='"config/demo.yaml" "flowers.yaml small.yaml"'.
KEEP ?= "$(CONFIG)"
UV := uv==0.13.8
VENV := .venv
BIN := $(VENV)/bin
# What only looks at results does not renew an environment in which jobs may be running.
READY = $(if $(wildcard $(VENV)/.complete),,$(VENV)/.complete)
export PATH := $(CURDIR)/$(BIN):$(PATH)

.PHONY: help demo report check prune accept test test-slurm test-browser test-real slurm lint format lock clean

# The lines that begin with two marks, and each target with what stands behind its two marks.
help:
	@awk -F ':.*## ' '/^## /{print substr($$0, 4)} /^[a-z-]+:.*## /{printf "  make %-12s %s\n", $$1, $$2}' Makefile

demo: $(VENV)/.complete ## the whole workflow on embedded data, then where its results are
	snakemake --cores $(CORES) --configfile config/demo.yaml
	@echo
	@echo "Figures    results/demo/figures/fig1a.png, fig1b.png, fig1c.png, fig2b.png (and .pdf, .csv)"
	@echo "           results/demo/figures/fig_ridge.png, fig_minimum_norm.png, fig_rademacher.png, fig_stability.png"
	@echo "           results/demo/figures/fig_expressivity.png, fig_double_descent.png, fig_width.png"
	@echo "Tables     results/demo/tables/table1.html, table3.html, table4.html, interpolants.html (and .tex, .csv)"
	@echo "Data       results/demo/data/digits/contact_sheets/random_labels.png, dataset.json"
	@echo "Scorecard  results/demo/scorecard.html (and .csv): $$(head -n 1 results/demo/logs/scorecard.log)"

report: $(READY) ## the finished results of CONFIG as one HTML page beside them
	@PYTHONPATH=src:workflow python -m pipeline.commands.report $(CONFIG)

check: $(READY) ## which results are altered or missing, and which pages outdated; CONFIG=config.yaml for the paper's
	@PYTHONPATH=src:workflow python -m pipeline.commands.check $(CONFIG)

prune: $(READY) ## finished results that no configuration asks for; KEEP names configurations, REMOVE=yes removes
	@PYTHONPATH=src:workflow python -m pipeline.commands.prune $(if $(REMOVE),--remove) $(KEEP)

accept: $(READY) ## declare results of earlier code good for the code of now, after a refactoring
	@PYTHONPATH=src:workflow python -m pipeline.commands.accept $(CONFIG)

test: $(VENV)/.complete ## the tests: minutes on two cores, and nothing outside this folder changes
	python -m pytest

# The others start or read what is outside. Each says so, and what it installs, before it does.
TEST_ALONE = python -m pytest --numprocesses 0

test-slurm: $(VENV)/.complete ## the workflow on a Slurm that the tests start and stop here, as root
	@echo "Starts a Slurm with a MariaDB in a folder of its own below /tmp, links /etc/slurm/slurm.conf to it while it"
	@echo "runs, and stops all of it at the end. Installs envs/slurm.txt into a temporary environment."
	@tests/install-packages munged=munge slurmctld=slurmctld slurmd=slurmd sinfo=slurm-client \
		slurmdbd=slurmdbd mariadbd=mariadb-server-core mariadb=mariadb-client-core
	$(TEST_ALONE) tests/slurm

test-browser: $(VENV)/.complete ## the report, opened in a Chromium without a window
	@echo "Opens a report in a Chromium, with an empty profile in a temporary folder."
	@tests/install-packages 'chromium|chromium-browser|google-chrome|google-chrome-stable|chrome=chromium'
	$(TEST_ALONE) tests/browser

test-real: $(VENV)/.complete ## real data and systems of full size, on the data that RETHINKING_DATA names
	@echo "Installs and downloads nothing. Reads RETHINKING_DATA=$(RETHINKING_DATA)"
	$(TEST_ALONE) tests/real

slurm: $(READY) ## install what submits to a SLURM cluster: snakemake --profile profiles/slurm
	uv pip install --quiet --compile-bytecode --require-hashes --requirements envs/slurm.txt

lint: $(VENV)/.complete ## formatting and lint of code and rules, and the types of the library and the pipeline
	ruff check .
	ruff format --check .
	mypy
	snakefmt --check Snakefile workflow
	snakemake --lint
	snakemake --lint --configfile config/demo.yaml

format: $(VENV)/.complete ## mend the formatting
	ruff check --fix .
	ruff format .
	snakefmt Snakefile workflow

lock: $(VENV)/.complete ## renew the exact versions in envs/
	uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes \
		--custom-compile-command "make lock" --output-file envs/requirements.txt envs/requirements.in
	uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes \
		--custom-compile-command "make lock" --output-file envs/slurm.txt envs/slurm.in
	python envs/conda.py

# Never a result of another configuration, nor data: those take days or a download.
clean: ## remove the demo's results and what tests and lint keep, and nothing else
	@for folder in results/demo .pytest_cache .hypothesis .ruff_cache .mypy_cache; do \
		if [ -e $$folder ]; then du -sh $$folder; rm -rf $$folder; fi; done
	@find benchmarks envs src tests workflow -name __pycache__ -type d -prune -exec rm -rf {} +
	@echo "removed; data/, .venv/ and the results of other configurations are as they were"

# Installed anew whenever the locked versions change. Compiled at once: torch imports in half the time.
$(VENV)/.complete: envs/requirements.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("Python 3.11 or newer is needed, this is " + sys.version.split()[0] + "; name another with: make PYTHON=python3.12 $(MAKECMDGOALS)")'
	rm -rf $(VENV)
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check $(UV)
	$(BIN)/uv pip install --quiet --python $(BIN)/python --compile-bytecode --require-hashes -r envs/requirements.txt
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	touch $@
