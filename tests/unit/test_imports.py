"""The modules that `import pooled` loads, and those that a run of an empty program loads, as exact lists."""

import os
import subprocess
import sys
from importlib.util import find_spec

PACKAGE = {
    "pooled",
    "pooled._config",
    "pooled._config.command_errors",
    "pooled._config.environment",
    "pooled._config.model",
    "pooled._config.values",
    "pooled._engine",
    "pooled._engine.unraisable",
    "pooled._memory",
    "pooled._memory.registry",
    "pooled._plan",
    "pooled._plan.builtins",
    "pooled._plan.cached_values",
    "pooled._plan.checks",
    "pooled._plan.class_info",
    "pooled._plan.construction",
    "pooled._plan.fields",
    "pooled._plan.hooks",
    "pooled._plan.parts",
    "pooled._plan.plan",
    "pooled._plan.scrub",
    "pooled._plan.strategy",
    "pooled._policy",
    "pooled._pool",
    "pooled._pool.class_pool",
    "pooled._pool.decorate",
    "pooled._pool.functions",
    "pooled._pool.pools",
    "pooled._pool.replaced",
    "pooled._pool.background",
    "pooled._pool.trimming",
    "pooled._pool.unnamed_hooks",
    "pooled._record",
    "pooled._sizes",
    "pooled._stats",
}
"""Modules of the package that every engine needs."""

ENGINE = {
    "native": {"pooled._engine.native", "pooled._engine.native._native"},
    "reference": {
        "pooled._engine.reference.signature",
        "pooled._engine.reference",
        "pooled._engine.reference.acquire",
        "pooled._engine.reference.borrow",
        "pooled._engine.reference.drops",
        "pooled._engine.reference.freelist",
        "pooled._engine.reference.gc_state",
        "pooled._engine.reference.hook",
        "pooled._engine.reference.proxy",
        "pooled._engine.reference.proxy_methods",
        "pooled._engine.reference.recycle",
        "pooled._engine.reference.store",
        "pooled._engine.reference.thread_exit",
        "pooled._engine.reference.thread_state",
    },
}

RUN = {
    "pooled._cli",
    "pooled._cli.child",
    "pooled._cli.child.reach",
    "pooled._cli.gc_report",
    "pooled._cli.output",
    "pooled._cli.program",
    "pooled._cli.program.ends",
    "pooled._cli.program.execute",
    "pooled._cli.program.exit_status",
    "pooled._cli.program.named",
    "pooled._cli.program.own_thread",
    "pooled._cli.program.part_writer",
    "pooled._cli.program.parts",
    "pooled._cli.program.pool_counts",
    "pooled._cli.program.pooling",
    "pooled._cli.program.processes",
    "pooled._cli.program.unmet_names",
    "pooled._cli.run",
    "pooled._gc",
    "pooled._gc.histogram",
    "pooled._gc.pauses",
    "pooled._gc.recorder" if find_spec("pooled._gc.recorder") else "pooled._gc.python_recorder",
    "pooled._report",
    "pooled._report.names",
    "pooled._report.stats",
}
"""Modules of the package that a run of an empty program needs, with its report."""

OTHERS = {
    *("__future__", "array", "atexit", "collections.abc", "contextlib", "enum", "functools", "gc", "io", "itertools"),
    *("math", "operator", "os", "sys", "threading", "time", "types", "typing", "weakref"),
}
"""Other modules that `import pooled` imports. The modules that they import differ between versions of Python."""

OTHERS_OF_ENGINE = {"native": set(), "reference": {"wrapt", "copy", "inspect"}}

OTHERS_OF_RUN = {
    "_posixsubprocess",
    "importlib.util",
    "pkgutil",
    "runpy",
    "warnings",
}  # `importlib.machinery` imports warnings late


def loaded_by(statement, engine):
    """The modules of a new process that executed a statement, also those that it loads at exit."""
    program = f"import atexit, sys\natexit.register(lambda: print(*sys.modules))\n{statement}"
    environment = {**os.environ, "POOLED_ENGINE": engine}
    command = [sys.executable, "-c", program]
    process = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, timeout=60, check=True)
    return set(process.stdout.split())


def imports(modules):
    return f"import {', '.join(sorted(modules))}"


def test_the_package_imports_no_more_than_it_needs(engine):
    others = loaded_by(imports(OTHERS | OTHERS_OF_ENGINE[engine]), engine)
    assert loaded_by("import pooled", engine) - others == PACKAGE | ENGINE[engine]


def test_a_run_imports_no_more_than_it_needs(engine, tmp_path):
    program = tmp_path / "empty.py"
    program.write_text("")
    others = loaded_by(imports(OTHERS | OTHERS_OF_ENGINE[engine] | OTHERS_OF_RUN), engine)
    run = (
        f"import runpy\nsys.argv = ['pooled', 'run', {str(program)!r}]\n"
        "runpy.run_module('pooled', run_name='__main__', alter_sys=True)"
    )
    assert loaded_by(run, engine) - others == PACKAGE | ENGINE[engine] | RUN


def test_wrapt_is_loaded_for_classes_only_where_they_need_proxies(engine, tmp_path):
    (tmp_path / "parts.py").write_text("class Part:\n    pass\n")
    program = tmp_path / "main.py"
    program.write_text("import sys, parts\nparts.Part()\nprint('wrapt' in sys.modules)")
    for target in ("parts:Part", "parts:*", "__main__:*"):
        command = [sys.executable, "-m", "pooled", "run", "--pool", target, str(program)]
        environment = {**os.environ, "POOLED_ENGINE": engine}
        process = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=True)
        assert process.stdout == f"{engine == 'reference'}\n", target


OTHERS_OF_FILES = OTHERS_OF_RUN | {"pathlib", "tomllib"}
FILES = {"pooled._cli.table", "pooled._config.file", "pooled._report.files"}
"""Further modules that `run` needs to read a configuration and to write its report to a file."""


def test_a_run_with_files_imports_no_more_than_it_needs(engine, tmp_path):
    (tmp_path / "empty.py").write_text("")
    (tmp_path / "pools.toml").write_text("[defaults]\nmax = 4\n")
    files = ["--config", str(tmp_path / "pools.toml"), "--output", str(tmp_path / "report"), str(tmp_path / "empty.py")]
    others = loaded_by(imports(OTHERS | OTHERS_OF_ENGINE[engine] | OTHERS_OF_FILES), engine)
    run = (
        f"import runpy\nsys.argv = ['pooled', 'run', *{files!r}]\n"
        "runpy.run_module('pooled', run_name='__main__', alter_sys=True)"
    )
    assert loaded_by(run, engine) - others <= PACKAGE | ENGINE[engine] | RUN | FILES
    assert (tmp_path / "report").exists()
