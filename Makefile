# Everything happens in a virtual environment of the project's own.
# The first of these that runs and that Blender is published for.
PYTHON ?= $(shell for name in python3.11 python3.13 python3; do \
	$$name -c 'import sys, venv; sys.exit(sys.version_info[:2] not in ((3, 11), (3, 13)))' 2>/dev/null && echo $$name && break; done)
VENV ?= .venv
BIN := $(VENV)/bin
DEMO ?= demo

.PHONY: help demo test slow lint extension bench places scale weights sidebar window releases judges clean

help:  ## Show what can be made
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 14

$(VENV)/.installed: pyproject.toml
	@test -n "$(PYTHON)" || { echo "Python 3.11 or 3.13 is needed: make PYTHON=/path/to/python3.11"; exit 2; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[dev]'
	touch $@

demo: $(VENV)/.installed  ## Render 4 labelled faces, check them, write the gallery
	$(BIN)/python -m simulacra render faces $(DEMO) --count 4 --seed 1 --size 512 --samples 32
	$(BIN)/python -m simulacra check $(DEMO)
	$(BIN)/python -m simulacra view $(DEMO)

test: lint  ## Check style and layers, and run the tests
	$(BIN)/python -m pytest -q -n 2 --dist loadfile

slow: $(VENV)/.installed  ## Run the tests that take minutes
	$(BIN)/python -m pytest -q -m slow

lint: $(VENV)/.installed  ## Check style and layers
	$(BIN)/python -m ruff check .
	$(BIN)/python -m ruff format --check .
	$(BIN)/python tools/check_layers.py

bench: $(VENV)/.installed  ## Measure labels against pictures, and Cycles against the wall
	$(BIN)/python tools/bench_render.py

places: $(VENV)/.installed  ## Measure what places cost: desert, all kinds, a stereo pair
	$(BIN)/python tools/bench_places.py desert
	$(BIN)/python tools/bench_places.py kinds --samples 12
	$(BIN)/python tools/bench_places.py stereo --samples 8

# Each prints ratios measured side by side; quiet machines only. Takes an hour.
SCALE ?= build/scale
scale: $(VENV)/.installed  ## Measure what scale costs: backends, a soak, kills, a forecast, loaders
	mkdir -p $(SCALE)
	$(BIN)/python tools/bench_backends.py $(SCALE)/backends
	$(BIN)/python tools/soak.py $(SCALE)/soak
	$(BIN)/python tools/kill_test.py $(SCALE)/kills --times 100
	$(BIN)/python tools/kill_test.py $(SCALE)/ray-kills --times 100 --backend ray
	$(BIN)/python tools/check_cluster.py $(SCALE)/cluster
	$(BIN)/python tools/check_plan.py
	$(BIN)/python tools/bench_loader.py $(SCALE)/soak

OUT ?= build/weights
weights: $(VENV)/.installed  ## Render the people and train the weights that ship, resumable (OUT=folder)
	PATH="$(abspath $(BIN)):$$PATH" tools/make_weights.sh $(OUT)

sidebar: $(VENV)/.installed  ## Measure Generate, sliders and avatars
	$(BIN)/python tools/bench_sidebar.py

window: $(VENV)/.installed  ## Press the sidebar in a real window (SIMULACRA_WINDOW=folder of tools/build_window.sh)
	$(BIN)/python -m pytest -q tests/test_window.py

OTHER ?= .venv-3.13/bin/python
releases: $(VENV)/.installed  ## Compare what two Blender releases build (OTHER=python of the other one)
	$(BIN)/python tools/compare_releases.py $(OTHER)

judges: $(VENV)/.installed  ## Install the detectors that judge faces
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[judges]'

extension: $(VENV)/.installed  ## Build the Blender extension
	$(BIN)/python tools/build_extension.py

clean:  ## Remove what was made
	rm -rf .venv .venv-3.13 build dist $(DEMO) *.egg-info
