# Everything happens in a virtual environment of the project's own.
# The first of these that runs and that Blender is published for.
PYTHON ?= $(shell for name in python3.11 python3.13 python3; do \
	$$name -c 'import sys, venv; sys.exit(sys.version_info[:2] not in ((3, 11), (3, 13)))' 2>/dev/null && echo $$name && break; done)
VENV ?= .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check
RUN := $(BIN)/python -m simulacra

.PHONY: help demo test slow coverage lint style types extension wheel bench places scale weights sidebar window texts releases judges clean

help:  ## Show what can be made
	@grep -E '^[a-z]+:.*##' Makefile | sed 's/:.*## /\t/' | expand -t 14

$(VENV)/.base: pyproject.toml | $(BIN)/pip
	$(PIP) -e .
	touch $@

$(VENV)/.installed: pyproject.toml | $(BIN)/pip
	$(PIP) -e '.[dev]'
	touch $(VENV)/.base $@

$(BIN)/pip:  # the last that is made of an environment
	@test -n "$(PYTHON)" || { echo "Python 3.11 or 3.13 is needed: make PYTHON=/path/to/python3.11"; exit 2; }
	$(PYTHON) -m venv $(VENV)

# Small enough for two cores and a cup of tea.
DEMO ?= demo
FACES ?= --count 4 --seed 1 --size 384 --samples 16
PLACE ?= --seed 2 --size 480x270 --samples 4 --set kind=coast
demo: $(VENV)/.base  ## Render 4 labelled faces and a place, check them, write their galleries
	$(RUN) render faces $(DEMO)/faces $(FACES)
	$(RUN) check $(DEMO)/faces
	$(RUN) view $(DEMO)/faces
	$(RUN) render places $(DEMO)/places $(PLACE)
	$(RUN) check $(DEMO)/places
	$(RUN) view $(DEMO)/places
	@echo "Open $(DEMO)/faces/gallery.html and $(DEMO)/places/gallery.html in a browser; then try:" \
		"$(BIN)/simulacra render faces mine --count 2 --size 256 --set hair.groom=afro --set identity.age=60..80"

TESTS ?=
test: lint  ## Check style, layers and types, and run the tests (TESTS=tests/test_wear.py: only those)
	$(BIN)/python -m pytest -q -n 2 --dist loadfile --durations=25 $(TESTS)

slow: $(VENV)/.installed  ## Run the tests that take minutes
	$(BIN)/python -m pytest -q -m slow --durations=10 $(TESTS)

MARKED ?= not slow and not blender
coverage: $(VENV)/.installed  ## Print what the tests without Blender reach (MARKED='not slow': all)
	$(BIN)/python -m pytest -q -n 2 --dist loadfile -m '$(MARKED)' --cov --cov-report=term:skip-covered $(TESTS)

lint: style types  ## Check style, layers and types

style: $(VENV)/.installed  ## Check style and layers
	$(BIN)/python -m ruff check .
	$(BIN)/python -m ruff format --check .
	$(BIN)/python tools/check_layers.py

types: $(VENV)/.installed  ## Check the types of the public API
	$(BIN)/python tools/check_types.py

BENCH ?= --count 3
bench: $(VENV)/.installed  ## Measure labels against pictures, and Cycles against the wall
	$(BIN)/python tools/bench_render.py $(BENCH)

PLACES ?=
places: $(VENV)/.installed  ## Measure what places cost: desert, all kinds, a stereo pair
	$(BIN)/python tools/bench_places.py desert $(PLACES)
	$(BIN)/python tools/bench_places.py kinds --samples 12 $(PLACES)
	$(BIN)/python tools/bench_places.py stereo --samples 8 $(PLACES)

# Each prints ratios measured side by side; quiet machines only. Takes an hour.
SCALE ?= build/scale
TIMES ?= 100
BACKENDS ?= --count 40
SOAK ?= --count 300
NODES ?= --count 24
FORECAST ?= --count 40
LOADER ?= --frames 200
scale: $(VENV)/.installed  ## Measure what scale costs: backends, a soak, kills, a forecast, loaders
	mkdir -p $(SCALE)
	$(BIN)/python tools/bench_backends.py $(SCALE)/backends $(BACKENDS)
	$(BIN)/python tools/soak.py $(SCALE)/soak $(SOAK)
	$(BIN)/python tools/kill_test.py $(SCALE)/kills --times $(TIMES) $(KILLS)
	$(BIN)/python tools/kill_test.py $(SCALE)/ray-kills --times $(TIMES) --backend ray $(KILLS)
	$(BIN)/python tools/check_cluster.py $(SCALE)/cluster $(NODES)
	$(BIN)/python tools/check_plan.py $(FORECAST)
	$(BIN)/python tools/bench_loader.py $(SCALE)/soak $(LOADER)

OUT ?= build/weights
weights: $(VENV)/.installed  ## Render the people and train the weights that ship, resumable (OUT=folder)
	PATH="$(CURDIR)/$(BIN):$$PATH" tools/make_weights.sh $(OUT)

SIDEBAR ?= --repeat 5
sidebar: $(VENV)/.installed  ## Measure Generate, sliders and avatars
	$(BIN)/python tools/bench_sidebar.py $(SIDEBAR)

window: $(VENV)/.installed  ## Press the sidebar in a real window (SIMULACRA_WINDOW=folder of tools/build_window.sh)
	$(BIN)/python -m pytest -q tests/test_window.py

OTHER ?= .venv-3.13/bin/python
RELEASES ?= --count 4
releases: $(VENV)/.installed  ## Compare what two Blender releases build (OTHER=python of the other one)
	$(BIN)/python tools/compare_releases.py $(OTHER) $(RELEASES)

judges: $(VENV)/.installed  ## Install the detectors that judge faces
	$(PIP) -e '.[judges]'

texts: $(VENV)/.base  ## List the sidebar's texts that a translation lacks, or that nothing shows (CHECK=--check before a release)
	$(BIN)/python tools/list_texts.py $(CHECK)

DIST ?= dist
extension: $(VENV)/.base  ## Build the Blender extension
	$(BIN)/python tools/build_extension.py $(DIST)/simulacra.zip

wheel: $(VENV)/.base  ## Build the wheel
	rm -rf build/lib build/bdist.*  # what an earlier build left would come in
	$(BIN)/python -m pip wheel --quiet --disable-pip-version-check --no-deps --wheel-dir $(DIST) .

clean:  ## Remove what was made
	rm -rf .venv .venv-3.13 .mypy_cache build dist $(DEMO) *.egg-info
