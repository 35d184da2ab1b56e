# What a person runs; .ci/run calls the same. `make help` lists it.

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check

# torch is a step of its own, so that its CPU build is taken and nobody gets gigabytes of CUDA by surprise.
# First the package indexes that pip is configured with are asked for the CPU build, then TORCH_INDEX.
TORCH_VERSION := 2.13.0
TORCH_INDEX ?= https://download.pytorch.org/whl/cpu
ifeq ($(shell uname -s),Linux)
TORCH := torch==$(TORCH_VERSION)+cpu
else
TORCH := torch==$(TORCH_VERSION)
endif

GOLD := evals/gold/starter.jsonl
BASELINE := evals/baselines/starter
LOCK_INPUTS := pyproject.toml requirements/torch-needs.in requirements/build.in requirements/overrides.txt
COMPILE := $(BIN)/uv pip compile pyproject.toml requirements/torch-needs.in requirements/build.in \
	--universal --python-version 3.11 --generate-hashes --override requirements/overrides.txt \
	--no-emit-package torch --no-header --quiet

PYTEST := $(BIN)/pytest -q --numprocesses 2 --dist loadfile --no-loadscope-reorder --durations 25

.PHONY: help run test slow check eval bench soak reader browser setup dev lock clean
.DEFAULT_GOAL := help

help:  ## list what there is
	@awk -F ':.*## ' '/^[a-z]+:.*## /{printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: setup  ## set up, read the documents in corpus/ and serve the chat page
	$(BIN)/assistant ingest
	$(BIN)/assistant ui

test: dev  ## set up and run the tests but the slow ones; browser tests need `make browser` first
	$(PYTEST) -m "not slow"

slow: dev  ## run the slow tests
	$(PYTEST) -m slow

check: dev  ## format, lint, types, and who may import what
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

eval: setup  ## score the starter questions and hold them against the baseline
	$(BIN)/assistant ingest
	$(BIN)/assistant eval run $(GOLD) --out .run/eval --baseline $(BASELINE) --gate

bench: setup  ## measure start-up, questions, 100,000 chunks and 25 kills (about half an hour)
	$(BIN)/assistant ingest
	$(BIN)/python -m evals.benches
	$(BIN)/python -m evals.benches kill

BENCHMARKS ?= ../shared/benchmarks
reader: dev  ## train the reader from the public sets in BENCHMARKS; goes on where it stopped
	nice -n 19 $(BIN)/python -m evals.reader --benchmarks $(BENCHMARKS) --work .run/reader/first \
		--minutes 85 --out .run/reader/first.safetensors
	nice -n 19 $(BIN)/python -m evals.reader --benchmarks $(BENCHMARKS) --work .run/reader/second \
		--begin .run/reader/first.safetensors --review-documents 800 2100 --rounds 3 --steps 3000 --minutes 80 --learning-rate 1e-4

soak: dev  ## put faults into a stored corpus at full length and write docs/reliability.md (hours)
	$(BIN)/assistant ingest
	$(BIN)/python -m evals.soak
	$(BIN)/python -m evals.benches kill --kills 200
	STATEFUL_EXAMPLES=500 STATEFUL_STEPS=50 STATEFUL_TIMEOUT=0 $(BIN)/pytest -q tests/ingest/test_stateful.py

browser:  ## install Chromium for the browser tests (Debian and Ubuntu)
	@command -v chromium >/dev/null || { \
	  command -v apt-get >/dev/null || { echo "Install Chromium by your system's means."; exit 1; }; \
	  if [ "$$(id -u)" = 0 ]; then apt-get update -q && apt-get install -y -q chromium; \
	  else sudo apt-get update -q && sudo apt-get install -y -q chromium; fi; }

setup: $(VENV)/.run  ## install what running needs
dev: $(VENV)/.dev  ## install what testing needs

lock: dev  ## pin every dependency anew
	$(COMPILE) --upgrade --output-file requirements/run.txt
	$(COMPILE) --upgrade --extra dev --extra peers --constraint requirements/run.txt --output-file requirements/dev.txt

clean:  ## remove the environment and what tests and builds left (documents and .assistant/ stay)
	rm -rf $(VENV) .run .mypy_cache .ruff_cache .pytest_cache .hypothesis

$(VENV)/.torch:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Python 3.11 or later is needed: make PYTHON=/path/to/python3.11"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	@echo "Installing $(TORCH)"
	@$(PIP) install --quiet --no-deps '$(TORCH)' 2>$(VENV)/torch.log \
	  || { echo "Not in pip's own indexes; asking TORCH_INDEX=$(TORCH_INDEX)"; \
	       $(PIP) install --quiet --no-deps --index-url '$(TORCH_INDEX)' '$(TORCH)'; }
	@touch $@

$(VENV)/.run: $(VENV)/.torch requirements/run.txt pyproject.toml
	@echo "Installing what running needs (a few minutes the first time)"
	@$(PIP) install --quiet --no-deps --require-hashes -r requirements/run.txt
	@$(PIP) install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.dev: $(VENV)/.run requirements/dev.txt
	@echo "Installing what testing needs"
	@$(PIP) install --quiet --no-deps --require-hashes -r requirements/dev.txt
	@touch $@
