# `make run` and `make test` are all that a new machine needs; both install what they use into .venv.
PYTHON ?= python3
TARGET ?= duckdb

BIN := .venv/bin
# Linting and the documentation compile every model: each has a database and a target path of its own.
LINT := $(CURDIR)/target/lint
LINT_SQL := SYNTHEA_OMOP_TARGET=duckdb SYNTHEA_OMOP_DATABASE=$(LINT)/lint.duckdb \
	DBT_TARGET_PATH=$(LINT) DBT_LOG_PATH=$(LINT) $(BIN)/sqlfluff lint --disable-progress-bar --processes 2
DOCS := $(CURDIR)/target/docs

export PIP_DISABLE_PIP_VERSION_CHECK := 1

.DEFAULT_GOAL := help
.PHONY: help run test check mutants test-long test-spark test-spark-long lint docs bench bench-scale bench-try bench-check clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 14

run: .venv/installed ## load the bundled samples, build the CDM and the rates, print summaries (TARGET=postgres: the other engine)
	$(BIN)/synthea-omop run --target $(TARGET)
	$(BIN)/synthea-omop rates --payer northwind --state GA --input-dir seeds/demo/rates --target $(TARGET)

test: .venv/tested-with lint ## pytest, ruff, mypy, sqlfluff, dbt build on both engines; starts its own PostgreSQL
	$(BIN)/python -m pytest -m "not exports and not outages and not sequences and not spark" --numprocesses 2 --no-loadscope-reorder --durations=10 tests

check: .venv/tested-with ## for every few minutes of work: Python's lint and types, lint of the SQL that changed, tests without PostgreSQL
	$(BIN)/ruff check loader tests bench
	$(BIN)/mypy
	mkdir -p $(LINT)
	changed=$$(git diff --name-only --diff-filter=d HEAD -- 'models/*.sql' 'tests/*.sql' 'analyses/*.sql'); \
	test -z "$$changed" || $(LINT_SQL) $$changed
	$(BIN)/python -m pytest --quick --numprocesses 2 tests

mutants: .venv/tested-with ## whether the tests find faults of the kinds that this project has had (a quarter of an hour)
	$(BIN)/python -m tests.mutants

test-long: .venv/tested-with ## sequences of loads drawn at random (SEQUENCES=n: others), runs that break off, real exports if they are at hand
	$(BIN)/python -m pytest -m "(exports or outages or sequences) and not spark" --numprocesses 2 --no-loadscope-reorder tests

test-spark: .venv/tested-on-spark ## the sample on Apache Spark, which this installs (630 MB; needs Java 17), beside DuckDB
	REQUIRE_SPARK=1 $(BIN)/python -m pytest -m "spark and not exports" --numprocesses 2 tests/spark

test-spark-long: .venv/tested-on-spark ## real exports on Apache Spark beside DuckDB, if they are at hand (half an hour)
	REQUIRE_SPARK=1 $(BIN)/python -m pytest -m "spark and exports" tests/spark

lint: .venv/tested-with ## ruff on the Python code, mypy on the loader; sqlfluff on models, tests and analyses
	$(BIN)/ruff check loader tests bench
	$(BIN)/mypy
	mkdir -p $(LINT)
	$(LINT_SQL) models tests analyses

docs: .venv/installed ## the documentation of every table and column as one page, target/docs/index.html
	mkdir -p $(DOCS)
	$(BIN)/synthea-omop run --target duckdb --database $(DOCS)/docs.duckdb
	SYNTHEA_OMOP_TARGET=duckdb SYNTHEA_OMOP_DATABASE=$(DOCS)/docs.duckdb \
	$(BIN)/dbt docs generate --static --target-path $(DOCS)/generated --log-path $(DOCS)
	mv $(DOCS)/generated/static_index.html $(DOCS)/index.html
	@echo "Open $(DOCS)/index.html"

bench: .venv/tested-with ## the speed suite (two hours; needs EXPORT=... VOCABULARY=..., see docs/performance.md)
	$(BIN)/python -m bench.suite --export $(EXPORT) --vocabulary $(VOCABULARY) \
	--copies 20 --copies 200 --copies 1000 --engine duckdb --engine postgres --pairs 3
	$(BIN)/python -m bench.ablation --export $(EXPORT) --vocabulary $(VOCABULARY) \
	--copies 200 --engine duckdb --engine postgres --pairs 3
	$(BIN)/python -m bench.loads --export $(EXPORT) --copies 200 --engine duckdb --engine postgres --pairs 3
	$(BIN)/python -m bench.incremental --export $(EXPORT) --vocabulary $(VOCABULARY) \
	--copies 200 --engine duckdb --engine postgres --pairs 3
	$(BIN)/python -m bench.publish --export $(EXPORT) --vocabulary $(VOCABULARY) \
	--copies 200 --engine duckdb --engine postgres --pairs 3
	$(BIN)/python -m bench.vocabulary --engine duckdb --engine postgres --pairs 3
	$(BIN)/python -m bench.quality --export $(EXPORT) --vocabulary $(VOCABULARY) \
	--copies 200 --engine duckdb --engine postgres --pairs 3
	$(BIN)/python -m bench.rates --rates 13400000 --limit 1024 --limit 512 --engine duckdb --pairs 3
	$(BIN)/python -m bench.rates --rates 13400000 --engine postgres --pairs 1
	$(BIN)/python -m bench.rates --json-megabytes 1000 --engine duckdb --engine postgres --pairs 3

bench-scale: .venv/tested-on-spark ## time, memory and shuffles on Apache Spark by size and cores (an hour; EXPORT=... VOCABULARY=...)
	$(BIN)/python -m bench.scale --export $(EXPORT) --vocabulary $(VOCABULARY) \
	--copies 20 --copies 200 --cores 1 --cores 2
	$(BIN)/python -m bench.scale --export $(EXPORT) --vocabulary $(VOCABULARY) --copies 1000 --cores 2

bench-check: .venv/tested-with ## whether a step has become 1.3 times slower than bench/recorded.json says, or a run's fixed price has grown (twenty minutes)
	$(BIN)/python -m bench.check --engine duckdb --engine postgres
	$(BIN)/python -m bench.fixed_price --check

bench-try: .venv/tested-with ## the speed suite on little data: shows that it runs, measures nothing
	$(BIN)/python -m bench.suite --export seeds/demo/synthea --vocabulary seeds/demo/vocabulary \
	--copies 20 --engine duckdb --engine postgres --pairs 1
	$(BIN)/python -m bench.loads --export seeds/demo/synthea --copies 4 --engine duckdb --engine postgres --pairs 1
	$(BIN)/python -m bench.incremental --export seeds/demo/synthea --vocabulary seeds/demo/vocabulary \
	--copies 4 --engine duckdb --engine postgres --pairs 1
	$(BIN)/python -m bench.ablation --export seeds/demo/synthea --vocabulary seeds/demo/vocabulary \
	--copies 4 --engine duckdb --engine postgres --pairs 1
	$(BIN)/python -m bench.publish --export seeds/demo/synthea --vocabulary seeds/demo/vocabulary \
	--copies 4 --engine duckdb --engine postgres --pairs 1
	$(BIN)/python -m bench.vocabulary --concepts 1000 --ancestors 10000 --engine duckdb --engine postgres --pairs 1
	$(BIN)/python -m bench.quality --export seeds/demo/synthea --vocabulary seeds/demo/vocabulary \
	--copies 20 --engine duckdb --engine postgres --pairs 1
	$(BIN)/python -m bench.rates --rates 10000 --json-megabytes 1 --engine duckdb --engine postgres --pairs 1

clean: ## remove what the other targets made, but for .venv and databases
	rm -rf target logs build .pytest_cache *.egg-info
	find . -name __pycache__ -not -path './.venv/*' -prune -exec rm -rf {} +

.venv/installed: pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --editable .
	touch $@

.venv/tested-with: pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --editable '.[test]'
	touch $@

.venv/tested-on-spark: pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --editable '.[test,spark]'
	touch $@
