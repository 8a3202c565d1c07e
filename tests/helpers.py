"""What several test files use."""

import os
import subprocess
import sys
import threading


def on_another_thread(function, *args):
    """Run a function on a thread called 'other', to its end; give its result."""
    results = []
    thread = threading.Thread(target=lambda: results.append(function(*args)), name="other")
    thread.start()
    thread.join()
    return results[0]


def run_python(code, *args, **environ):
    """Run a program in an interpreter of its own; give how it ended and all that it printed."""
    process = subprocess.run(
        [sys.executable, "-P", "-X", "faulthandler", "-c", code, *args],
        env={**os.environ, **environ},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    return process.returncode, process.stdout + process.stderr
