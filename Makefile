# The tasks of a contributor; `make help` lists them. They need Python 3.11 or newer and, for the native engine, a C
# compiler. PYTHON is the interpreter, and each one has an environment of its own: .venv/3.14. JOBS is the number of
# processes that run the tests.
PYTHON ?= python3
JOBS ?= auto

# Hundreds of tests start an interpreter, which would compile every module anew.
unexport PYTHONDONTWRITEBYTECODE

# KIND is an environment beside the normal one, with a build of its own that is not editable: .venv/3.14-checks.
KIND := $(if $(CHECKS),checks)
ENVIRONMENT := $(PYTHON) tools/environment.py --kind "$(KIND)"
FOLDER := $(or $(shell $(ENVIRONMENT) --folder),$(error PYTHON=$(PYTHON): expected Python 3.11 or newer))
BIN := $(FOLDER)/bin
RUN := $(BIN)/python -P
PYTEST := $(RUN) -m pytest -q -n $(JOBS)
INSTALL := $(RUN) -m pip install --quiet --no-deps --no-build-isolation --force-reinstall

.PHONY: help dev build test test-long test-all test-checked contract contract-others contract-off contract-toggled parallel stress stress-long fuzz packages programs clusters guides sanitize packaging browser \
	cross release \
	compile-free-threaded \
	format lint docs wheel benchmark demo clean
.NOTPARALLEL:

help: ## list the tasks
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-16s %s\n", $$1, $$2}' Makefile

dev: ## make the environment for PYTHON and build the extensions in place; CHECKS=1 makes the checked build
	@$(ENVIRONMENT) test
	@$(MAKE) build

ifeq ($(KIND),)
build: ## compile the C files that changed
	@$(ENVIRONMENT)
	$(RUN) setup.py -q build_ext --inplace
else
build:
	@$(ENVIRONMENT)
	@rm -rf build/lib* build/bdist* build/checks/lib* build/checks/bdist*
	$(if $(filter checks,$(KIND)),POOLED_BUILD_CHECKS=1) $(INSTALL) .
endif

test: dev ## run the tests that every change has to pass; TESTS has more arguments for pytest
	$(PYTEST) $(TESTS)

test-long: dev ## run the tests in their long forms, and those that have no short one
	$(PYTEST) --all $(TESTS)

CONTRACT ?= tests/contract tests/cpython
contract: dev ## run the tests of the contract and those of CPython
	$(PYTEST) -p no:cacheprovider $(CONTRACT)

contract-off: dev ## run the tests of the contract that hold with the engine off
	POOLED_TEST_ENGINES=off $(PYTEST) -p no:cacheprovider tests/contract

contract-toggled: dev ## run the same tests while another thread turns pooling off and on
	POOLED_TEST_TOGGLED=1 $(PYTEST) -p no:cacheprovider tests/contract

test-checked: ## run the tests of the contract on the checked build
	$(MAKE) contract CHECKS=1

contract-others: ## run the tests of the contract on every other interpreter: those of POOLED_PYTHONS, else of the PATH
	@$(PYTHON) tools/other_pythons.py $(MAKE) contract

test-all: lint test-long contract-others contract-off contract-toggled test-checked parallel stress fuzz packages programs clusters guides sanitize docs packaging wheel browser cross release ## run everything

# Which tests run in the two targets below; .ci/run gives a shorter list.
THREADED ?= tests/contract
SANITIZED ?= tests/contract tests/cpython tests/stress

parallel: dev ## run each test of the contract on four threads at once
	$(RUN) -m pytest -q -r fE --parallel-threads=4 $(THREADED)

# Freed memory is kept for a short time only, since some tests look at how much there is.
sanitize: ## run the tests of the native engine with the address and undefined-behaviour sanitizers (gcc)
	$(MAKE) KIND=sanitize sanitize-here \
		POOLED_CFLAGS='-fsanitize=address,undefined -fno-sanitize-recover=undefined -g -O1'

.PHONY: sanitize-here
sanitize-here: export POOLED_BUILD_NATIVE := 1
sanitize-here: dev
	ASAN_OPTIONS=detect_leaks=0:allocator_may_return_null=1:quarantine_size_mb=8 PYTHONMALLOC=malloc \
		LD_PRELOAD=$$(gcc -print-file-name=libasan.so) $(PYTEST) -p no:cacheprovider $(SANITIZED) -k 'native or cpython'

stress: dev ## misuse the package in every way for eight minutes at most, each scenario a process; seeds are printed
	$(BIN)/python -m tests.stress --limit 480

stress-long: dev ## hand 10^9 objects over between threads, and check their owners; HANDOVERS has options, such as --minutes 20
	$(BIN)/python -m tests.stress.hand_overs $(HANDOVERS)

fuzz: dev ## run random programs over both engines for MINUTES (default 5); seeds are printed
	$(BIN)/python -m tests.fuzz --minutes $(or $(MINUTES),5)

packages: dev ## run the test suites of real packages without and with pools; SUITES has options, such as --only lark
	@$(ENVIRONMENT) packages
	$(BIN)/python -m tests.packages $(SUITES)

programs: dev ## compare programs over real packages with what advise chose; PROGRAMS has options, such as --short
	@$(ENVIRONMENT) programs
	$(BIN)/python -m tests.programs $(PROGRAMS)

clusters: dev ## test pools on local clusters of Dask and Ray
	@$(ENVIRONMENT) clusters
	$(RUN) -m pytest -q -rs --all tests/clusters tests/unit/test_main_programs.py

guides: dev ## run the guides to FastAPI, Django, Celery and others with these packages
	@$(ENVIRONMENT) guides
	$(RUN) -m pytest -q -rs --all tests/guides

packaging: dev ## test the sdist, the wheel, and `pip install .`
	@$(ENVIRONMENT) packaging
	$(RUN) -m pytest -q tests/unit/test_packaging.py

browser: dev ## test the report's page in Chromium, where that is installed
	@$(ENVIRONMENT) browser
	$(RUN) -m pytest -q -rs tests/browser || [ $$? = 5 ] # 5: no test was run, because Chromium is not installed

C_FILES := $(shell find pooled -name '*.[ch]')
format: ## format the Python and C files
	@$(ENVIRONMENT) lint
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .
	$(BIN)/clang-format -i $(C_FILES)

lint: ## check format, style, spelling, words, types and layers
	@$(ENVIRONMENT) lint
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/clang-format --dry-run -Werror $(C_FILES)
	$(BIN)/codespell
	$(BIN)/python tools/check_words.py
	$(BIN)/mypy
	$(BIN)/pyright --pythonpath $(BIN)/python
	PATH="$(CURDIR)/$(BIN):$$PATH" PYTHONPATH=tools/typings $(BIN)/pyright --verifytypes pooled --ignoreexternal >$(FOLDER)/types.txt \
		|| { cat $(FOLDER)/types.txt; exit 1; } # each public name has a complete type
	$(BIN)/python tools/check_layers.py

# On a build with a GIL, this finds what does not compile without one; nothing is run.
compile-free-threaded: build ## compile the C files as for the free-threaded build of PYTHON's version
	POOLED_BUILD_NATIVE=1 POOLED_CFLAGS='-DPy_GIL_DISABLED=1 -O0' $(RUN) setup.py -q build_ext --build-lib build/free-threaded

cross: ## compile and link for macOS and Windows with zig, and run nothing; SOURCES has CPython's sources, a folder or a tar file
	@$(ENVIRONMENT) cross
	$(RUN) tools/cross_compile.py $(if $(SOURCES),--sources $(SOURCES))

docs: build ## build the documentation into docs/_build/html; any warning is an error
	@$(ENVIRONMENT) docs
	rm -rf docs/_build
	$(RUN) -m sphinx -q -n -W --keep-going -b html docs docs/_build/html
	rm -rf docs/_build/html/.doctrees

WHEEL_TESTED ?= tests
wheel: ## build the sdist and from it the wheel, check them, and test what the wheel installs
	$(MAKE) KIND=wheel wheel-here

.PHONY: wheel-here
wheel-here: export POOLED_BUILD_NATIVE ?= 1
wheel-here:
	@$(ENVIRONMENT) test packaging
	rm -rf build/lib* build/bdist* dist
	$(RUN) -m build --no-isolation
	$(RUN) -m twine check --strict dist/*
	$(BIN)/check-wheel-contents dist/*.whl
	$(INSTALL) dist/*.whl
	$(PYTEST) -p no:cacheprovider $(WHEEL_TESTED)

release: ## build the last commit twice with pinned tools, compare, and write dist/ with a bill of materials
	@$(ENVIRONMENT) packaging
	$(RUN) tools/release.py

benchmark: build ## measure pooled against not pooled; BENCHMARK=--quick ends within five minutes
	$(BIN)/python -m benchmarks $(BENCHMARK)

demo: build ## compare a search service with and without pools, in less than a minute
	$(BIN)/python examples/demo.py

clean: ## remove the environments and everything that was built
	rm -rf .venv build dist docs/_build *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find pooled \( -name '*.so' -o -name '*.pyd' \) -delete
