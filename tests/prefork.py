"""An interpreter that imports some modules once, and forks for each program: imports take most of a program's time.

This is for tests whose subject is not the import of these modules. On a system without fork, each program gets an
interpreter of its own.
"""

import json
import os
import subprocess
import sys
import tempfile

from helpers import run_python

SECONDS = 300
"""How long a program may run."""

SERVER = """
import gc, importlib, json, os, signal, sys

for name in sys.argv[1:]:
    importlib.import_module(name)
gc.collect()
gc.freeze()  # the collections of the programs skip these modules

while True:
    line = sys.stdin.readline()
    if not line:
        sys.exit()
    request = json.loads(line)
    child = os.fork()
    if not child:
        break
    _, status = os.waitpid(child, 0)
    print(os.waitstatus_to_exitcode(status), flush=True)

signal.alarm(request["seconds"])
output = os.open(request["output"], os.O_WRONLY)
os.dup2(output, 1)
os.dup2(output, 2)
os.close(output)
os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
os.environ.update(request["environ"])
sys.argv[1:] = request["arguments"]
exec(compile(request["code"], "<string>", "exec"))
"""


class Prefork:
    """Runs programs in forks of one interpreter that has imported `modules`.

    `environ` is its environment besides that of the tests.
    """

    def __init__(self, *modules: str, **environ: str) -> None:
        self._environ = environ
        self._server = None
        if hasattr(os, "fork"):
            self._server = subprocess.Popen(
                [sys.executable, "-P", "-X", "faulthandler", "-c", SERVER, *modules],
                env={**os.environ, **environ},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )

    def run(self, code: str, *arguments: str, **environ: str) -> tuple[int, str]:
        """Run a program; return its exit status and all that it printed, as `run_python` does."""
        if self._server is None:
            return run_python(code, *arguments, **self._environ, **environ)
        with tempfile.NamedTemporaryFile("r") as output:
            request = {"code": code, "arguments": arguments, "environ": environ, "output": output.name}
            request["seconds"] = SECONDS
            self._server.stdin.write(json.dumps(request) + "\n")
            self._server.stdin.flush()
            status = self._server.stdout.readline()
            assert status, f"the server ended with {self._server.wait()}"
            return int(status), output.read()

    def close(self) -> None:
        if self._server is not None:
            self._server.communicate()
