# Everything the project needs is installed by this file into .venv and .jalons; nothing outside the checkout is touched.
PYTHON ?= python3
BIN := .venv/bin
DBT_SOURCES := $(shell find dbt_project -name '*.sql' -o -name '*.yml' -o -name '*.csv' 2>/dev/null | grep -v /target/)
export DO_NOT_TRACK := 1
export DBT_SEND_ANONYMOUS_USAGE_STATS := false
export GX_ANALYTICS_ENABLED := false
# Bytecode halves the start-up of every command, so it is wanted even where the machine turns it off.
unexport PYTHONDONTWRITEBYTECODE

ifeq ($(filter order-only,$(.FEATURES)),)
$(error This make is too old ($(MAKE_VERSION)): install GNU make 4 or later)
endif

.PHONY: help install demo dev dbt-copy dbt-docs alert-rules alert-pictures gx-docs test suite fuzz tamper faults deliveries buttons walk bench soak mutants lint format lock clean

help: ## List what can be made
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 16

install: .venv/.installed dbt_project/target/column_lineage.json ## Make .venv from the lock and parse the dbt project

.venv/.installed: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || \
	  { echo "Python 3.11 or later is needed, and '$(PYTHON)' is $$($(PYTHON) --version 2>&1 || echo absent). Install it, or name it: make PYTHON=python3.11 $(MAKECMDGOALS)" >&2; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || \
	  { echo "Python's venv module is missing: install it (on Debian: apt install python3-venv)." >&2; exit 1; }
	@echo "Installing into .venv (some minutes the first time)…"
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements.lock
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@$(BIN)/python -m compileall -q -j 0 .venv/lib orchestration expectations || true
	@touch $@

dbt_project/target/column_lineage.json: .venv/.installed orchestration/consolidation/column_lineage.py $(DBT_SOURCES)
	@$(BIN)/python -m orchestration.consolidation.column_lineage
	@touch $@

demo: install ## Replay the made-up State through the real pipeline and tell its story, in French
	@$(BIN)/python -m orchestration.sample.demo

dev: install ## Open the Dagster UI on http://127.0.0.1:3000 over the same home
	@$(BIN)/jalons ui

dbt-copy: install ## Copy a home (JALONS_HOME) to .jalons/dev, for dbt run|build|test|show typed in dbt_project
	@$(BIN)/jalons dbt-copy

dbt-docs: install ## Build the pages of dbt on the copy, as one file that asks nobody for anything
	@$(BIN)/dbt --quiet docs generate --static --project-dir $(CURDIR)/dbt_project --profiles-dir $(CURDIR)/dbt_project
	@echo "  Open file://$(CURDIR)/dbt_project/target/static_index.html"

alert-rules: install ## Write docs/regles-d-alerte.md anew, after a rule, a threshold or its words changed
	@$(BIN)/python -m orchestration.alerting.rules_page

gx-docs: install ## Build the Data Docs of Great Expectations over a home (JALONS_HOME), in .jalons/gx
	@$(BIN)/jalons gx-docs

test: install ## Lint, check types and run the whole suite, three files at a time
	@$(MAKE) --no-print-directory -j2 --output-sync=target lint suite

# Beside the linters, which say in one piece what they found once they are done; as a `+`, what this says is seen at once.
suite: install
	+@PYTHONHASHSEED=0 $(BIN)/pytest -n 3 --dist loadfile --no-loadscope-reorder

fuzz: install ## Hold intake against 10 000 files made at random, in minutes (the same ones: SEED=…)
	@JALONS_FUZZ_FILES=2500 JALONS_FUZZ_SEED=$(SEED) $(BIN)/pytest tests/intake/test_fuzz.py --exitfirst -o log_cli=true --log-cli-level=INFO --log-cli-format='%(message)s'

tamper: install ## Flip 500 bytes of a release, one at a time (COUNT=…), each to be found (the same ones: SEED=…)
	@JALONS_TAMPER=$(or $(COUNT),500) JALONS_TAMPER_SEED=$(SEED) $(BIN)/pytest tests/verification/test_tampering.py -k flipped -o log_cli=true --log-cli-level=INFO --log-cli-format='%(message)s'

faults: install ## Kill passes at 200 numbered steps, fill the disk, damage the stores (the same ways: SEED=…)
	@$(BIN)/python -m tests.campaign.run $(SEED)

deliveries: install ## Kill and lose 500 deliveries to Slack (COUNT=…), and some to mail and Tchap (the same ones: SEED=…)
	@$(BIN)/python -m tests.campaign.deliveries $(or $(COUNT),500) $(SEED)

buttons: install ## Press every button of the Dagster UI, in a quarter of an hour, and list what came out of each
	@$(BIN)/python -m tests.buttons
	@$(BIN)/python -m tests.buttons_in_ui

walk: install ## Take pictures of the UI's views that answer an engineer's questions (of another address: UI=http://…)
	@$(BIN)/python -m tests.walk $(or $(UI),http://127.0.0.1:3000)

alert-pictures: install ## Take the pictures of docs/images anew, of the made-up State (needs chromium and fonts-noto-color-emoji)
	@$(BIN)/python -m tests.alert_pictures

bench: install ## Measure how long a drop waits, how a pass grows with history, and a burst; in half an hour, alone
	@$(BIN)/python -m benchmarks.latency
	@$(BIN)/python -m benchmarks.history
	@$(BIN)/python -m benchmarks.burst

soak: install ## A thousand passes in one watcher, in some hours: memory, open files, size, latency (fewer: PASSES=…)
	@$(BIN)/python -m benchmarks.soak $(PASSES)

mutants: install ## See how many of 450 wrong rules the tests refuse, in a quarter of an hour (the same ones: SEED=…)
	@$(BIN)/python benchmarks/mutants.py $(SEED)

lint: install ## Lint Python and SQL, and check types only
	@$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/lint-imports --no-logo && $(BIN)/mypy
	@$(BIN)/sqlfluff lint --disable-progress-bar dbt_project/models dbt_project/tests

format: install ## Format the code
	@$(BIN)/ruff check --fix . && $(BIN)/ruff format .

lock: ## Resolve pyproject.toml again into requirements.lock (needs uv)
	@uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --all-extras --no-header --no-emit-index-url pyproject.toml -o requirements.lock

clean: ## Remove what make install made (never the home)
	@rm -rf .venv mutants dbt_project/target .mypy_cache .ruff_cache .pytest_cache
