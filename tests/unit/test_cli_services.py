"""`run` and `advise` follow the workers of gunicorn, uvicorn and Celery."""

import json
import signal
import socket
import subprocess
import sys
import time
import urllib.request

import limits
import pytest

pytestmark = [pytest.mark.long, limits.skip_if("no-fork")]

SHOP = """
import json

class Line:
    def __init__(self, number):
        self.number, self.tags = number, []

def price(number):
    lines = [Line(number) for _ in range(100)]
    return sum(line.number for line in lines)

def application(environ, start_response):
    body = json.dumps(price(int(environ["QUERY_STRING"]))).encode()
    start_response("200 OK", [("Content-Length", str(len(body)))])
    return [body]

async def app(scope, receive, send):
    if scope["type"] != "http":
        while True:
            message = await receive()
            await send({"type": message["type"] + ".complete"})
            if message["type"] == "lifespan.shutdown":
                return
    body = json.dumps(price(int(scope["query_string"]))).encode()
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"%d" % len(body))]})
    await send({"type": "http.response.body", "body": body})
"""

JOBS = """
from celery import Celery
import shop

folders = {"data_folder_in": "queue", "data_folder_out": "queue", "control_folder": "control"}
celery = Celery("jobs", broker="filesystem://", backend="file://results")
celery.conf.update(broker_transport_options=folders, worker_hijack_root_logger=False)

@celery.task
def price(number):
    return shop.price(number)
"""

SEND = "import jobs\nresults = [jobs.price.delay(n) for n in range(30)]\nprint([r.get(timeout=120) for r in results])"

REQUESTS = 30
TOTALS = [100 * number for number in range(REQUESTS)]


def get(url):
    """The answer to a request. The service may still be starting."""
    for _ in range(600):
        try:
            with urllib.request.urlopen(url) as answer:
                return json.load(answer)
        except OSError:
            time.sleep(0.1)
    pytest.fail(f"{url}: no answer")


def ask_server(folder, port):
    return [get(f"http://127.0.0.1:{port}/?{number}") for number in range(REQUESTS)]


def ask_celery(folder, port):
    return json.loads(subprocess.check_output([sys.executable, "-c", SEND], cwd=folder))


SERVICES = {
    "gunicorn": ("gunicorn -w 2 -b 127.0.0.1:PORT shop:application", ask_server, 3),
    "uvicorn": ("uvicorn --port PORT --workers 2 --timeout-worker-healthcheck 60 shop:app", ask_server, 3),
    "celery": ("celery -A jobs worker -c 2", ask_celery, 3),
}


@pytest.mark.parametrize("command", [["run", "--pool", "shop:Line,max=200"], ["advise"]], ids=["run", "advise"])
@pytest.mark.parametrize("service", SERVICES)
def test_workers_of_a_service(tmp_path, service, command):
    limits.require(service)
    (tmp_path / "shop.py").write_text(SHOP)
    (tmp_path / "jobs.py").write_text(JOBS)
    for folder in ("queue", "control", "results"):
        (tmp_path / folder).mkdir()
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    arguments, ask, processes = SERVICES[service]
    command = [*command, "--json", "--output", "report.json", "-m", *arguments.replace("PORT", str(port)).split()]
    with (tmp_path / "log").open("w") as log:
        process = subprocess.Popen([sys.executable, "-m", "pooled", *command], cwd=tmp_path, stdout=log, stderr=log)
        try:
            assert ask(tmp_path, port) == TOTALS
        finally:
            process.send_signal(signal.SIGTERM)
            status = process.wait(60)
    report = json.loads((tmp_path / "report.json").read_text())
    assert (status, report["cut_off"]) == (0, 0), (tmp_path / "log").read_text()
    assert report["processes"] >= processes
    if command[0] == "run":
        assert report["pools"]["shop:Line"]["taken"] == 100 * REQUESTS
    else:
        assert [each["made"] for each in report["classes"] if each["target"] == "shop:Line"] == [100 * REQUESTS]
