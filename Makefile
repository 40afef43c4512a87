# Targets for people; `make` alone lists them. Everything runs from .venv, which `make setup` prepares.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

BIN := .venv/bin
PYTEST := $(BIN)/python -m pytest

# What `make test` leaves out: what is slow, needs a broker, a second environment, or kills processes.
MARKS ?= not slow and not kafka and not packaging and not kills and not kills_kafka
# The size of the suites (SAMPLE=N of the slow tests, all when empty; INPUTS of fuzz), their processes, further arguments (ARGS="-k merge").
JOBS ?= auto
ARGS ?=
SAMPLE ?=
KILLS ?= 300
MUTANTS ?= 1000
SECONDS_PER_SUITE ?= 3600
SEED ?= 1
INPUTS ?= 100000

# pytest's code 5, no test chosen: said, and no fault of a suite that has no tests yet.
NONE_YET = { code=$$?; [ $$code -eq 5 ] && echo "make $@: WARNING, no test carries this mark" || exit $$code; }

.PHONY: help setup compile uncompile run test test-pure test-all kafka-tests packaging slow kills kills-kafka fuzz mutants bench docs lint format types lock clean kafka kafka-stop run-kafka

help:  ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

setup:  ## Prepare .venv (does nothing when it is ready)
	@PYTHON="$(PYTHON)" bash scripts/setup.sh

compile: setup  ## Compile the rules (needs a C compiler, some two minutes); once they are changed, the sources run again
	@$(BIN)/python hatch_build.py

uncompile:  ## Remove what make compile wrote
	@rm -rf leadstream/_compiled leadstream/_compiled.new leadstream/_compiled.old

run: setup  ## Run the main job: simulated live feed, state in var/state, output in var/out (ARGS=...)
	@exec $(BIN)/leadstream run $(ARGS)

test: setup  ## Run the tests that need no broker and no patience: some minutes (MARKS=, JOBS=, ARGS=)
	@$(PYTEST) -n $(JOBS) --dist loadgroup -m "$(MARKS)" $(ARGS)

test-pure: setup  ## Run the tests of rules, model and delivery on the sources alone (MARKS=, JOBS=, ARGS=)
	@LEADSTREAM_PURE=1 $(PYTEST) -n $(JOBS) --dist loadgroup -m "$(MARKS)" tests/cases tests/operators tests/model tests/delivery $(ARGS)

test-all:  ## Run all tests: those of `test`, the slow ones, a broker's, packaging, both kills (SAMPLE=, KILLS=, SEED=)
	@failed=""; for suite in test slow kafka-tests packaging kills kills-kafka; do \
		echo "make test-all: $$suite"; $(MAKE) $$suite || failed="$$failed $$suite"; done; \
		[[ -z $$failed ]] || { echo "make test-all: failed:$$failed"; exit 1; }

slow: setup  ## Run the slow tests that need no broker (SAMPLE=N of them, chosen by SEED=)
	@LEADSTREAM_SLOW_SAMPLE=$(SAMPLE) LEADSTREAM_SEED=$(SEED) $(PYTEST) -n $(JOBS) --dist loadgroup \
		-m "slow and not kafka and not packaging and not kills and not kills_kafka" $(ARGS) || $(NONE_YET)

kafka-tests: setup  ## Run all tests on a real Kafka but the kills (SAMPLE=N of the slow ones among them, chosen by SEED=)
	@LEADSTREAM_SLOW_SAMPLE=$(SAMPLE) LEADSTREAM_SEED=$(SEED) $(PYTEST) -m "kafka and not packaging" $(ARGS)

packaging: setup  ## Build, install into an empty environment and try what was installed
	@$(PYTEST) -m packaging $(ARGS)

kills: setup  ## Kill real processes again and again and compare (KILLS=, SEED=)
	@LEADSTREAM_KILLS=$(KILLS) LEADSTREAM_SEED=$(SEED) $(PYTEST) --timeout=$(SECONDS_PER_SUITE) -m kills $(ARGS) \
		|| $(NONE_YET)

kills-kafka: setup  ## The same between topics of a real Kafka, and in the middle of transactions (KILLS=, SEED=)
	@LEADSTREAM_KILLS=$(KILLS) LEADSTREAM_SEED=$(SEED) $(PYTEST) --timeout=$(SECONDS_PER_SUITE) -m kills_kafka $(ARGS) \
		|| $(NONE_YET)

fuzz: setup  ## Read dirty inputs with every parser of what comes in (INPUTS=10000000, SEED=, ARGS="--only N")
	@$(BIN)/python scripts/fuzz.py --inputs $(INPUTS) --seed $(SEED) $(ARGS)

mutants: setup  ## Put each fault of tests/mutants.toml into a copy: do the tests notice? (MUTANTS=N, SEED=)
	@$(BIN)/python scripts/mutants.py --sample $(MUTANTS) --seed $(SEED) --seconds $(SECONDS_PER_SUITE) $(ARGS)

bench: setup  ## Run the quick benchmarks (ARGS="SCENARIO --json")
	@$(BIN)/leadstream bench $(ARGS)

docs: setup  ## Write what is generated in docs: kinds and statuses
	@$(BIN)/python scripts/docs_parts.py

kafka: setup  ## Run an Apache Kafka for trying out on 127.0.0.1:9092, data in var/kafka, until Ctrl-C (needs Java, Maven)
	@exec $(BIN)/python scripts/kafka.py start --stay --port 9092 $(ARGS)

run-kafka: setup  ## Run the main job on a real Kafka of its own: simulated feed, topics, engine, topics (ARGS=...)
	@exec $(BIN)/python scripts/run_kafka.py $(ARGS)

kafka-stop: setup  ## Stop that Kafka from elsewhere
	@$(BIN)/python scripts/kafka.py stop

lint: setup  ## Check style and formatting
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check

format: setup  ## Mend style and formatting
	@$(BIN)/ruff check --fix
	@$(BIN)/ruff format

types: setup  ## Check types: packages and scripts strictly, tests by what they declare
	@$(BIN)/mypy

lock: setup  ## Write requirements.lock anew from pyproject.toml (UPGRADE=1 for newer versions)
	@UPGRADE="$(UPGRADE)" bash scripts/lock.sh

clean: uncompile  ## Remove caches and builds; state, output and .venv stay
	@rm -rf var/cache var/ci dist build .pytest_cache .ruff_cache .hypothesis
	@find . -name __pycache__ -not -path './.venv/*' -prune -exec rm -rf {} +
