"""Workloads that resemble real programs, each with and without pools, from a seed.

A workload is a module with a function `work(make, seed, scale)`. This is a generator that sets itself up until its
first `yield`, and then does one operation for each further one (a batch, a frame, a file). It yields a number that
depends on the results, which has to be the same on both sides. `make` hands out its objects: `Plain` or `Pooled`. The
server, which has a client that measures it, and the scheduler, which is an example, have a function `run` instead.
"""
