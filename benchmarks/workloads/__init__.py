"""Workloads that look like people's programs, each with and without pools, from a seed.

A workload is a module with a function `work(make, seed, scale)`: a generator that sets itself up until its first
`yield`, and then does one operation for each further one (a batch, a frame, a file); it yields a number that tells
what came out, which has to be the same on both sides. `make` is what hands out its objects: `Plain` or `Pooled`. The
server, which has a client that measures it, and the scheduler, which is an example, have a function `run` instead.
"""
