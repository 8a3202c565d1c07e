"""Programs that send objects of poolable classes of `__main__` to other processes, as joblib and Dask do: by value."""

import os
import subprocess
import sys

import limits
import pytest

SHOP = """
import pooled

@pooled.poolable
class Parcel:
    def __init__(self, weight):
        self.weight = weight
"""

CLASSES = """
import sys

import pooled
from shop import Parcel

@pooled.poolable
class Order:
    def __init__(self, number, lines):
        self.number, self.lines = number, list(lines)

def is_poolable(cls):
    try:
        return pooled.pool_of(cls).name != ""
    except TypeError:
        return False

def work(order):
    orders = [Order(number, order.lines) for number in range(3)]
    for _ in range(3):
        order.lines.append(len(Order(1, [2]).lines))
    return Order(order.number, order.lines), Parcel(5), is_poolable(Order), is_poolable(Parcel)

def show(results):
    for order, parcel, *poolable in results:
        print(order.number, order.lines, type(order) is Order, type(parcel) is Parcel, poolable)
    Order(1, [])
    print(is_poolable(Order), pooled.pool_of(Order).stats().hits > 0)
"""

JOBLIB = """
from joblib import Parallel, delayed

if __name__ == "__main__":
    show(Parallel(n_jobs=2)(delayed(work)(Order(number, [number])) for number in range(4)))
"""

DASK = """
from dask.distributed import Client, LocalCluster

if __name__ == "__main__":
    with (
        LocalCluster(processes=True, n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster,
        Client(cluster) as client,
    ):
        show(client.gather(client.map(work, [Order(number, [number]) for number in range(4)])))
"""

EXPECTED = "".join(f"{number} [{number}, 1, 1, 1] True True [False, True]\n" for number in range(4)) + "True True\n"


@pytest.mark.long
@pytest.mark.parametrize(("library", "program"), [("joblib", JOBLIB), ("distributed", DASK)])
def test_a_class_of_the_main_program(engine, tmp_path, library, program):
    """The class arrives without a pool, and a class of a module with one."""
    limits.require(library)
    (tmp_path / "shop.py").write_text(SHOP, encoding="utf-8")
    main = tmp_path / "main.py"
    main.write_text(CLASSES + program, encoding="utf-8")
    process = subprocess.run(
        [sys.executable, main],
        env=os.environ | {"POOLED_ENGINE": engine, "PYTHONPATH": str(tmp_path)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    if engine == "reference":
        assert process.returncode != 0  # cloudpickle refuses the class; Dask cannot even hash its objects
        return
    assert (process.returncode, process.stdout) == (0, EXPECTED), process.stderr
