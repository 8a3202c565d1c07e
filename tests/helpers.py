"""Helpers of several test files."""

import os
import subprocess
import sys
import threading

import effort

STACK = 512 << 10
"""Bytes of stack of the thread that drops a chain in the short form."""
CHAIN = {"short": 30_000, "long": 1_000_000}
"""Length of a chain. Even 18 bytes of stack for each object overflow the stack of the short form."""


def on_another_thread(function, *args):
    """Run a function on a thread named 'other', and return its result."""
    results = []
    thread = threading.Thread(target=lambda: results.append(function(*args)), name="other")
    thread.start()
    thread.join()
    return results[0]


def run_python(code, *args, **environ):
    """Run a program in a new interpreter; return its exit status and all that it printed."""
    process = subprocess.run(
        [sys.executable, "-P", "-X", "faulthandler", "-c", code, *args],
        env={**os.environ, **environ},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    return process.returncode, process.stdout + process.stderr


def drop_chain(function):
    """Call `function(length)`, which builds a chain and drops it; in the short form on a thread with a small stack."""
    if effort.is_long():
        function(CHAIN["long"])
        return
    before = threading.stack_size(STACK)
    try:
        errors = []
        thread = threading.Thread(target=_call, args=(function, CHAIN["short"], errors))
        thread.start()
    finally:
        threading.stack_size(before)
    thread.join()
    if errors:
        raise errors[0]


def _call(function, length, errors):
    try:
        function(length)
    except BaseException as error:
        errors.append(error)
