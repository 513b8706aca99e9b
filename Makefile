# Every target makes or reuses .venv; nothing needs the network once it matches requirements.lock.
SHELL := /bin/sh
BIN := .venv/bin
PYTHON_FILES := ktrdr_acceptance embedded_ktrdr steps environment.py tests benchmarks docker

# Only as given to make: other tools have a TARGET in the environment too.
TARGET_OPTION := $(if $(filter command line,$(origin TARGET)),-D target=$(TARGET))

.DEFAULT_GOAL := help
.PHONY: help venv accept docker-accept test detect coverage mutation lint bench recorded report field embedded lock clean

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

venv:
	@scripts/make_venv.sh

accept: venv ## Run the acceptance suite (TARGET=services for a running KTRDR); reports in reports/
	@$(BIN)/behave $(TARGET_OPTION) features/

docker-accept: venv ## Run it against containers on the local Docker engine (BASE= the image to build on)
	@scripts/docker_accept.sh

test: venv ## Prove that the suite tells the truth
	@$(BIN)/python scripts/run_proofs.py

detect: venv ## Score which of the seeded defects the suite detects; reports/detection.json
	@$(BIN)/ktrdr-acceptance detect

coverage: venv ## Say how much of the parts that decide on verdicts the proofs run (at least 90 %)
	@scripts/measure_coverage.sh

mutation: venv ## List the changes to what decides on verdicts that no proof notices (needs the network once)
	@scripts/test_mutants.sh

lint: venv ## Check code, types, features and generated pages
	@$(BIN)/ruff check $(PYTHON_FILES)
	@$(BIN)/ruff format --check $(PYTHON_FILES)
	@$(BIN)/mypy
	@$(BIN)/mypy docker/*.py
	@$(BIN)/ktrdr-acceptance lint
	@$(BIN)/behave --dry-run features/ >/dev/null || $(BIN)/behave --dry-run features/
	@$(BIN)/ktrdr-acceptance settings-doc --check
	@$(BIN)/ktrdr-acceptance troubleshooting --check

bench: venv ## Measure what the suite costs beyond stock behave; reports/benchmark.json
	@$(BIN)/python -m benchmarks

recorded: venv ## Run at speed 1 what KTRDR's team recorded, and compare the durations
	@$(BIN)/behave $(TARGET_OPTION) -D speed=1 -t "$$($(BIN)/ktrdr-acceptance recorded-durations --selection)" \
		features/ || [ $$? -eq 1 ]
	@$(BIN)/ktrdr-acceptance recorded-durations

report: ## Make reports/allure-report/index.html from the last run (needs Node)
	@scripts/make_report.sh

field: venv ## Run against a running KTRDR (KTRDR_BACKEND_URL, ...) and take it into docs/field-report.md
	@$(BIN)/behave $(or $(TARGET_OPTION),-D target=services) features/ || [ $$? -eq 1 ]
	@$(BIN)/ktrdr-acceptance field-report

embedded: venv ## Run the embedded KTRDR in the foreground on KTRDR's ports
	@exec $(BIN)/python -m embedded_ktrdr

lock: venv ## Renew requirements.lock and package-lock.json (needs the network)
	@$(BIN)/python -m pip install -qq uv
	@$(BIN)/uv pip compile pyproject.toml --group dev --universal --python-version 3.11 --upgrade \
		--generate-hashes --no-annotate --custom-compile-command "make lock" \
		-q -o requirements.lock
	@npm install --package-lock-only --omit-lockfile-registry-resolved --silent

clean: ## Remove the environment, caches and reports
	@rm -rf .venv .venv-mutation mutants node_modules docker/stage .mypy_cache .ruff_cache .pytest_cache *.egg-info
	@find reports -mindepth 1 ! -name .gitkeep -delete
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
