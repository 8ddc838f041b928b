# `make read` reads the book, `make test` checks everything; `make help` lists the rest.

# Compute threads that wait sleep: spinning ones starve the tests that run beside them.
export OMP_WAIT_POLICY ?= PASSIVE
test: export OMP_NUM_THREADS ?= 1
PORT ?= 8000
SERVE ?= 1
VENV ?= .venv
ifeq ($(OS),Windows_NT)
  BIN := $(VENV)/Scripts
else
  BIN := $(VENV)/bin
endif
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check
CANDIDATES := python3 python3.14 python3.13 python3.12 python3.11 python
RECENT := import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))
# PyTorch's files differ from machine to machine, so it is pinned by version and not by hash.
TORCH := torch==2.13.0
GPU := torch triton cuda-bindings cuda-pathfinder cuda-toolkit nvidia-cublas nvidia-cuda-cupti nvidia-cuda-nvrtc \
  nvidia-cuda-runtime nvidia-cudnn-cu13 nvidia-cufft nvidia-cufile nvidia-curand nvidia-cusolver nvidia-cusparse \
  nvidia-cusparselt-cu13 nvidia-nccl-cu13 nvidia-nvjitlink nvidia-nvshmem-cu13 nvidia-nvtx

RESOLVE := uv pip compile --quiet --universal --python-version 3.11 --fork-strategy fewest --generate-hashes \
  --custom-compile-command 'make lock' --no-annotate pyproject.toml -

.PHONY: read test bench setup setup-all lock clean help

read: $(VENV)/.read  ## Build site and PDF and read them (PORT=8000; SERVE=0 builds and exits)
	@$(BIN)/mlbook read --port $(PORT) $(if $(filter 0,$(SERVE)),--no-serve)

test: setup-all  ## Install everything, pinned, and run every check
	@CHROMIUM="$$($(BIN)/python -m mlbook.machine chromium)" && export CHROMIUM && $(BIN)/python -m pytest -n 2 $(ARGS)

bench: setup-all  ## Measure what the budgets in the design name
	@$(BIN)/mlbook bench

setup: $(VENV)/.run  ## Install what running the chapters of Part I needs

setup-all: $(VENV)/.all  ## Install everything: PyTorch, the pipeline, the tests

$(VENV)/.read: requirements-read.lock pyproject.toml
	@found=; for p in $(PYTHON) $(CANDIDATES); do \
	  if "$$p" -c "$(RECENT)" 2>/dev/null; then found=$$p; break; fi; done; \
	if [ -z "$$found" ]; then \
	  echo "error: no Python 3.11 or later with venv and pip found" >&2; \
	  echo "Debian, Ubuntu: sudo apt install python3-venv. macOS: brew install python." >&2; \
	  echo "Or name one: make read PYTHON=/path/to/python3.12" >&2; exit 1; fi; \
	echo "installing what reading needs into $(VENV) ..."; \
	"$$found" -m venv $(VENV)
	@$(PIP) --no-deps --no-compile --require-hashes --only-binary :all: -r requirements-read.lock
	@$(PIP) --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.run: $(VENV)/.read requirements-run.lock
	@echo "installing what running chapters needs into $(VENV) ..."
	@$(PIP) --no-deps --require-hashes --only-binary :all: -r requirements-run.lock
	@touch $@

# The locked packages first, then torch, whose requirements are then there; from PyTorch's CPU index where
# that answers and no GPU is to be seen (without it, Linux gets the build for GPUs, 2 GB).
$(VENV)/.all: $(VENV)/.run requirements.lock
	@echo "installing everything else into $(VENV), up to 3 GB on disk ..."
	@$(PIP) --no-deps --require-hashes --no-build-isolation -r requirements.lock
	@$(PIP) $(TORCH) $$($(BIN)/python -m mlbook.machine torch)
	@touch $@

lock:  ## Bring the lock files up to pyproject.toml (needs uv)
	echo 'setuptools>=77' | $(RESOLVE) $(addprefix --no-emit-package ,$(GPU)) --extra all -o requirements.lock
	echo 'setuptools>=77' | $(RESOLVE) --extra run --constraint requirements.lock -o requirements-run.lock
	echo 'setuptools>=77' | $(RESOLVE) --constraint requirements.lock -o requirements-read.lock

clean:  ## Remove the built book; the environment, freeze and data stay
	rm -rf _book .mlbook

help:  ## List the targets
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12
