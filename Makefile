# What the README tells people to run. Nothing has to be there but Python 3.11 or newer; PYTHON says which one.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin

.PHONY: demo test lint docs wheel benchmark stress parallel fuzz sanitize clean

demo: $(VENV)/.installed ## install the package and run the producer and the consumer
	$(BIN)/python examples/producer_consumer.py

test: $(VENV)/.tested ## install the package with what its tests need, and run everything
	$(BIN)/pytest

lint: $(VENV)/.linted ## check format, style and types
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/pyright --pythonpath $(BIN)/python

benchmark: $(VENV)/.installed ## install the package and measure pooled against not pooled
	$(BIN)/python -m benchmarks

stress: $(VENV)/.tested ## misuse the package in every way for ten minutes at most, each scenario a process; seeds are printed
	$(BIN)/python -m tests.stress --limit 480
	$(BIN)/pytest -q --long tests/unit/test_leaks_ways.py

parallel: $(VENV)/.tested ## run each test of the contract on four threads at once
	$(BIN)/pytest -q --parallel-threads=4 tests/contract

fuzz: $(VENV)/.tested ## run random programs over both engines side by side for about five minutes; seeds are printed
	$(BIN)/python -m tests.fuzz --minutes 5

# An environment and a build of its own: the usual one must not find objects that were compiled for this one. SANITIZED
# says which tests are run. Freed memory is kept for a while only, since some tests look at how much there is.
SANITIZERS := -fsanitize=address,undefined -fno-sanitize-recover=undefined -g -O1
SANITIZED ?= tests/contract tests/cpython tests/stress
sanitize: ## run all that concerns the native engine with the address and undefined-behaviour sanitizers
	rm -rf build $(VENV)-sanitize
	$(PYTHON) -m venv $(VENV)-sanitize
	POOLED_BUILD_NATIVE=1 POOLED_CFLAGS='$(SANITIZERS)' \
		$(VENV)-sanitize/bin/python -m pip install --quiet --prefer-binary --no-cache-dir '.[test]'
	rm -rf build
	ASAN_OPTIONS=detect_leaks=0:allocator_may_return_null=1:quarantine_size_mb=8 PYTHONMALLOC=malloc \
		LD_PRELOAD=$$(gcc -print-file-name=libasan.so) \
		$(VENV)-sanitize/bin/python -P -m pytest -q -p no:cacheprovider $(SANITIZED) -k 'native or cpython'

docs: $(VENV)/.documented ## build the documentation into docs/_build/html; any warning is an error
	rm -rf docs/_build
	$(BIN)/python -P -m sphinx -q -n -W --keep-going -b html docs docs/_build/html
	rm -rf docs/_build/html/.doctrees

# In an environment of its own. What is tested is what was installed from the wheel, and that was built from the sdist.
WHEEL_TESTED ?= tests
wheel: ## build the sdist and the wheel, check them, and test what is installed from the wheel
	rm -rf build dist $(VENV)-wheel
	$(PYTHON) -m venv $(VENV)-wheel
	$(VENV)-wheel/bin/python -m pip install --quiet --prefer-binary build check-wheel-contents 'setuptools>=77' twine
	POOLED_BUILD_NATIVE=$${POOLED_BUILD_NATIVE-1} $(VENV)-wheel/bin/python -m build
	$(VENV)-wheel/bin/python -m twine check --strict dist/*
	$(VENV)-wheel/bin/check-wheel-contents dist/*.whl
	$(VENV)-wheel/bin/python -m pip install --quiet --prefer-binary "$$(echo dist/*.whl)[test]"
	$(VENV)-wheel/bin/python -P -m pytest -q -p no:cacheprovider $(WHEEL_TESTED)

clean:
	rm -rf $(VENV) $(VENV)-sanitize $(VENV)-wheel build dist docs/_build *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

# The package is installed anew whenever a file of it changes, so that what runs is what would be installed.
SOURCES := pyproject.toml setup.py _pooled_pytest.py README.md LICENSE \
	$(shell find pooled -name '*.py' -o -name '*.[ch]' -o -name 'py.typed')

$(VENV)/.installed: $(BIN)/python $(SOURCES)
	$(BIN)/python -m pip install --quiet .
	touch $@

$(VENV)/.tested: $(BIN)/python $(SOURCES)
	$(BIN)/python -m pip install --quiet --prefer-binary '.[test]'
	touch $@ $(VENV)/.installed

$(VENV)/.documented: $(BIN)/python $(SOURCES)
	$(BIN)/python -m pip install --quiet --prefer-binary '.[docs]'
	touch $@ $(VENV)/.installed

$(VENV)/.linted: $(BIN)/python $(SOURCES)
	$(BIN)/python -m pip install --quiet --prefer-binary '.[lint]'
	touch $@ $(VENV)/.installed
