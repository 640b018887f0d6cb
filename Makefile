# One command a chore. Needs Python 3.11 or later, make and git; the rest goes into .venv.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# Packages that are built from source get pinned build tools too (newer pips ask for the second).
export PIP_CONSTRAINT := constraints.txt
export PIP_BUILD_CONSTRAINT := constraints.txt
export PIP_DISABLE_PIP_VERSION_CHECK := 1
INSTALL := $(BIN)/python -m pip install -c constraints.txt
MODEL := runs/demo/model
INDEX := runs/demo-index
# Three of the demo collection's development questions.
QUESTIONS := "tiny web server to share the current directory" "is git installed and where" \
  "adding up 0.1 ten times does not give exactly 1.0"
BENCHES := encode generate label train lexical dense_search

.PHONY: help demo test lint bench constraints clean
.DELETE_ON_ERROR:

help:
	@echo "make demo         adapt a small model to Python's own documentation, before and after"
	@echo "make test         everything that must pass before a change lands"
	@echo "make lint         format and mend what ruff can, then check style and types"
	@echo "make bench        our stages against plain sentence-transformers and transformers"
	@echo "make constraints  pin the newest versions of everything anew"
	@echo "make clean        remove .venv and caches"

demo: $(VENV)/.demo
	$(BIN)/acclimate adapt python-stdlib --recipe demo --evaluate python-stdlib --out runs/demo
	rm -rf $(INDEX)
	$(BIN)/acclimate index python-stdlib --out $(INDEX) --model all-MiniLM-L6-v2 --model $(MODEL)
	@for question in $(QUESTIONS); do for model in all-MiniLM-L6-v2 $(MODEL); do \
	  printf '\n"%s", asked of %s:\n' "$$question" "$$model"; \
	  $(BIN)/acclimate search $(INDEX) "$$question" --mode "dense:$$model" -k 3 || exit; \
	done; done

# The tests' models are so small that threads would only wait for each other. No cache for the order of
# imports: it hangs on which other files there are, which a file's cached findings do not know.
test: export OMP_NUM_THREADS := 1
test: $(VENV)/.dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check --no-cache .
	$(BIN)/mypy
	$(BIN)/pytest

lint: $(VENV)/.dev
	$(BIN)/ruff format .
	$(BIN)/ruff check --no-cache --fix .
	$(BIN)/mypy

bench: $(VENV)/.bench
	for name in $(BENCHES); do \
	  $(BIN)/python -m bench.$$name --json bench/results/$$name.json || exit; \
	done

# A stamp for each set of packages; a set is installed again when what it is made of changes.
$(VENV)/.made:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Acclimate needs \
	Python 3.11 or later, this is %d.%d; name another: make PYTHON=python3.12" \
	% sys.version_info[:2])'
	$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/.demo: EXTRAS := offline
$(VENV)/.dev: EXTRAS := all,dev
$(VENV)/.bench: EXTRAS := all,bench
$(VENV)/.demo $(VENV)/.dev $(VENV)/.bench: $(VENV)/.made pyproject.toml constraints.txt
	$(INSTALL) -e '.[$(EXTRAS)]'
	@touch $@

# torch stays where it is: its newer builds bring gigabytes of CUDA packages along.
TORCH := $(shell grep '^torch==' constraints.txt)
FRESH := build/constraints
constraints:
	$(PYTHON) -m venv --clear $(FRESH)
	env -u PIP_CONSTRAINT -u PIP_BUILD_CONSTRAINT $(FRESH)/bin/python -m pip install \
	  '$(TORCH)' '.[all,dev,bench]' hatchling setuptools wheel
	{ head -2 constraints.txt; $(FRESH)/bin/python -m pip freeze --all \
	  | grep -vE '^(acclimate|pip)( |=)' | sed 's/+cpu$$//'; } > $(FRESH)/constraints.txt
	mv $(FRESH)/constraints.txt constraints.txt
	rm -r $(FRESH)

clean:
	rm -rf $(VENV) build .mypy_cache .pytest_cache .ruff_cache .hypothesis
