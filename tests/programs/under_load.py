"""Run a JSON server under load unchanged, with settings of the collector, and with the choice of `advise`.

`python -m tests.programs.under_load` starts gunicorn and uvicorn over servers/shop.py, each variant in alternation. A
client with several connections sends the same orders to each. The table shows how many times as fast as the plain
server each variant answers: by the processor time of a request, and by the latency that the client sees. Of each
request, the least value of several rounds counts. It fails if an answer differs from that of the plain server.
"""

import argparse
import hashlib
import http.client
import json
import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import fmean, median

import attrs

SERVERS = {
    "gunicorn": ["-m", "gunicorn", "--workers", "1", "--bind", "127.0.0.1:{port}", "shop:wsgi"],
    "uvicorn": ["-m", "uvicorn", "--log-level", "warning", "--port", "{port}", "shop:asgi"],
}
VARIANTS = {"plain": "", "freeze": "freeze", "threshold": "50000", "advised": ""}
ROW = "{:10}{:26}{:>12}" + "{:>11}" * 3
FOLDER = Path(__file__).parent / "servers"
QUANTITIES = {
    "mean": fmean,
    "p50": median,
    "p99": lambda values: sorted(values)[len(values) * 99 // 100],
}


@attrs.frozen
class Answers:
    """The answers that a client got: a digest of the bodies, and the seconds of each request."""

    digest: str
    processor: list[float]
    latency: list[float]

    @classmethod
    def least(cls, rounds):
        """Return the least time of each request over several rounds."""
        processor = zip(*(each.processor for each in rounds), strict=True)
        latency = zip(*(each.latency for each in rounds), strict=True)
        return cls(rounds[0].digest, list(map(min, processor)), list(map(min, latency)))


def orders(count):
    """Orders in JSON: the same in each process."""
    chance = random.Random(22)
    found = []
    for number in range(count):
        lines = [[chance.randrange(500_000), chance.randint(1, 5)] for _ in range(chance.choice([50, 400, 1500]))]
        found.append(json.dumps({"customer": f"customer {number}", "lines": lines}))
    return found


def free_port():
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


def wait_until_it_answers(port, process):
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline and process.poll() is None:
        with socket.socket() as client:
            if client.connect_ex(("127.0.0.1", port)) == 0:
                return
        threading.Event().wait(0.05)
    raise SystemExit(f"the server does not answer: {process.args}")


def ask(port, documents, connections):
    """Send the documents over this many connections; return the answers."""
    local = threading.local()

    def send(document):
        if not hasattr(local, "connection"):
            local.connection = http.client.HTTPConnection("127.0.0.1", port)
        began = time.perf_counter()
        local.connection.request("POST", "/", document)
        answer = local.connection.getresponse()
        body = answer.read()
        return body, float(answer.headers["X-Seconds"]), time.perf_counter() - began

    with ThreadPoolExecutor(connections) as pool:
        found = list(pool.map(send, documents))
    digest = hashlib.sha256(b"\n".join(body for body, _, _ in found)).hexdigest()
    return Answers(digest, [seconds for _, seconds, _ in found], [seconds for _, _, seconds in found])


def serve(command, collector, documents, connections):
    """Start a server, ask it, and stop it."""
    port = free_port()
    arguments = [each.format(port=port) for each in command]
    environ = {name: value for name, value in os.environ.items() if not name.startswith("POOLED_")}
    environ |= {"PROGRAM_GC": collector, "PYTHONHASHSEED": "0"}
    with tempfile.TemporaryFile() as errors:
        process = subprocess.Popen([sys.executable, *arguments], cwd=FOLDER, env=environ, stderr=errors)
        try:
            wait_until_it_answers(port, process)
            return ask(port, documents, connections)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait()


def main():
    parser = argparse.ArgumentParser(prog="python -m tests.programs.under_load", description=__doc__.splitlines()[0])
    parser.add_argument("--only", choices=SERVERS, help="this server")
    parser.add_argument("--requests", type=int, default=600)
    parser.add_argument("--connections", type=int, default=4)
    parser.add_argument("--rounds", type=int, default=3, help="runs of each variant (%(default)s)")
    given = parser.parse_args()
    documents = orders(given.requests)
    print(f"Python {sys.version.split()[0]}, {given.requests} requests over {given.connections} connections")
    print(ROW.format("server", "plain ÷ variant of", *VARIANTS))
    status = 0
    for name in [given.only] if given.only else SERVERS:
        with tempfile.TemporaryDirectory() as folder:
            configuration = str(Path(folder, "shop.toml"))
            chosen = ["--output", str(Path(folder, "report"))]
            serve(["-m", "pooled", "advise", "--write", configuration, *chosen, *SERVERS[name]], "", documents, 4)
            advised = ["-m", "pooled", "run", "--config", configuration, *chosen, *SERVERS[name]]
            rounds = {variant: [] for variant in VARIANTS}
            for number in range(given.rounds):
                turn = list(VARIANTS)
                for variant in turn[number % 4 :] + turn[: number % 4]:
                    command = advised if variant == "advised" else SERVERS[name]
                    rounds[variant].append(serve(command, VARIANTS[variant], documents, given.connections))
            print(Path(configuration).read_text(encoding="utf-8"))
        if len({each.digest for several in rounds.values() for each in several}) > 1:
            print(f"{name}: the answers DIFFER")
            status = 1
        least = {variant: Answers.least(several) for variant, several in rounds.items()}
        for kind in ("processor", "latency"):
            for quantity, calculate in QUANTITIES.items():
                values = {variant: calculate(getattr(each, kind)) for variant, each in least.items()}
                ratios = (f"{values['plain'] / values[variant]:.2f}" for variant in list(VARIANTS)[1:])
                print(ROW.format(name, f"{quantity} of a request, {kind}", f"{values['plain'] * 1e3:.2f} ms", *ratios))
    return status


if __name__ == "__main__":
    sys.exit(main())
