# What the README tells people to run. Nothing has to be there but Python 3.11 or newer; PYTHON says which one.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin

.PHONY: demo test lint clean

demo: $(VENV)/.installed ## install the package and run the producer and the consumer
	$(BIN)/python examples/producer_consumer.py

test: $(VENV)/.tested ## install the package with what its tests need, and run everything
	$(BIN)/pytest

lint: $(VENV)/.linted ## check format, style and types
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/pyright

clean:
	rm -rf $(VENV) build *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

# The package is installed anew whenever a file of it changes, so that what runs is what would be installed.
SOURCES := pyproject.toml setup.py README.md LICENSE \
	$(shell find pooled -name '*.py' -o -name '*.[ch]' -o -name 'py.typed')

$(VENV)/.installed: $(BIN)/python $(SOURCES)
	$(BIN)/python -m pip install --quiet .
	touch $@

$(VENV)/.tested: $(BIN)/python $(SOURCES)
	$(BIN)/python -m pip install --quiet --prefer-binary '.[test]'
	touch $@ $(VENV)/.installed

$(VENV)/.linted: $(BIN)/python $(SOURCES)
	$(BIN)/python -m pip install --quiet --prefer-binary '.[lint]'
	touch $@ $(VENV)/.installed
