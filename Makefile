# make demo   the whole workflow on embedded data, then where its results are
# make report what was made as one HTML page, with CONFIG (config/demo.yaml where none is named)
# make test   every test
# make check  formatting and lint of code and rules
# make lock   renew the exact versions in envs/

PYTHON ?= python3
CONFIG ?= config/demo.yaml
CORES ?= $(shell nproc 2>/dev/null || sysctl -n hw.ncpu)
UV := uv==0.13.8
VENV := .venv
BIN := $(VENV)/bin
export PATH := $(CURDIR)/$(BIN):$(PATH)

.PHONY: demo report test check format lock

demo: $(VENV)/.complete
	snakemake --cores $(CORES) --configfile config/demo.yaml
	@echo
	@echo "Figures    results/demo/figures/fig1a.png, fig1b.png, fig1c.png (and .pdf, .csv)"
	@echo "           results/demo/figures/fig_ridge.png, fig_minimum_norm.png"
	@echo "Tables     results/demo/tables/table1.html, table3.html, interpolants.html (and .tex, .csv)"
	@echo "Data       results/demo/data/digits/contact_sheets/random_labels.png, dataset.json"
	@echo "Scorecard  results/demo/scorecard.html (and .csv): $$(head -n 1 results/demo/logs/scorecard.log)"

OVERLAY = $(if $(CONFIG),--configfile $(CONFIG))
RESULTS_OF = import sys, os, yaml; read = [yaml.safe_load(open(path)) for path in sys.argv[1:]]; \
	print(os.path.expanduser([each["results"] for each in read if "results" in each][-1]))

## The finished results of CONFIG as one HTML page beside them
report: $(VENV)/.complete
	@snakemake --dry-run $(OVERLAY) 2>&1 | grep -q "Nothing to be done" || { \
		echo "There is no report yet: results are missing, or made by other settings or other code."; \
		echo "This makes what is missing, or says what is wrong:"; \
		echo "  snakemake --cores $(CORES) $(OVERLAY)"; exit 1; }
	@report=$$(python -c '$(RESULTS_OF)' config.yaml $(CONFIG))/report.html; \
	snakemake --report "$$report" --report-stylesheet workflow/report/style.css $(OVERLAY) \
		&& echo "Report     $$report"

test: $(VENV)/.complete
	python -m pytest

check: $(VENV)/.complete
	ruff check .
	ruff format --check .
	snakefmt --check Snakefile workflow
	snakemake --lint
	snakemake --lint --configfile config/demo.yaml

format: $(VENV)/.complete
	ruff check --fix .
	ruff format .
	snakefmt Snakefile workflow

# Installed anew whenever the locked versions change. Compiled at once: torch imports in half the time.
$(VENV)/.complete: envs/requirements.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("Python 3.11 or newer is needed, this is " + sys.version.split()[0] + "; name another with: make PYTHON=python3.12 $(MAKECMDGOALS)")'
	rm -rf $(VENV)
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check $(UV)
	$(BIN)/uv pip install --quiet --python $(BIN)/python --compile-bytecode --require-hashes -r envs/requirements.txt
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	touch $@

lock: $(VENV)/.complete
	uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes \
		--custom-compile-command "make lock" --output-file envs/requirements.txt envs/requirements.in
	python envs/conda.py
