"""The guides to frameworks: writes the files of a page, and runs its commands and its servers."""

import contextlib
import json
import os
import random
import shlex
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest
from doc_blocks import blocks_of, commands_of

GUIDES = Path(__file__).parent.parent / "docs" / "guides"
SECONDS = 120
"""How long a server may take to start or to end."""

OFF = {"POOLED_ENGINE": "off"}

RANDOM = random.Random(8)
ORDERS = [
    {"items": [{"product": RANDOM.randrange(20_000), "count": RANDOM.randint(1, 9)} for _ in range(500)]}
    for _ in range(40)
]
"""The orders that the tests send to the services of the guides."""


class Guide:
    """A page, which writes its files to `folder`. Other pages may have written to it earlier."""

    def __init__(self, name, folder):
        self.folder = folder
        self.blocks = blocks_of(GUIDES / f"{name}.md")
        for block in self.blocks:
            if block.file:
                target = folder / block.file
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_text(block.text, encoding="utf-8")

    def command(self, start):
        """The one command of the page that begins with `start`, and the output that the page shows."""
        consoles = [block for block in self.blocks if block.language == "console"]
        found = [each for block in consoles for each in commands_of(block) if each[0].startswith(start)]
        assert len(found) == 1, f"{start}: {found}"
        return found[0]

    def run(self, start, **environ):
        """Run this command of the page; return what it printed to standard output."""
        return self.run_command(self.command(start)[0], **environ).stdout

    def run_command(self, command, **environ):
        """Run any command in the folder of the page, and check that it succeeds."""
        process = subprocess.run(
            arguments(command),
            cwd=self.folder,
            env=environment(environ),
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
        assert process.returncode == 0, process.stdout + process.stderr
        return process

    @contextlib.contextmanager
    def serve(self, start, **environ):
        """Run this command of the page, which starts a server, on a port other than 8000; yield its address."""
        port = free_port()
        command, _ = self.command(start)
        assert "8000" in command
        address = f"http://127.0.0.1:{port}"
        with self.background(command.replace("8000", str(port)), **environ) as process:
            wait_for(process, port)
            yield address

    def children(self):
        """The processes that the running server has started."""
        path = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        return [int(number) for number in path.read_text().split()]

    @contextlib.contextmanager
    def background(self, command, **environ):
        """Run a command until the block ends; then SIGTERM has to end it without an error."""
        log = self.folder / "server.log"
        with log.open("w") as output:
            process = subprocess.Popen(
                arguments(command), cwd=self.folder, env=environment(environ), stdout=output, stderr=output
            )
            process.log = log
            self.process = process
            try:
                yield process
            finally:
                process.send_signal(signal.SIGTERM)
                try:
                    process.wait(SECONDS)
                finally:
                    process.kill()
        assert process.returncode in (0, -signal.SIGTERM), log.read_text()


def arguments(command):
    """The arguments of a command, run by the interpreter of the tests."""
    first, *others = shlex.split(command.removesuffix(" &"))
    return [sys.executable, *others] if first == "python" else [sys.executable, "-m", first, *others]


def environment(environ):
    kept = {name: value for name, value in os.environ.items() if not name.startswith("POOLED_")}
    return {**kept, "PYTHONUNBUFFERED": "1", **environ}


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


def wait_for(process, port):
    """Wait until something listens on the port."""
    for _ in range(SECONDS * 10):
        if process.poll() is not None:
            break
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
            return
        time.sleep(0.1)
    pytest.fail(f"no server: {process.log.read_text()}")


def ask(url, content=None):
    """The answer to a request: with content, a POST of it as JSON."""
    data = None if content is None else json.dumps(content).encode()
    request = urllib.request.Request(url, data, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=SECONDS) as answer:
        return answer.read().decode()


def answers(address):
    """The answers of a service to all orders."""
    return [ask(f"{address}/orders", order) for order in ORDERS]


def metric(text, name, pool):
    """The value of a metric of a pool, as the metrics endpoint shows it."""
    lines = [line for line in text.splitlines() if line.startswith(f"{name}{{") and f'pool="{pool}"' in line]
    assert len(lines) == 1, f"{name} of {pool}: {lines or text}"
    return float(lines[0].rpartition(" ")[2])
